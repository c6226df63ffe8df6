"""Reminders, planned by the tick.

It may run late, twice, or twice at once: every row has its dedupe key.
"""

from __future__ import annotations

import datetime as dt

from booking.models import Reservation, ReservationState
from core.transactions import atomic_retrying
from courses import messages
from courses.models import ClassSession, NoticeKind, RunState, SessionNotice
from notifications import quiet_hours

AHEAD = dt.timedelta(hours=72)
BEFORE = dt.timedelta(hours=24)
# Later than this before the start a reminder helps nobody.
LAST_MOMENT = dt.timedelta(hours=1)
# A class that follows the last one sooner than this is remembered without us.
LONG_GAP = dt.timedelta(days=7)
# A booker is reminded of missing names so long before their time for it ends.
NAMES_BEFORE = dt.timedelta(hours=48)
# No offering lets names be written earlier than this before its start.
NAMES_AHEAD = dt.timedelta(days=30)


def plan_reminders(now: dt.datetime) -> int:
    """Write the reminders of the next 72 hours; returns how many are new."""
    coming = (
        ClassSession.objects.planned()
        .filter(run__state=RunState.PUBLISHED)
        .between(now + LAST_MOMENT, now + AHEAD)
        .select_related("run")
    )
    return sum(_remind(session.pk, now) for session in coming if _deserves(session))


def _deserves(session: ClassSession) -> bool:
    """The first class session of a run, and one after a gap of more than 7 days."""
    earlier = session.run.sessions.planned().filter(starts_at__lt=session.starts_at)
    before = earlier.order_by("-starts_at").first()
    return before is None or session.starts_at - before.starts_at > LONG_GAP


@atomic_retrying
def _remind(session_id: int, now: dt.datetime) -> int:
    session = ClassSession.objects.select_related("run").get(pk=session_id)
    if not session.is_planned:
        return 0
    due_at = quiet_hours.earlier(session.starts_at - BEFORE)
    return sum(
        _remind_one(session, reservation, due_at, now)
        for reservation in _to_remind(session, due_at)
    )


def _to_remind(session: ClassSession, due_at: dt.datetime) -> list[Reservation]:
    """Who has a place, wants reminders, and did not book after the reminder's time."""
    reminded = SessionNotice.objects.filter(
        class_session=session,
        kind=NoticeKind.REMINDER,
        schedule_version=session.schedule_version,
    )
    return list(
        Reservation.objects.filter(
            offering=session.run.offering_id,
            state=ReservationState.CONFIRMED,
            person__wants_reminders=True,
            changed_at__lt=due_at,
        )
        .exclude(pk__in=reminded.values("reservation"))
        .select_related("person__user", "party__booked_by")
        .order_by("pk")
    )


def _remind_one(
    session: ClassSession,
    reservation: Reservation,
    due_at: dt.datetime,
    now: dt.datetime,
) -> bool:
    notice, is_new = SessionNotice.objects.get_or_create(
        class_session=session,
        reservation=reservation,
        kind=NoticeKind.REMINDER,
        schedule_version=session.schedule_version,
    )
    if is_new:
        messages.send_reminder(notice, session, reservation, due_at=due_at, now=now)
    return is_new


def remind_of_names(now: dt.datetime) -> int:
    """Remind bookers of places without a name, once, before their time for it ends."""
    unnamed = Reservation.objects.confirmed().filter(
        person=None,
        offering__course_run__state=RunState.PUBLISHED,
        offering__starts_at__gt=now,
        offering__starts_at__lt=now + NAMES_AHEAD,
    )
    rows = unnamed.select_related("offering", "party__booked_by").order_by("-pk")
    parties = {row.party_id: row for row in rows}
    return sum(_remind_of_names(row.pk, now) for row in parties.values())


@atomic_retrying
def _remind_of_names(reservation_id: int, now: dt.datetime) -> int:
    row = Reservation.objects.select_related("offering", "party__booked_by").get(
        pk=reservation_id
    )
    until = row.offering.names_until_at
    if until is None or not until - NAMES_BEFORE <= now < until:
        return 0
    due_at = quiet_hours.earlier(until - NAMES_BEFORE)
    # Who booked after that moment just read it.
    if row.party.created_at > due_at:
        return 0
    return messages.send_names_reminder(row, due_at=due_at, now=now)
