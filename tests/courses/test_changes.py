"""Another room, a substitute, one more class session: what is taken and who is told."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import time_machine

from accounts.models import Person
from booking.models import BusyCell, MachineKind, Reservation
from booking.services.resources import provide_machines
from courses.exceptions import CoursesError, TimeClash
from courses.models import ClassSession, CourseRun, SessionChange, TeacherChange
from courses.services.attendance import may_write_roll
from courses.services.enrolment import enrol
from courses.services.runs import change_capacity
from courses.services.schedule import (
    add_class_session,
    cancel_class_session,
    move_class_session,
)
from notifications.delivery import drain
from notifications.models import OutboxMessage
from tests.consulting.helpers import violations
from tests.courses.helpers import kinds_sent
from tests.factories import (
    NOW,
    make_course,
    make_person,
    make_plan,
    make_room,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db
FOUR, EIGHT = dt.time(16), dt.time(20)


def enrol_one(run: CourseRun) -> Reservation:
    booker = make_user()
    learner = make_person(user=booker, contact_phone=booker.phone)
    return enrol(
        run_id=run.pk, booker=booker, people=[learner], key=uuid.uuid4(), now=NOW
    )[0]


def phone_of(reservation: Reservation) -> str:
    assert reservation.person is not None
    return reservation.person.contact_phone


def change(session: ClassSession, **overrides: Any) -> ClassSession:
    """The class session once more at its own time, with something else about it."""
    fields = {
        "session_id": session.pk,
        "on": session.wall_on,
        "start": session.wall_start,
        "end": session.wall_end,
        "by": None,
        "now": NOW,
    }
    return move_class_session(**{**fields, **overrides})


def add(run: CourseRun, **overrides: Any) -> ClassSession:
    """One more Saturday after the three of the plan."""
    fields = {
        "run_id": run.pk,
        "on": dt.date(2026, 12, 19),
        "start": FOUR,
        "end": EIGHT,
        "by": make_user(),
        "key": uuid.uuid4(),
        "now": NOW,
    }
    return add_class_session(**{**fields, **overrides})


def resources_of(session: ClassSession) -> set[str]:
    claims = session.block.claims.filter(ended_at=None)
    return {str(claim.resource) for claim in claims.select_related("resource")}


def newest_text(phone: str) -> str:
    """Send what is due, and read the newest SMS to this number."""
    with time_machine.travel(NOW, tick=False):
        drain(now=NOW, limit=100)
    rows = OutboxMessage.objects.filter(recipient=phone).order_by("pk")
    return rows.exclude(text="").latest("pk").text


# -- Another room -------------------------------------------------------------------


def test_another_room_is_taken_the_old_one_free_and_everyone_told() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    learner = enrol_one(run)
    session = run.sessions.get(number=1)
    room = make_room(name_fa="کلاس دو")

    change(session, room=room)

    session.refresh_from_db()
    assert session.room == room
    assert resources_of(session) == {"کلاس دو", teacher.name}
    assert session.schedule_version == 1
    assert kinds_sent(phone_of(learner))[-1] == "class_session_moved"
    assert kinds_sent(teacher.contact_phone) == ["teaching_changed"]
    # The others stay where they were.
    assert run.sessions.get(number=2).room == run.room
    assert violations() == []


def test_another_room_must_be_free_and_large_enough() -> None:
    run = make_run()
    session = run.sessions.get(number=1)
    other = make_run(code="OTHER")

    with pytest.raises(TimeClash) as clash:
        change(session, room=other.room)
    with pytest.raises(CoursesError) as small:
        change(session, room=make_room(capacity=1))

    assert "OTHER" in str(clash.value)
    assert small.value.code == "room_too_small"
    session.refresh_from_db()
    assert session.room == run.room
    assert violations() == []


def test_capacity_minds_the_smallest_room_to_come() -> None:
    run = make_run()
    change(run.sessions.get(number=2), room=make_room(capacity=3))

    with pytest.raises(CoursesError) as error:
        change_capacity(run_id=run.pk, capacity=4, now=NOW)

    assert error.value.code == "room_too_small"


def test_time_room_and_machines_move_together() -> None:
    kind = MachineKind.objects.create(code="DIG", name_fa="دیجیتایزر")
    provide_machines(kind, quantity=1, now=NOW)
    run = make_run(course=make_course(machines={kind: 1}))
    room = make_room(name_fa="کلاس دو")

    session = change(
        run.sessions.get(number=1), start=dt.time(17), end=dt.time(21), room=room
    )

    assert len(resources_of(session)) == 3
    assert SessionChange.objects.get().to_room == room
    assert violations() == []


# -- Other instructors --------------------------------------------------------------


def test_substitute_is_told_and_so_is_who_stays_at_home_but_no_learner() -> None:
    sick, substitute = make_person(), make_person()
    run = make_run(instructors=[sick])
    learner = enrol_one(run)
    session = run.sessions.get(number=1)

    change(session, instructors=[substitute], reason="بیماری")

    assert kinds_sent(substitute.contact_phone) == ["teaching_given"]
    assert kinds_sent(sick.contact_phone) == ["teaching_taken"]
    assert kinds_sent(phone_of(learner)) == ["enrolment_confirmed"]
    rows = TeacherChange.objects.order_by("pk").values_list("person", "is_on", "reason")
    assert list(rows) == [(sick.pk, False, "بیماری"), (substitute.pk, True, "بیماری")]
    # Nothing that a calendar shows has changed.
    session.refresh_from_db()
    assert session.schedule_version == 0
    assert violations() == []


def test_substitute_gives_this_class_session_only() -> None:
    user = make_user()
    substitute = make_person(user=user)
    run = make_run()
    first, second = run.sessions.order_by("number")[:2]

    change(first, instructors=[substitute])

    assert may_write_roll(first, user)
    assert not may_write_roll(second, user)
    assert run in CourseRun.objects.visible_to(substitute)
    assert list(ClassSession.objects.taught_by(substitute)) == [first]


def test_substitute_must_be_free_and_somebody_must_teach() -> None:
    busy = make_person()
    make_run(instructors=[busy])
    session = make_run().sessions.get(number=1)

    with pytest.raises(TimeClash):
        change(session, instructors=[busy])
    with pytest.raises(CoursesError) as nobody:
        change(session, instructors=[])

    assert nobody.value.code == "no_instructor"
    assert not TeacherChange.objects.exists()
    assert violations() == []


def test_changing_nothing_is_quiet() -> None:
    run = make_run()
    session = run.sessions.get(number=1)

    change(session, room=session.room, instructors=list(session.instructors.all()))

    assert not SessionChange.objects.exists()
    assert not TeacherChange.objects.exists()


# -- One more class session ---------------------------------------------------------


def test_added_class_session_is_taken_numbered_and_told() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    learner = enrol_one(run)

    session = add(run)

    run.refresh_from_db()
    assert session.number == 4
    assert run.last_session_at == session.ends_at
    assert resources_of(session) == {str(run.room), teacher.name}
    assert kinds_sent(phone_of(learner))[-1] == "class_session_added"
    assert kinds_sent(teacher.contact_phone) == ["teaching_given"]
    text = newest_text(phone_of(learner))
    assert "شنبه ۲۸ آذر ۱۶:۰۰" in text
    assert violations() == []


def test_adding_twice_adds_once() -> None:
    run = make_run()
    learner = enrol_one(run)

    tap = {"by": make_user(), "key": uuid.uuid4()}

    assert add(run, **tap) == add(run, **tap)

    assert run.sessions.count() == 4
    assert kinds_sent(phone_of(learner)).count("class_session_added") == 1


def test_added_before_the_first_the_run_begins_earlier() -> None:
    run = make_run()

    session = add(run, on=dt.date(2026, 11, 25))

    run.refresh_from_db()
    run.offering.refresh_from_db()
    assert run.first_session_at == session.starts_at == run.offering.starts_at
    assert run.offering.closes_at == session.starts_at
    assert violations() == []


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"on": dt.date(2026, 11, 28), "start": dt.time(18)}, "overlap"),
        ({"on": dt.date(2026, 11, 28)}, "overlap"),
        ({"on": dt.date(2026, 11, 20)}, "past"),
        ({"start": EIGHT, "end": FOUR}, "empty"),
        ({"start": dt.time(16, 10)}, "not_on_quarter"),
        ({"now": dt.datetime(2027, 1, 1, tzinfo=dt.UTC)}, "over"),
        ({"instructors": []}, "no_instructor"),
    ],
)
def test_added_class_session_refusals(overrides: dict[str, Any], code: str) -> None:
    run = make_run()
    cells = BusyCell.objects.count()

    with pytest.raises(Exception, match=".") as error:
        add(run, **overrides)

    assert getattr(error.value, "code", None) == code
    assert run.sessions.count() == 3
    assert BusyCell.objects.count() == cells


def test_added_class_session_refuses_who_is_taken() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    make_run(instructors=[teacher], sessions=make_plan(start_on=dt.date(2026, 12, 19)))

    with pytest.raises(TimeClash):
        add(run)

    assert violations() == []


# -- What the message says ----------------------------------------------------------


@pytest.fixture
def learner_phone() -> str:
    run = make_run(instructors=[make_person(), make_person()])
    return phone_of(enrol_one(run))


def test_message_names_the_room_only_when_it_is_another(learner_phone: str) -> None:
    run = CourseRun.objects.get()
    session = run.sessions.get(number=1)
    newest_text(learner_phone)

    change(session, room=make_room(name_fa="کلاس دو"))
    in_room = newest_text(learner_phone)
    change(session, start=dt.time(17), end=dt.time(21))
    at_time = newest_text(learner_phone)

    assert "پیشین: کارگاه" in in_room
    assert "تازه: شنبه ۷ آذر ۱۶:۰۰، کلاس دو" in in_room
    assert "کلاس دو" not in at_time


def test_change_that_overtook_another_tells_of_both(learner_phone: str) -> None:
    session = CourseRun.objects.get().sessions.get(number=1)
    newest_text(learner_phone)

    change(session, room=make_room(name_fa="کلاس دو"))
    change(session, on=dt.date(2026, 11, 29))
    text = newest_text(learner_phone)

    assert "پیشین: شنبه ۷ آذر ۱۶:۰۰" in text
    assert "تازه: یکشنبه ۸ آذر ۱۶:۰۰، کلاس دو" in text


def test_cancellation_names_the_time_that_its_reader_knows(learner_phone: str) -> None:
    session = CourseRun.objects.get().sessions.get(number=1)
    newest_text(learner_phone)

    change(session, on=dt.date(2026, 11, 29))
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)

    assert "شنبه ۷ آذر" in newest_text(learner_phone)


def test_person_is_a_teacher_of_a_run_once_in_lists() -> None:
    teacher: Person = make_person()
    run = make_run(instructors=[teacher])

    assert list(CourseRun.objects.visible_to(teacher)) == [run]
