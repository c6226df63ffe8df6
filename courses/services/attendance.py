"""The roll of a class session."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Role, RoleGrant, User
from booking.models import (
    SEATED,
    Reservation,
    ReservationQuerySet,
    ReservationState,
)
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import THERE, Attendance, AttendanceChange, ClassSession, Mark
from persian.text import to_reader_digits

# Who may write or mend any roll, at any time after the day began.
STAFF_ROLES = (Role.RECEPTION, Role.PLANNER, Role.MANAGER)
# What "late" costs when nobody writes the minutes.
LATE_MINUTES = 15


@atomic_retrying
def start_roll(*, session_id: int, by: User, now: dt.datetime) -> list[Attendance]:
    """Mark everyone enrolled as present who has no mark yet; returns the whole roll.

    Raises CoursesError when `by` may not write this roll, or not at this time.
    """
    session = _writable_session(session_id, by, now)
    marked = session.attendances.values("reservation")
    for reservation in enrolled(session).exclude(pk__in=marked):
        _set_mark(session, reservation, Mark.PRESENT, None, by=by, now=now)
    return list(
        session.attendances.select_related("reservation__person").order_by(
            "reservation__person__search_key", "pk"
        )
    )


@atomic_retrying
def mark_attendance(
    *,
    session_id: int,
    reservation_id: int,
    mark: str,
    by: User,
    now: dt.datetime,
    minutes: int | None = None,
) -> Attendance:
    """Write one person's mark; `minutes` of presence, the usual ones when not given.

    Instructors of the run may do so from the day of the class session to the end of
    the next day (centre's time), staff also later. Every change leaves a row.
    Raises CoursesError; Reservation.DoesNotExist for who is not enrolled.
    """
    session = _writable_session(session_id, by, now)
    reservation = enrolled(session).get(pk=reservation_id)
    return _set_mark(session, reservation, Mark(mark), minutes, by=by, now=now)


@atomic_retrying
def excuse(*, session_id: int, reservation_id: int, by: User, now: dt.datetime) -> bool:
    """Mark somebody who said so before the start as excused; the place stays.

    `by` is the person or their booker. False when the roll already says something, or
    when the class session has begun or was cancelled.
    """
    session = ClassSession.objects.select_related("run").get(pk=session_id)
    if not session.is_planned or session.starts_at <= now:
        return False
    reservation = enrolled(session).get(pk=reservation_id)
    marks = Attendance.objects.filter(class_session=session, reservation=reservation)
    before = marks.first()
    if before is not None:
        return before.mark == Mark.EXCUSED
    _set_mark(session, reservation, Mark.EXCUSED, None, by=by, now=now)
    return True


def enrolled(session: ClassSession) -> ReservationQuerySet:
    """Those who have a place in the run of a class session, by name.

    A place that changed hands belongs to whoever had it at the class session.
    """
    states = set(SEATED) - {ReservationState.HELD, ReservationState.PENDING}
    gone_later = Q(state=ReservationState.TRANSFERRED, ended_at__gt=session.starts_at)
    came_later = Q(previous__isnull=False, created_at__gt=session.starts_at)
    return (
        Reservation.objects.filter(
            Q(state__in=states) | gone_later,
            offering=session.run.offering_id,
            person__isnull=False,
        )
        .exclude(came_later)
        .select_related("person__firm")
        .order_by("person__search_key", "pk")
    )


def unnamed(session: ClassSession) -> int:
    """How many places of the run nobody is named for yet."""
    return Reservation.objects.filter(
        offering=session.run.offering_id,
        state=ReservationState.CONFIRMED,
        person=None,
    ).count()


def may_write_roll(session: ClassSession, user: User) -> bool:
    """Whether a user gives this class session or belongs to the staff."""
    if RoleGrant.objects.filter(user=user, role__in=STAFF_ROLES).exists():
        return True
    return session.instructors.filter(user=user).exists()


def _writable_session(session_id: int, by: User, now: dt.datetime) -> ClassSession:
    session = ClassSession.objects.select_related("run").get(pk=session_id)
    if not may_write_roll(session, by):
        raise CoursesError(_("This is not your class."), code="not_yours")
    if not session.is_planned:
        raise CoursesError(_("This class session was cancelled."), code="cancelled")
    today = now.astimezone(ZoneInfo(session.zone)).date()
    if today < session.wall_on:
        raise CoursesError(
            _("The roll opens on the day of the class session."), code="too_early"
        )
    is_staff = RoleGrant.objects.filter(user=by, role__in=STAFF_ROLES).exists()
    if today > session.wall_on + dt.timedelta(days=1) and not is_staff:
        raise CoursesError(
            _("The roll is closed. Reception can still mend it."), code="too_late"
        )
    return session


def _set_mark(
    session: ClassSession,
    reservation: Reservation,
    mark: Mark,
    minutes: int | None,
    *,
    by: User,
    now: dt.datetime,
) -> Attendance:
    fields = {
        "mark": mark,
        "minutes": _minutes(session, mark, minutes),
        "marked_by": by,
        "marked_at": now,
    }
    before = Attendance.objects.filter(
        class_session=session, reservation=reservation
    ).first()
    if before and (before.mark, before.minutes) == (mark, fields["minutes"]):
        return before
    attendance, _is_new = Attendance.objects.update_or_create(
        class_session=session, reservation=reservation, defaults=fields
    )
    AttendanceChange.objects.create(
        attendance=attendance,
        at=now,
        by=by,
        from_mark=before.mark if before else "",
        to_mark=mark,
    )
    return attendance


def _minutes(session: ClassSession, mark: Mark, minutes: int | None) -> int:
    if mark not in THERE:
        return 0
    if minutes is None:
        usual = session.minutes - (LATE_MINUTES if mark == Mark.LATE else 0)
        return max(usual, 0)
    if not 0 <= minutes <= session.minutes:
        raise CoursesError(
            _("The minutes must lie between 0 and %(all)s.")
            % {"all": to_reader_digits(str(session.minutes))},
            code="minutes",
        )
    return minutes
