"""Invitations to single class sessions, for those who asked for them by e-mail.

Calendars take one invitation a mail only, so that each class session has a mail of its
own. The tick invites, whether somebody booked, changed their choice, or a class session
was added; the news of a change carries the update (`courses.calendars`); and the tick
takes back what was sent when a place ends.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Exists, OuterRef, QuerySet

from booking.models import Reservation, ReservationState
from core.transactions import atomic_retrying
from courses.messages import NOTICE
from courses.models import ClassSession, NoticeKind, RunState, SessionNotice
from notifications import services as outbox
from notifications.models import Channel


def plan_invitations(now: dt.datetime) -> int:
    """Invite, and take back, what is due; returns how many mails are new."""
    invited = sum(_invite(pk, now) for pk in list(_to_invite(now)))
    ended = sum(_take_back(pk, now) for pk in list(_to_take_back(now)))
    return invited + ended


def _coming(now: dt.datetime) -> QuerySet[ClassSession]:
    """Class sessions ahead, of runs with several: one alone goes with its booking."""
    return (
        ClassSession.objects.planned()
        .filter(run__state=RunState.PUBLISHED, starts_at__gt=now)
        .annotate(in_run=Count("run__sessions"))
        .filter(in_run__gt=1)
        .order_by("starts_at", "pk")
    )


def _to_invite(now: dt.datetime) -> QuerySet[Reservation, int]:
    invited = SessionNotice.objects.filter(
        reservation=OuterRef(OuterRef("pk")),
        class_session=OuterRef("pk"),
        kind=NoticeKind.INVITED,
    )
    open_ = _coming(now).filter(run__offering=OuterRef("offering"))
    found = Reservation.objects.filter(
        Exists(open_.exclude(Exists(invited))),
        state=ReservationState.CONFIRMED,
        person__wants_invitations=True,
    ).exclude(person__email="")
    return found.order_by("pk").values_list("pk", flat=True)


@atomic_retrying
def _invite(reservation_id: int, now: dt.datetime) -> int:
    """Every class session ahead that the person was not invited to."""
    reservation = Reservation.objects.select_related("person").get(pk=reservation_id)
    known = reservation.session_notices.filter(kind=NoticeKind.INVITED)
    sessions = _coming(now).filter(run__offering=reservation.offering_id)
    return sum(
        _send(reservation, session, NoticeKind.INVITED, now)
        for session in sessions.exclude(pk__in=known.values("class_session"))
    )


def _to_take_back(now: dt.datetime) -> QuerySet[Reservation, int]:
    """Places that ended; a class session that ended said so to everyone itself."""
    ended = SessionNotice.objects.filter(
        reservation=OuterRef("reservation"),
        class_session=OuterRef("class_session"),
        kind=NoticeKind.UNINVITED,
    )
    still_open = SessionNotice.objects.filter(
        ~Exists(ended),
        kind=NoticeKind.INVITED,
        reservation=OuterRef("pk"),
        class_session__starts_at__gt=now,
        class_session__in=ClassSession.objects.planned(),
    )
    found = Reservation.objects.filter(Exists(still_open), ended_at__isnull=False)
    return found.order_by("pk").values_list("pk", flat=True)


@atomic_retrying
def _take_back(reservation_id: int, now: dt.datetime) -> int:
    reservation = Reservation.objects.select_related("person").get(pk=reservation_id)
    invited = reservation.session_notices.filter(kind=NoticeKind.INVITED)
    ended = reservation.session_notices.filter(kind=NoticeKind.UNINVITED)
    sessions = ClassSession.objects.planned().filter(
        starts_at__gt=now, pk__in=invited.values("class_session")
    )
    return sum(
        _send(reservation, session, NoticeKind.UNINVITED, now)
        for session in sessions.exclude(pk__in=ended.values("class_session"))
    )


def _send(
    reservation: Reservation, session: ClassSession, kind: NoticeKind, now: dt.datetime
) -> bool:
    """One mail; another tick at the same moment finds the notice and sends nothing."""
    notice, is_new = SessionNotice.objects.get_or_create(
        class_session=session,
        reservation=reservation,
        kind=kind,
        schedule_version=session.schedule_version,
    )
    person = reservation.person
    if is_new and person is not None and person.email:
        outbox.enqueue(
            kind=f"class_session_{kind}",
            subject_kind=NOTICE,
            subject_id=notice.pk,
            channel=Channel.EMAIL,
            recipient=person.email,
            language=person.language,
            dedupe_key=f"class_session_{kind}:{notice.pk}",
            due_at=now,
            expires_at=session.starts_at,
            now=now,
            schedule_version=session.schedule_version,
        )
    return is_new
