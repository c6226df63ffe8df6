"""What class sessions have in common, however they come to be: rules and their row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from accounts.models import User
from booking import ledger, seats
from booking.models import BlockKind, Room, TimeBlock
from booking.services import offerings
from courses.exceptions import CoursesError
from courses.models import ClassSession, CourseRun, RunState
from courses.planner import ZONE_NAME, PlannedSession
from courses.services.claims import Needs, claim_session
from persian.jalali import format_date
from persian.text import to_reader_digits


def require_times(sessions: Sequence[PlannedSession], *, now: dt.datetime) -> None:
    """Refuse a plan that is empty, past, off the quarter or overlaps itself.

    Raises CoursesError; BookingError for a start that is not on the quarter.
    """
    if not sessions:
        raise CoursesError(_("A run needs at least one class session."), code="none")
    for planned in sessions:
        require_time(planned, now=now)
    for one, following in pairwise(sessions):
        if following.starts_at < one.ends_at:
            raise CoursesError(
                _("Two class sessions overlap on %(day)s.")
                % {"day": format_date(following.on, weekday=True)},
                code="overlap",
            )


def require_time(planned: PlannedSession, *, now: dt.datetime) -> None:
    """Refuse a time that is empty, past or off the quarter; raises as above."""
    if planned.end <= planned.start:
        raise CoursesError(_("The end must come after the start."), code="empty")
    if planned.starts_at <= now:
        raise CoursesError(
            _("%(day)s is already past.")
            % {"day": format_date(planned.on, weekday=True)},
            code="past",
        )
    ledger.require_quarter(planned.starts_at)


def require_apart(
    run: CourseRun, planned: PlannedSession, *, but: int | None = None
) -> None:
    """Refuse a time that overlaps another class session of the run, `but` this one."""
    others = run.sessions.planned()
    if but is not None:
        others = others.exclude(pk=but)
    if others.filter(
        starts_at__lt=planned.ends_at, ends_at__gt=planned.starts_at
    ).exists():
        raise CoursesError(
            _("Two class sessions overlap on %(day)s.")
            % {"day": format_date(planned.on, weekday=True)},
            code="overlap",
        )


def require_not_cancelled(run: CourseRun) -> None:
    """Refuse a run that was called off; raises CoursesError."""
    if run.state == RunState.CANCELLED:
        raise CoursesError(_("This run was cancelled."), code="cancelled")


def require_room_fits(room: Room, capacity: int) -> None:
    """Refuse a room that holds fewer than the places; raises CoursesError."""
    if capacity > room.capacity:
        raise CoursesError(
            _("%(room)s holds %(places)s people, fewer than the %(size)s planned.")
            % {
                "room": room.name,
                "places": to_reader_digits(str(room.capacity)),
                "size": to_reader_digits(str(capacity)),
            },
            code="room_too_small",
        )


def require_needs(run: CourseRun, needs: Needs) -> None:
    """Refuse a class session that nobody gives, or a room too small for the run."""
    if not needs.instructors:
        raise CoursesError(
            _("A class session needs an instructor."), code="no_instructor"
        )
    require_room_fits(needs.room, run.offering.capacity)


def lock_run(run_id: int) -> CourseRun:
    """The run as it is now, under the lock of its offering; raises DoesNotExist.

    The offering's row is the one lock of a run: bookings, the waiting list and
    changes of dates pass through it.
    """
    offering_id = CourseRun.objects.values_list("offering_id", flat=True).get(pk=run_id)
    seats.lock_one(offering_id)
    return CourseRun.objects.select_related("course", "offering", "room").get(pk=run_id)


def place_session(
    run: CourseRun,
    number: int,
    planned: PlannedSession,
    needs: Needs,
    *,
    by: User | None,
    now: dt.datetime,
) -> ClassSession:
    """A class session with its time taken; raises TimeClash and CoursesError.

    Whatever it needs was locked with `lock_for`.
    """
    block = TimeBlock.objects.create(
        kind=BlockKind.CLASS_SESSION,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        created_by=by,
        created_at=now,
    )
    claim_session(needs, number, block, now=now)
    session = ClassSession.objects.create(
        run=run,
        number=number,
        room=needs.room,
        block=block,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        wall_on=planned.on,
        wall_start=planned.start,
        wall_end=planned.end,
        zone=ZONE_NAME,
        changed_at=now,
    )
    session.instructors.set(needs.instructors)
    return session


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
