"""Adding, moving and cancelling class sessions; everyone concerned is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking import ledger, owners, seats
from booking.exceptions import BookingError, TimeTaken
from booking.models import Room
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying
from courses import messages
from courses.exceptions import CoursesError
from courses.models import (
    ClassSession,
    CourseRun,
    SessionChange,
    SessionState,
    TeacherChange,
)
from courses.planner import ZONE_NAME, PlannedSession
from courses.services.claims import Needs, clash, lock_for, wants
from courses.services.placing import (
    follow_dates,
    lock_run,
    place_session,
    require_apart,
    require_needs,
    require_not_cancelled,
    require_time,
)


@atomic_retrying
def add_class_session(
    *,
    run_id: int,
    on: dt.date,
    start: dt.time,
    end: dt.time,
    by: User,
    key: UUID,
    now: dt.datetime,
    room: Room | None = None,
    instructors: Sequence[Person] | None = None,
) -> ClassSession:
    """Add a class session to a run that is not over; everyone with a place is told.

    Without a room or instructors it has the run's. The same form sent twice adds one.
    Raises CoursesError for a run that is over or cancelled, a past or overlapping time
    and a room that is too small, TimeClash for who or what is taken, and KeyReused.
    """
    run = lock_run(run_id)
    planned = PlannedSession(on, start, end)
    record = once(
        key=key,
        actor=f"user:{by.pk}",
        action="add_class_session",
        digest=form_digest({"run": run_id, "on": on, "start": start, "end": end}),
        now=now,
    )
    if record.result_id:
        return ClassSession.objects.get(pk=record.result_id)
    _require_extendable(run, planned, now=now)
    needs = Needs(
        run.course,
        room or run.room,
        list(run.instructors.all() if instructors is None else instructors),
    )
    require_needs(run, needs)
    lock_for(needs, now=now)
    number = 1 + run.sessions.aggregate(last=Max("number", default=0))["last"]
    session = place_session(run, number, planned, needs, by=by, now=now)
    record.remember(session.pk)
    follow_dates(run, now=now)
    given = _note_teachers(session, needs.instructors, True, by=by, reason="", now=now)
    messages.tell_session_added(session, now=now)
    messages.tell_teachers_swapped(given, now=now)
    return session


def _require_extendable(
    run: CourseRun, planned: PlannedSession, *, now: dt.datetime
) -> None:
    require_not_cancelled(run)
    if run.last_session_at <= now:
        raise CoursesError(_("This run is already over."), code="over")
    require_time(planned, now=now)
    require_apart(run, planned)


def _lock_session(session_id: int) -> ClassSession:
    """The class session as it is now, under the lock of its run's offering."""
    offering_id = ClassSession.objects.values_list("run__offering_id", flat=True).get(
        pk=session_id
    )
    seats.lock_one(offering_id)
    return ClassSession.objects.select_related(
        "block", "room", "run__course", "run__offering"
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
    room: Room | None = None,
    instructors: Sequence[Person] | None = None,
) -> ClassSession:
    """Give a class session another time (wall time of the centre), room or instructors.

    Without a room or instructors it keeps its own. Whoever has a place hears of another
    time or room; instructors hear what they gain, lose or find changed. A cancelled one
    comes back at the new time: that is how a make-up is set. Changing nothing is quiet.

    Raises CoursesError for a class session that has begun, a past or overlapping time
    and a room that is too small, and TimeClash for who or what is taken.
    """
    session = _lock_session(session_id)
    planned = PlannedSession(on, start, end)
    teachers = list(session.instructors.all())
    needs = Needs(
        session.run.course,
        room or session.room,
        teachers if instructors is None else list(instructors),
    )
    if session.is_planned and _is_so(session, planned, needs, teachers):
        return session
    _require_movable(session, planned, now=now)
    require_needs(session.run, needs)
    _move_claims(session, planned, needs, now=now)
    swapped = _set_teachers(session, needs, teachers, by=by, reason=reason, now=now)
    if not _has_place(session, planned, needs):
        change = _set_place(session, planned, needs, by=by, reason=reason, now=now)
        follow_dates(session.run, now=now)
        messages.tell_session_changed(session, change, now=now)
    messages.tell_teachers_swapped(swapped, now=now)
    return session


