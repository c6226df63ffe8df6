"""Invariants 8, 11 and 12 for meetings, and what meetings add to 2 and 3."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, Max, OuterRef
from django.db.models.functions import Coalesce

from booking.audit_history import SLACK
from booking.models import (
    Claim,
    OfferingKind,
    Reservation,
    ReservationState,
    StatusChange,
)
from booking.recipients import recipients
from consulting import messages
from consulting.models import ConsultantCaps, Meeting, MeetingChange, Mode
from consulting.slots import week_start
from notifications.models import OutboxMessage

CONFIRMED_KINDS = (
    "appointment_confirmed",
    "appointment_by_other",
    "appointment_approved",
)
# What a person hears when an appointment came into a state.
STATE_KINDS = {
    ReservationState.PENDING: ("appointment_asked", "request not told"),
    ReservationState.REFUSED: ("appointment_refused", "refusal not told"),
    ReservationState.NO_SHOW: ("appointment_no_show", "no-show not told"),
}
LAPSED_KIND = "appointment_lapsed"
ENDED_KINDS = ("appointment_cancelled", "appointment_cancelled_by_centre")


def consultants_meet_once() -> list[str]:
    """No consultant has two live meetings that overlap."""
    by_person: dict[int, list[tuple[int, dt.datetime, dt.datetime]]] = defaultdict(list)
    rows = Meeting.objects.live().order_by("starts_at", "pk")
    for person, pk, start, end in rows.values_list(
        "consultant", "pk", "starts_at", "ends_at"
    ):
        by_person[person].append((pk, start, end))
    return [
        f"person {person}: meetings {a[0]} and {b[0]}"
        for person, meetings in by_person.items()
        for a, b in pairwise(meetings)
        if b[1] < a[2]
    ]


def meetings_have_their_claims() -> list[str]:
    """A live meeting takes its consultant and room; an ended one takes nothing."""
    claims: dict[int, set[int]] = defaultdict(set)
    active = Claim.objects.filter(ended_at=None, block__meeting__isnull=False)
    for block_id, resource_id in active.values_list("block_id", "resource_id"):
        claims[block_id].add(resource_id)
    rows = Meeting.objects.select_related(
        "block", "consultant__resource", "room__resource"
    )
    lines = []
    for meeting in rows.order_by("pk"):
        has = claims[meeting.block_id]
        needed = {meeting.consultant.resource.pk}
        if meeting.room is not None:
            needed.add(meeting.room.resource.pk)
        times = (meeting.block.starts_at, meeting.block.ends_at)
        if meeting.is_live and not needed <= has:
            lines.append(f"meeting {meeting.pk}: its time is not taken")
        if not meeting.is_live and has:
            lines.append(f"meeting {meeting.pk}: ended, but takes time")
        if times != (meeting.starts_at, meeting.ends_at):
            lines.append(f"meeting {meeting.pk}: its block has another time")
        if meeting.mode != Mode.IN_PERSON and meeting.room is not None:
            lines.append(f"meeting {meeting.pk}: a room, but not in the centre")
    return lines


def caps_hold() -> list[str]:
    """No day and no week got more meetings than its consultant takes on.

    Only those made after the caps were set count: what was booked before stays.
    """
    lines = []
    for caps in ConsultantCaps.objects.order_by("person"):
        made = Meeting.objects.live().filter(
            consultant=caps.person_id, created_at__gt=caps.changed_at
        )
        days = Counter(made.values_list("wall_on", flat=True))
        weeks: Counter[dt.date] = Counter()
        for on, count in days.items():
            weeks[week_start(on)] += count
        for what, counts, cap in (
            ("day", days, caps.per_day),
            ("week", weeks, caps.per_week),
        ):
            lines += [
                f"person {caps.person_id}: {count} meetings in the {what} of {on},"
                f" at most {cap}"
                for on, count in sorted(counts.items())
                if cap is not None and count > cap
            ]
    return lines


def meetings_live_while_booked() -> list[str]:
    """A meeting is live exactly while its offering has a place taken or held."""
    idle = Meeting.objects.live().filter(offering__seats_taken=0)
    ended = Meeting.objects.exclude(cancelled_at=None).filter(
        offering__seats_taken__gt=0
    )
    return [f"meeting {m.pk}: live, nobody booked" for m in idle] + [
        f"meeting {m.pk}: ended, {m.offering_id} still counts" for m in ended
    ]


def _told(*kinds: str) -> Exists:
    return Exists(
        OutboxMessage.objects.filter(
            subject_kind=messages.RESERVATION, subject_id=OuterRef("pk"), kind__in=kinds
        )
    )


def changes_were_told() -> list[str]:
    """Every appointment that was made, moved or ended has its outbox row."""
    confirmed = Exists(
        StatusChange.objects.filter(
            reservation=OuterRef("pk"), to_state=ReservationState.CONFIRMED
        )
    )
    rows = (
        Reservation.objects.filter(
            confirmed, offering__kind=OfferingKind.MEETING, person__isnull=False
        )
        .select_related("person__user", "party")
        .order_by("pk")
    )
    ended = rows.filter(state=ReservationState.CANCELLED)
    found = [
        *_decisions_untold(),
        *((r, "not confirmed") for r in rows.exclude(_told(*CONFIRMED_KINDS))),
        *((r, "end not told") for r in ended.exclude(_told(*ENDED_KINDS))),
        *((r, "move not told") for r in _moved_untold()),
    ]
    return [f"reservation {r.pk}: {what}" for r, what in found if recipients(r)]


def _decisions_untold() -> list[tuple[Reservation, str]]:
    """Requests, decisions and no-shows of which nobody was told."""
    rows = Reservation.objects.filter(
        offering__kind=OfferingKind.MEETING, person__isnull=False
    ).select_related("person__user", "party")
    changes = StatusChange.objects.filter(reservation=OuterRef("pk"))
    missing = [
        (row, words)
        for state, (kind, words) in STATE_KINDS.items()
        for row in rows.filter(Exists(changes.filter(to_state=state))).exclude(
            _told(kind)
        )
    ]
    lapsed = rows.filter(
        Exists(
            changes.filter(
                from_state=ReservationState.PENDING, to_state=ReservationState.EXPIRED
            )
        )
    )
    return missing + [(r, "lapse not told") for r in lapsed.exclude(_told(LAPSED_KIND))]


def _moved_untold() -> list[Reservation]:
    """Who stands in a meeting that moved after they had booked, and was not told.

    A booking that began just before may have been committed just after; its
    confirmation, written when it is sent, says the new time.
    """
    lines = []
    current = MeetingChange.objects.filter(
        schedule_version=F("meeting__schedule_version"),
        meeting__cancelled_at=None,
    ).select_related("meeting")
    for change in current:
        missing = messages.booked(change.meeting).filter(
            changed_at__lt=change.at - SLACK
        )
        lines += list(missing.exclude(_told("appointment_moved")))
    return lines


def versions_match_history() -> list[str]:
    """The schedule version of a meeting is the number of its changes."""
    newest = Coalesce(Max("changes__schedule_version"), 0)
    rows = Meeting.objects.annotate(newest=newest).exclude(schedule_version=F("newest"))
    return [
        f"meeting {m.pk}: version {m.schedule_version}, history {m.newest}"
        for m in rows
    ]


def times_match_walls() -> list[str]:
    """UTC is what the promised wall time and zone give today."""
    lines = []
    for meeting in Meeting.objects.order_by("pk"):
        zone = ZoneInfo(meeting.zone)
        wall = dt.datetime.combine(meeting.wall_on, meeting.wall_start, zone)
        if wall.astimezone(dt.UTC) != meeting.starts_at:
            lines.append(
                f"meeting {meeting.pk}: {meeting.wall_on} {meeting.wall_start}"
                f" {meeting.zone} is {wall.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ},"
                f" stored {meeting.starts_at:%Y-%m-%dT%H:%MZ}"
            )
    return lines
