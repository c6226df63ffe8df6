"""Moving and cancelling class sessions; everyone concerned is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from accounts.models import User
from booking import ledger, seats
from booking.exceptions import BookingError, TimeTaken
from booking.services import offerings
from core.transactions import atomic_retrying
from courses import messages
from courses.exceptions import CoursesError
from courses.models import (
    ClassSession,
    CourseRun,
    RunState,
    SessionChange,
    SessionState,
)
from courses.planner import ZONE_NAME, PlannedSession
from courses.services.claims import clash, lock_for, wants
from persian.jalali import format_date


def require_times(sessions: Sequence[PlannedSession], *, now: dt.datetime) -> None:
    """Refuse a plan that is empty, past, off the quarter or overlaps itself.

    Raises CoursesError; BookingError for a start that is not on the quarter.
    """
    if not sessions:
        raise CoursesError(_("A run needs at least one class session."), code="none")
    for planned in sessions:
        _require_time(planned, now=now)
    for one, following in pairwise(sessions):
        if following.starts_at < one.ends_at:
            raise CoursesError(
                _("Two class sessions overlap on %(day)s.")
                % {"day": format_date(following.on, weekday=True)},
                code="overlap",
            )


def _require_time(planned: PlannedSession, *, now: dt.datetime) -> None:
    if planned.end <= planned.start:
        raise CoursesError(_("The end must come after the start."), code="empty")
    if planned.starts_at <= now:
        raise CoursesError(
            _("%(day)s is already past.")
            % {"day": format_date(planned.on, weekday=True)},
            code="past",
        )
    ledger.require_quarter(planned.starts_at)


def _lock_session(session_id: int) -> ClassSession:
    """The class session as it is now, under the lock of its run's offering."""
    offering_id = ClassSession.objects.values_list("run__offering_id", flat=True).get(
        pk=session_id
    )
    seats.lock_one(offering_id)
    return ClassSession.objects.select_related(
        "block", "run__course", "run__offering", "run__room"
    ).get(pk=session_id)


@atomic_retrying
def move_class_session(
    *,
    session_id: int,
    on: dt.date,
    start: dt.time,
    end: dt.time,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
) -> ClassSession:
    """Give a class session another time (wall time of the centre); everyone is told.

    A cancelled one comes back at the new time: that is how a make-up is set. Moving
    to the time it has is quiet. Raises CoursesError for a class session that has
    begun, a past or overlapping time, and TimeClash for who or what is taken.
    """
    session = _lock_session(session_id)
    planned = PlannedSession(on, start, end)
    if session.is_planned and _has_time(session, planned):
        return session
    _require_movable(session, planned, now=now)
    _move_claims(session, planned, now=now)
    before = session.starts_at
    session.starts_at, session.ends_at = planned.starts_at, planned.ends_at
    session.wall_on, session.wall_start, session.wall_end = on, start, end
    session.zone = ZONE_NAME
    session.state, session.cancel_reason = SessionState.PLANNED, ""
    change = _record(session, before, planned.starts_at, by=by, reason=reason, now=now)
    follow_dates(session.run, now=now)
    messages.tell_session_changed(session, change, now=now)
    return session


def _has_time(session: ClassSession, planned: PlannedSession) -> bool:
    return (session.starts_at, session.ends_at) == (planned.starts_at, planned.ends_at)


def _require_movable(
    session: ClassSession, planned: PlannedSession, *, now: dt.datetime
) -> None:
    if session.run.state == RunState.CANCELLED:
        raise CoursesError(_("This run was cancelled."), code="cancelled")
    if session.is_planned and session.starts_at <= now:
        raise CoursesError(_("This class session has already begun."), code="begun")
    _require_time(planned, now=now)
    others = session.run.sessions.planned().exclude(pk=session.pk)
    if others.filter(
        starts_at__lt=planned.ends_at, ends_at__gt=planned.starts_at
    ).exists():
        raise CoursesError(
            _("Two class sessions overlap on %(day)s.")
            % {"day": format_date(planned.on, weekday=True)},
            code="overlap",
        )


def _move_claims(
    session: ClassSession, planned: PlannedSession, *, now: dt.datetime
) -> None:
    """Free the old time first: machines may stay the same when the times overlap."""
    block = session.block
    lock_for(session.run, now=now)
    ledger.release(block, now=now)
    if block.ended_at:
        block.ended_at = None
        block.save(update_fields=["ended_at"])
    starts_at, ends_at = planned.starts_at, planned.ends_at
    try:
        needed = wants(session.run, starts_at, ends_at, now=now)
        ledger.move(block, starts_at=starts_at, ends_at=ends_at, wants=needed, now=now)
    except TimeTaken as error:
        raise clash(session.number, starts_at, error) from error
    except BookingError as error:
        raise CoursesError(error.message, code=error.code) from error


def _record(
    session: ClassSession,
    before: dt.datetime,
    after: dt.datetime | None,
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> SessionChange:
    """Write the class session with a higher version, and the row of its history."""
    session.schedule_version += 1
    session.changed_at = now
    session.save()
    return SessionChange.objects.create(
        class_session=session,
        schedule_version=session.schedule_version,
        at=now,
        by=by,
        from_starts_at=before,
        to_starts_at=after,
        reason=reason,
    )


def follow_dates(run: CourseRun, *, now: dt.datetime) -> None:
    """Let the run and its offering begin and end with its class sessions.

    A booking window that closed with the first start closes with the new one.
    """
    planned = list(run.sessions.planned().order_by("starts_at"))
    if not planned:
        return
    closed_with_start = run.offering.closes_at == run.first_session_at
    run.first_session_at = planned[0].starts_at
    run.last_session_at = max(session.ends_at for session in planned)
    run.save(update_fields=["first_session_at", "last_session_at"])
    offerings.set_start(
        offering_id=run.offering_id, starts_at=run.first_session_at, now=now
    )
    run.offering.refresh_from_db()
    if closed_with_start:
        run.offering.closes_at = run.first_session_at
        run.offering.save(update_fields=["closes_at"])


@atomic_retrying
def cancel_class_session(
    *, session_id: int, by: User | None, reason: str, now: dt.datetime
) -> ClassSession:
    """Call off one class session; everyone is told why, and its time is free again.

    Cancelling twice is quiet. Raises CoursesError without a reason, for one that has
    begun, and for the only one that is left (then the run is what ends).
    """
    session = _lock_session(session_id)
    if not session.is_planned:
        return session
    _require_cancellable(session, reason, now)
    change = end_session(session, by=by, reason=reason, now=now)
    follow_dates(session.run, now=now)
    messages.tell_session_changed(session, change, now=now)
    return session


def _require_cancellable(session: ClassSession, reason: str, now: dt.datetime) -> None:
    if not reason.strip():
        raise CoursesError(
            _("Write the reason; everyone will be told."), code="no_reason"
        )
    if session.starts_at <= now:
        raise CoursesError(_("This class session has already begun."), code="begun")
    if not session.run.sessions.planned().exclude(pk=session.pk).exists():
        raise CoursesError(
            _("This is the only class session left. Cancel the run instead."),
            code="last_one",
        )


def end_session(
    session: ClassSession, *, by: User | None, reason: str, now: dt.datetime
) -> SessionChange:
    """Free the time of a class session that will not take place."""
    ledger.release(session.block, now=now)
    session.block.ended_at = now
    session.block.save(update_fields=["ended_at"])
    session.state, session.cancel_reason = SessionState.CANCELLED, reason
    messages.drop_reminders(session, now=now)
    return _record(session, session.starts_at, None, by=by, reason=reason, now=now)