def _has_place(session: ClassSession, planned: PlannedSession, needs: Needs) -> bool:
    """Whether it takes place then and there already."""
    has = (session.starts_at, session.ends_at, session.room_id)
    wanted = (planned.starts_at, planned.ends_at, needs.room.pk)
    return session.is_planned and has == wanted


def _is_so(
    session: ClassSession,
    planned: PlannedSession,
    needs: Needs,
    teachers: Sequence[Person],
) -> bool:
    return _has_place(session, planned, needs) and set(teachers) == set(
        needs.instructors
    )


def _require_movable(
    session: ClassSession, planned: PlannedSession, *, now: dt.datetime
) -> None:
    require_not_cancelled(session.run)
    if session.run.closed_at is not None:
        raise CoursesError(_("This run is already over."), code="over")
    if session.is_planned and session.starts_at <= now:
        raise CoursesError(_("This class session has already begun."), code="begun")
    require_time(planned, now=now)
    require_apart(session.run, planned, but=session.pk)


def _move_claims(
    session: ClassSession, planned: PlannedSession, needs: Needs, *, now: dt.datetime
) -> None:
    """Free the old time first: machines may stay the same when the times overlap."""
    block = session.block
    lock_for(needs, now=now, leaving=block)
    freed = ledger.extent(block)
    ledger.release(block, now=now)
    if block.ended_at:
        block.ended_at = None
        block.save(update_fields=["ended_at"])
    starts_at, ends_at = planned.starts_at, planned.ends_at
    try:
        needed = wants(needs, starts_at, ends_at, now=now)
        ledger.move(block, starts_at=starts_at, ends_at=ends_at, wants=needed, now=now)
    except TimeTaken as error:
        raise clash(session.number, starts_at, error) from error
    except BookingError as error:
        raise CoursesError(error.message, code=error.code) from error
    owners.time_freed(freed, now)


def _set_teachers(
    session: ClassSession,
    needs: Needs,
    before: Sequence[Person],
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> list[TeacherChange]:
    """Write who gives it from now on, and the history of whoever came or went."""
    gone = [person for person in before if person not in needs.instructors]
    come = [person for person in needs.instructors if person not in before]
    session.instructors.set(needs.instructors)
    return [
        *_note_teachers(session, gone, False, by=by, reason=reason, now=now),
        *_note_teachers(session, come, True, by=by, reason=reason, now=now),
    ]


def _note_teachers(
    session: ClassSession,
    people: Sequence[Person],
    is_on: bool,
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> list[TeacherChange]:
    return [
        TeacherChange.objects.create(
            class_session=session,
            person=person,
            is_on=is_on,
            at=now,
            by=by,
            reason=reason,
        )
        for person in people
    ]


def _set_place(
    session: ClassSession,
    planned: PlannedSession,
    needs: Needs,
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> SessionChange:
    """Write the new time and room; a cancelled class session takes place again."""
    before, old_room = session.starts_at, session.room
    session.starts_at, session.ends_at = planned.starts_at, planned.ends_at
    session.wall_on, session.zone = planned.on, ZONE_NAME
    session.wall_start, session.wall_end = planned.start, planned.end
    session.room = needs.room
    session.state, session.cancel_reason = SessionState.PLANNED, ""
    change = _record(session, before, planned.starts_at, by=by, reason=reason, now=now)
    if old_room != needs.room:
        change.from_room, change.to_room = old_room, needs.room
        change.save(update_fields=["from_room", "to_room"])
    return change


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
    freed = ledger.extent(session.block)
    ledger.release(session.block, now=now)
    session.block.ended_at = now
    session.block.save(update_fields=["ended_at"])
    owners.time_freed(freed, now)
    session.state, session.cancel_reason = SessionState.CANCELLED, reason
    messages.drop_reminders(session, now=now)
    return _record(session, session.starts_at, None, by=by, reason=reason, now=now)
