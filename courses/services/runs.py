"""Making a run, opening it to the public, and ending it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking import seats
from booking.models import BlockKind, Draw, OfferingKind, Room, TimeBlock
from booking.services import offerings
from core.transactions import atomic_retrying
from courses import messages
from courses.exceptions import CoursesError
from courses.models import (
    Audience,
    ClassSession,
    Course,
    CourseRun,
    RunState,
    SessionState,
)
from courses.planner import ZONE_NAME, PlannedSession
from courses.services.claims import claim_session, lock_for
from courses.services.schedule import end_session, require_times
from persian.text import to_reader_digits


@atomic_retrying
def create_run(
    *,
    course: Course,
    code: str,
    room: Room,
    instructors: Sequence[Person],
    sessions: Sequence[PlannedSession],
    by: User | None,
    now: dt.datetime,
    capacity: int | None = None,
    min_to_run: int | None = None,
    fee_rial: int | None = None,
    support_percent: int | None = None,
    audience: str = Audience.ANY,
    note_fa: str = "",
    note_en: str = "",
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
    cancel_notice_hours: int = 24,
) -> CourseRun:
    """A draft run whose room, instructors and machines are taken at once, or nothing.

    What is not given comes from the course. Booking closes at the first start unless
    `closes_at` (aware) says otherwise. Raises CoursesError for a past or overlapping
    plan and a room that is too small, TimeClash for who or what is taken.
    """
    sessions = sorted(sessions, key=lambda s: s.starts_at)
    capacity = course.capacity if capacity is None else capacity
    _require_run(code, room, instructors, capacity)
    require_times(sessions, now=now)
    first, last = sessions[0], sessions[-1]
    offering = offerings.create_offering(
        kind=OfferingKind.COURSE_RUN,
        capacity=capacity,
        fee_rial=course.fee_rial if fee_rial is None else fee_rial,
        support_percent=(
            course.support_percent if support_percent is None else support_percent
        ),
        opens_at=opens_at,
        closes_at=closes_at or first.starts_at,
        starts_at=first.starts_at,
        cancel_notice_hours=cancel_notice_hours,
        hold_minutes=settings.HIDAJ_SEAT_HOLD_MINUTES,
    )
    run = CourseRun.objects.create(
        code=code,
        course=course,
        offering=offering,
        room=room,
        audience=audience,
        note_fa=note_fa,
        note_en=note_en,
        min_to_run=min(min_to_run or course.min_to_run, capacity),
        first_session_at=first.starts_at,
        last_session_at=last.ends_at,
        created_at=now,
        created_by=by,
    )
    run.instructors.set(instructors)
    lock_for(run, now=now)
    for number, planned in enumerate(sessions, start=1):
        _add_session(run, number, planned, by=by, now=now)
    return run


def _require_run(
    code: str, room: Room, instructors: Sequence[Person], capacity: int
) -> None:
    if CourseRun.objects.filter(code=code).exists():
        raise CoursesError(_("There is already a run with this code."), code="code")
    if not instructors:
        raise CoursesError(_("A run needs an instructor."), code="no_instructor")
    if capacity < 1:
        raise CoursesError(_("A run needs at least one place."), code="capacity")
    _require_room_fits(room, capacity)


def _require_room_fits(room: Room, capacity: int) -> None:
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


def _add_session(
    run: CourseRun,
    number: int,
    planned: PlannedSession,
    *,
    by: User | None,
    now: dt.datetime,
) -> ClassSession:
    block = TimeBlock.objects.create(
        kind=BlockKind.CLASS_SESSION,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        created_by=by,
        created_at=now,
    )
    claim_session(run, number, block, now=now)
    return ClassSession.objects.create(
        run=run,
        number=number,
        block=block,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        wall_on=planned.on,
        wall_start=planned.start,
        wall_end=planned.end,
        zone=ZONE_NAME,
        changed_at=now,
    )


def lock_run(run_id: int) -> CourseRun:
    """The run as it is now, under the lock of its offering; raises DoesNotExist.

    The offering's row is the one lock of a run: bookings, the waiting list and
    changes of dates pass through it.
    """
    offering_id = CourseRun.objects.values_list("offering_id", flat=True).get(pk=run_id)
    seats.lock_one(offering_id)
    return CourseRun.objects.select_related("course", "offering", "room").get(pk=run_id)


@atomic_retrying
def publish_run(*, run_id: int, by: User | None, now: dt.datetime) -> CourseRun:
    """Open a run to the public and tell those who asked to hear of it.

    Publishing twice is quiet. Raises CoursesError for a cancelled run, for one that
    has begun, and for one whose draw would open unannounced.
    """
    run = lock_run(run_id)
    if run.state == RunState.PUBLISHED:
        return run
    if run.state == RunState.CANCELLED:
        raise CoursesError(_("This run was cancelled."), code="cancelled")
    if run.first_session_at <= now:
        raise CoursesError(
            _("The first class session is already past. Move it first."), code="past"
        )
    _require_draw_announced(run, now)
    run.state, run.published_at = RunState.PUBLISHED, now
    run.save(update_fields=["state", "published_at"])
    offering = run.offering
    run.offering = offerings.set_window(
        offering_id=offering.pk,
        is_open=True,
        opens_at=offering.opens_at,
        closes_at=offering.closes_at,
        now=now,
    )
    messages.tell_interested(run, now=now)
    return run


def _require_draw_announced(run: CourseRun, now: dt.datetime) -> None:
    """A draw's commitment must be public before the first application."""
    late = Draw.objects.filter(
        offering=run.offering_id, called_off_at=None, opens_at__lte=now
    )
    if late.exists():
        raise CoursesError(
            _(
                "Applications for the draw would open before it was announced."
                " Set a later opening first."
            ),
            code="draw_not_announced",
        )


@atomic_retrying
def change_capacity(*, run_id: int, capacity: int, now: dt.datetime) -> CourseRun:
    """Set how many places a run has; the waiting list has what becomes free.

    Raises CoursesError when the room is too small, booking's CapacityBelowTaken.
    """
    run = lock_run(run_id)
    if capacity < 1:
        raise CoursesError(_("A run needs at least one place."), code="capacity")
    _require_room_fits(run.room, capacity)
    run.offering = offerings.change_capacity(
        offering_id=run.offering_id, capacity=capacity, now=now
    )
    return run


@atomic_retrying
def cancel_run(
    *, run_id: int, by: User | None, reason: str, now: dt.datetime
) -> CourseRun:
    """End a run: everyone with a place or a turn is told why, all times are freed.

    Cancelling twice is quiet. Raises CoursesError without a reason or after the end.
    """
    run = lock_run(run_id)
    if run.state == RunState.CANCELLED:
        return run
    _require_cancellable(run, reason, now)
    run.state, run.cancelled_at = RunState.CANCELLED, now
    run.cancelled_by, run.cancel_reason = by, reason
    run.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancel_reason"])
    offerings.cancel_offering(
        offering_id=run.offering_id, by=by, reason=reason, now=now
    )
    coming = run.sessions.filter(state=SessionState.PLANNED, starts_at__gt=now)
    for session in coming.order_by("starts_at"):
        session.run = run
        end_session(session, by=by, reason=reason, now=now)
    messages.tell_instructors_run_cancelled(run, now=now)
    return run


def _require_cancellable(run: CourseRun, reason: str, now: dt.datetime) -> None:
    if not reason.strip():
        raise CoursesError(
            _("Write the reason; everyone will be told."), code="no_reason"
        )
    if run.last_session_at <= now:
        raise CoursesError(_("This run is already over."), code="past")
