"""Invariants 7, 8, 9 and 11 for courses, as offers, notices and changes tell them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery

from booking.models import (
    Offer,
    OfferingKind,
    OfferState,
    Party,
    Reservation,
    ReservationState,
    StatusChange,
)
from booking.recipients import recipients
from core.idempotency import lost_results
from courses import messages
from courses.models import ClassSession, SessionChange, SessionNotice
from notifications.audit import GRACE
from notifications.models import SENT_STATES, OutboxMessage, OutboxQuerySet

SILENCE_KINDS = ("offer_expired", "left_waiting_list")


def offers_were_told() -> list[str]:
    """Every offer has its outbox row, and so has every one that passed in silence."""
    offers = Offer.objects.filter(offering__kind=OfferingKind.COURSE_RUN)
    about = OutboxMessage.objects.filter(
        subject_kind=messages.OFFER, subject_id=OuterRef("pk")
    )
    lines = []
    for offer in offers.exclude(Exists(about)):
        lines += [f"offer {offer.pk}: not told" for _r in _reached(offer.entry_id)]
    for offer in offers.filter(state=OfferState.EXPIRED):
        # Who had left the party before is not told of its end.
        there = _reached(offer.entry_id, left_before=offer.ended_at)
        silent = (row for row in there if not _heard_of_silence(row))
        lines += [f"offer {offer.pk}: its end was not told" for _r in silent]
    return lines


def _reached(
    entry_id: int, *, left_before: dt.datetime | None = None
) -> list[Reservation]:
    """Who of a waiting party can be told, but those who had left by then.

    Whoever took a firm place of the party over never waited with it.
    """
    waited = StatusChange.objects.filter(
        reservation=OuterRef("pk"), to_state=ReservationState.WAITING
    )
    rows = Reservation.objects.filter(
        Exists(waited), party__waiting_entry=entry_id, person__isnull=False
    ).select_related("person__user", "party__booked_by")
    if left_before is not None:
        rows = rows.exclude(ended_at__lt=left_before)
    return [row for row in rows if recipients(row)]


def _heard_of_silence(row: Reservation) -> bool:
    """By a message of their own, or by the booker's about the whole party."""
    about = OutboxMessage.objects.filter(subject_kind=messages.RESERVATION)
    own = about.filter(subject_id=row.pk, kind__in=SILENCE_KINDS)
    of_party = about.filter(
        subject_id__in=Reservation.objects.filter(party=row.party_id).values("pk"),
        kind__in=[messages.PARTY_KINDS[kind] for kind in SILENCE_KINDS],
    )
    return own.exists() or of_party.exists()


def no_stale_news_was_sent() -> list[str]:
    """No word of a class session went out after a newer version had been written."""
    notices = SessionNotice.objects.filter(pk=OuterRef("subject_id"))
    # The end of an invitation stays due; its words are read when it is sent.
    news = _sent(messages.NOTICE).exclude(kind="class_session_uninvited")
    of_notice = news.annotate(
        session=Subquery(notices.values("class_session")[:1]),
        version=Subquery(notices.values("schedule_version")[:1]),
    )
    changes = SessionChange.objects.filter(pk=OuterRef("subject_id"))
    of_change = _sent(messages.CHANGE).annotate(
        session=Subquery(changes.values("class_session")[:1]),
        version=Subquery(changes.values("schedule_version")[:1]),
    )
    return [
        f"message {pk}: told a time that was overtaken"
        for rows in (of_notice, of_change)
        for pk in rows.filter(Exists(_newer())).values_list("pk", flat=True)
    ]


def _sent(subject_kind: str) -> OutboxQuerySet:
    return OutboxMessage.objects.filter(
        subject_kind=subject_kind, state__in=SENT_STATES
    )


def _newer() -> QuerySet[SessionChange]:
    """Changes after the version of a message, written well before it was sent."""
    return SessionChange.objects.filter(
        class_session=OuterRef("session"),
        schedule_version__gt=OuterRef("version"),
        at__lt=OuterRef("sent_at") - GRACE,
    )


def changes_form_a_chain() -> list[str]:
    """Each change of a class session begins where the last one ended, to this day."""
    in_order = SessionChange.objects.order_by("schedule_version")
    sessions = ClassSession.objects.order_by("pk").prefetch_related(
        Prefetch("changes", in_order)
    )
    return [line for session in sessions for line in _breaks(session)]


def _breaks(session: ClassSession) -> Iterator[str]:
    changes = list(session.changes.all())
    for before, after in pairwise(changes):
        # A cancelled one that comes back starts from the time that it had.
        if before.to_starts_at not in (None, after.from_starts_at):
            yield f"session {session.pk}: change {after.pk} starts elsewhere"
    ends = changes[-1].to_starts_at if changes else None
    if ends not in (None, session.starts_at):
        yield f"session {session.pk}: moved without a version"


def forms_have_results() -> list[str]:
    """What a form was answered with is there."""
    return [*lost_results("apply", Party), *lost_results("apply_wait", Party)]
