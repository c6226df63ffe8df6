"""Invariants 7, 9 and 11 for meetings, as their changes and messages tell them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from django.db.models import F, Prefetch

from booking.models import OfferingKind, Reservation, StatusChange
from consulting import messages
from consulting.models import Meeting, MeetingChange
from core.idempotency import lost_results
from notifications.audit import GRACE
from notifications.models import SENT_STATES, OutboxMessage

Times = dict[int, list[dt.datetime]]


def no_stale_news_was_sent() -> list[str]:
    """No word of an appointment went out after its SEQUENCE had risen above it."""
    offerings = dict(
        Reservation.objects.filter(offering__kind=OfferingKind.MEETING).values_list(
            "pk", "offering"
        )
    )
    states, moves = _states(), _moves()
    sent = OutboxMessage.objects.filter(
        subject_kind=messages.RESERVATION, state__in=SENT_STATES
    )
    lines = []
    for pk, subject, version, at in sent.order_by("pk").values_list(
        "pk", "subject_id", "schedule_version", "sent_at"
    ):
        if subject not in offerings or at is None:
            continue
        happened = states[subject][1:] + moves[offerings[subject]]
        if sum(moment < at - GRACE for moment in happened) > version:
            lines.append(f"message {pk}: told what was overtaken")
    return lines


def _states() -> Times:
    """When each appointment got its first state, and when it changed."""
    times: Times = defaultdict(list)
    rows = (
        StatusChange.objects.filter(reservation__offering__kind=OfferingKind.MEETING)
        .exclude(from_state=F("to_state"))
        .order_by("pk")
    )
    for reservation, at in rows.values_list("reservation", "at"):
        times[reservation].append(at)
    return times


def _moves() -> Times:
    """When the meeting of each offering moved."""
    times: Times = defaultdict(list)
    rows = MeetingChange.objects.order_by("pk").values_list("meeting__offering", "at")
    for offering, at in rows:
        times[offering].append(at)
    return times


def changes_form_a_chain() -> list[str]:
    """Each change of a meeting begins where the last one ended, to this day."""
    in_order = MeetingChange.objects.order_by("schedule_version")
    meetings = Meeting.objects.order_by("pk").prefetch_related(
        Prefetch("changes", in_order)
    )
    return [line for meeting in meetings for line in _breaks(meeting)]


def _breaks(meeting: Meeting) -> Iterator[str]:
    changes = list(meeting.changes.all())
    for before, after in pairwise(changes):
        if before.to_starts_at not in (None, after.from_starts_at):
            yield f"meeting {meeting.pk}: change {after.pk} starts elsewhere"
    ends = changes[-1].to_starts_at if changes else None
    if ends not in (None, meeting.starts_at):
        yield f"meeting {meeting.pk}: moved without a version"


def forms_have_results() -> list[str]:
    """What a form was answered with is there."""
    return [
        line
        for action in ("apply_appointment", "confirm_appointment", "book_appointment")
        for line in lost_results(action, Reservation)
    ]
