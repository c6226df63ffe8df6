"""Making a run, opening it to the public, and ending it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking.models import Draw, OfferingKind, Room
from booking.services import offerings
from core.transactions import atomic_retrying
from courses import messages
from courses.exceptions import CoursesError
from courses.models import (
    Approval,
    Audience,
    Course,
    CourseRun,
    RunState,
    SessionState,
)
from courses.planner import PlannedSession
from courses.services.claims import Needs, lock_for
from courses.services.placing import (
    lock_run,
    place_session,
    require_room_fits,
    require_times,
)
from courses.services.schedule import end_session


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
    approval: str = Approval.NONE,
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
        approval=approval,
        note_fa=note_fa,
        note_en=note_en,
        min_to_run=min(min_to_run or course.min_to_run, capacity),
        first_session_at=first.starts_at,
        last_session_at=last.ends_at,
        created_at=now,
        created_by=by,
    )
    run.instructors.set(instructors)
    needs = Needs(course, room, list(instructors))
    lock_for(needs, now=now)
    for number, planned in enumerate(sessions, start=1):
        place_session(run, number, planned, needs, by=by, now=now)
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
    require_room_fits(room, capacity)


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
    for room in _rooms_of(run, now):
        require_room_fits(room, capacity)
    run.offering = offerings.change_capacity(
        offering_id=run.offering_id, capacity=capacity, now=now
    )
    return run


def _rooms_of(run: CourseRun, now: dt.datetime) -> list[Room]:
    coming = run.sessions.planned().filter(ends_at__gt=now).values("room")
    return [run.room, *Room.objects.filter(pk__in=coming)]


@atomic_retrying
def set_approval(*, run_id: int, approval: str) -> CourseRun:
    """Say about whom the staff decide from now on; what was asked stays asked."""
    run = lock_run(run_id)
    run.approval = Approval(approval)
    run.save(update_fields=["approval"])
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
