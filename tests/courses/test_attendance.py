from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import User
from accounts.services import grant_role
from booking.models import Reservation
from courses.exceptions import CoursesError
from courses.models import AttendanceChange, ClassSession, CourseRun
from courses.services.attendance import mark_attendance, start_roll
from courses.services.enrolment import enrol
from courses.services.schedule import cancel_class_session
from tests.courses.helpers import new_key
from tests.factories import NOW, make_person, make_run, make_user

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def teacher() -> User:
    return make_user()


@pytest.fixture
def run(teacher: User) -> CourseRun:
    return make_run(instructors=[make_person(user=teacher)])


@pytest.fixture
def session(run: CourseRun) -> ClassSession:
    return run.sessions.get(number=1)


@pytest.fixture
def enrolled(run: CourseRun) -> Reservation:
    booker = make_user()
    people = [make_person(user=booker)]
    return enrol(run_id=run.pk, booker=booker, people=people, key=new_key(), now=NOW)[0]


def test_start_roll_presets_present_and_keeps_marks(
    teacher: User, session: ClassSession, enrolled: Reservation
) -> None:
    now = session.starts_at
    (roll,) = start_roll(session_id=session.pk, by=teacher, now=now)
    assert (roll.mark, roll.minutes) == ("present", 240)

    fields = {"session_id": session.pk, "reservation_id": enrolled.pk, "by": teacher}
    mark_attendance(**fields, mark="absent", now=now)
    mark_attendance(**fields, mark="absent", now=now)
    (roll,) = start_roll(session_id=session.pk, by=teacher, now=now)

    assert (roll.mark, roll.minutes) == ("absent", 0)
    changes = AttendanceChange.objects.order_by("pk").values_list("to_mark", flat=True)
    assert list(changes) == ["present", "absent"]


def test_late_counts_less_unless_minutes_are_written(
    teacher: User, session: ClassSession, enrolled: Reservation
) -> None:
    fields = {
        "session_id": session.pk,
        "reservation_id": enrolled.pk,
        "mark": "late",
        "by": teacher,
        "now": session.starts_at,
    }

    assert mark_attendance(**fields).minutes == 225
    assert mark_attendance(**fields, minutes=100).minutes == 100
    with pytest.raises(CoursesError) as error:
        mark_attendance(**fields, minutes=241)
    assert error.value.code == "minutes"


def test_roll_is_closed_to_others_before_the_day_and_after_the_next(
    teacher: User, session: ClassSession, enrolled: Reservation
) -> None:
    now = session.starts_at
    cases = [
        (make_user(), now, "not_yours"),
        (teacher, now - DAY, "too_early"),
        (teacher, now + 2 * DAY, "too_late"),
    ]

    for by, at, code in cases:
        with pytest.raises(CoursesError) as error:
            start_roll(session_id=session.pk, by=by, now=at)
        assert error.value.code == code

    assert start_roll(session_id=session.pk, by=teacher, now=now + DAY)


def test_staff_may_mend_a_roll_later(
    session: ClassSession, enrolled: Reservation
) -> None:
    staff = make_user()
    grant_role(user=staff, role="reception", now=NOW)

    roll = start_roll(session_id=session.pk, by=staff, now=session.starts_at + 9 * DAY)

    assert len(roll) == 1


def test_cancelled_class_session_has_no_roll(
    teacher: User, session: ClassSession
) -> None:
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)

    with pytest.raises(CoursesError) as error:
        start_roll(session_id=session.pk, by=teacher, now=session.starts_at)

    assert error.value.code == "cancelled"


def test_who_is_not_enrolled_cannot_be_marked(
    teacher: User, session: ClassSession, enrolled: Reservation
) -> None:
    with pytest.raises(Reservation.DoesNotExist):
        mark_attendance(
            session_id=session.pk,
            reservation_id=enrolled.pk + 1,
            mark="present",
            by=teacher,
            now=session.starts_at,
        )
