from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

import pytest

from booking.exceptions import CapacityBelowTaken
from booking.models import BusyCell, MachineKind, Offering, Reservation, TimeBlock
from booking.services.resources import provide_machines
from core.exceptions import HidajError
from courses import audit
from courses.exceptions import CoursesError, TimeClash
from courses.models import CourseInterest, CourseRun, Phase, RunState, SessionChange
from courses.services.catalogue import update_course
from courses.services.enrolment import enrol, join_waiting_list, register_interest
from courses.services.runs import (
    cancel_run,
    change_capacity,
    create_run,
    publish_run,
)
from courses.services.schedule import cancel_class_session, move_class_session
from notifications.models import OutboxMessage
from tests.courses.helpers import kinds_sent, new_key
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
HOUR = dt.timedelta(hours=1)


def refused(reason: str, **overrides: Any) -> CoursesError:
    with pytest.raises(CoursesError) as error:
        make_run(**overrides)
    assert error.value.code == reason
    assert str(error.value)
    return error.value


def enrol_one(run: CourseRun, **person: Any) -> Reservation:
    booker = make_user()
    learner = make_person(user=booker, contact_phone=booker.phone, **person)
    (reservation,) = enrol(
        run_id=run.pk, booker=booker, people=[learner], key=new_key(), now=NOW
    )
    return reservation


def assert_audit_clean() -> None:
    checks = (
        audit.changes_were_told,
        audit.session_changes_were_told,
        audit.versions_match_history,
        audit.times_match_walls,
        audit.runs_match_sessions,
        audit.sessions_have_their_claims,
    )
    assert [line for check in checks for line in check()] == []


def test_create_run_claims_room_instructor_and_machines() -> None:
    kind = MachineKind.objects.create(code="POST", name_fa="چرخ ستونی")
    provide_machines(kind, quantity=3, now=NOW)
    course = make_course(machines={kind: 2})

    run = make_run(course=course)

    assert run.sessions.count() == 3
    assert BusyCell.objects.count() == 3 * 16 * (1 + 1 + 2)
    assert run.offering.closes_at == run.first_session_at == run.offering.starts_at
    assert_audit_clean()


def test_create_run_refuses_a_taken_instructor_and_names_the_class() -> None:
    teacher = make_person(name="یعقوب نعل‌تراش")
    first = make_run(instructors=[teacher])

    error = refused(
        "time_taken",
        instructors=[teacher],
        sessions=make_plan(start_time=dt.time(18), end_time=dt.time(21), count=1),
    )

    assert isinstance(error, TimeClash)
    assert "یعقوب نعل‌تراش" in str(error)
    assert first.code in str(error)
    assert error.next_free_at == first.sessions.get(number=1).ends_at
    assert CourseRun.objects.count() == 1
    assert TimeBlock.objects.count() == 3


def test_create_run_refuses_a_taken_room() -> None:
    room = make_room(name_fa="کارگاه الگو")
    make_run(room=room)

    error = refused("time_taken", room=room)

    assert "کارگاه الگو" in str(error)


def test_create_run_refuses_too_few_machines() -> None:
    kind = MachineKind.objects.create(code="DIG", name_fa="دیجیتایزر")
    provide_machines(kind, quantity=1, now=NOW)
    make_run(course=make_course(machines={kind: 1}))

    error = refused("machines_short", course=make_course(machines={kind: 1}))

    assert "دیجیتایزر" in str(error)


def test_create_run_refuses_a_room_too_small() -> None:
    refused("room_too_small", room=make_room(capacity=1))


def test_create_run_refuses_the_past() -> None:
    refused("past", sessions=make_plan(start_on=dt.date(2026, 11, 21)))


def test_create_run_refuses_overlapping_class_sessions() -> None:
    twice = make_plan(count=1) + make_plan(
        count=1, start_time=dt.time(19), end_time=dt.time(21)
    )

    refused("overlap", sessions=twice)


def test_create_run_refuses_a_known_code_and_no_instructor() -> None:
    run = make_run()

    refused("code", code=run.code)
    refused("no_instructor", instructors=[])
    refused("none", sessions=[])


def test_create_run_refuses_a_start_off_the_quarter() -> None:
    with pytest.raises(HidajError) as error:
        make_run(sessions=make_plan(start_time=dt.time(16, 5)))

    assert error.value.code == "not_on_quarter"


def test_publish_run_tells_interested_people_once() -> None:
    run = make_run(is_published=False)
    person = make_person()
    register_interest(course_id=run.course_id, person=person, now=NOW)
    register_interest(course_id=run.course_id, person=person, now=NOW)

    publish_run(run_id=run.pk, by=None, now=NOW)
    publish_run(run_id=run.pk, by=None, now=NOW)

    assert kinds_sent(person.contact_phone) == ["run_opened"]
    assert CourseInterest.objects.get().notified_run == run


def test_interest_after_a_run_waits_for_the_next_one() -> None:
    run = make_run(is_published=False)
    person = make_person()
    register_interest(course_id=run.course_id, person=person, now=NOW)
    publish_run(run_id=run.pk, by=None, now=NOW)
    register_interest(course_id=run.course_id, person=person, now=NOW)

    make_run(
        course=run.course,
        sessions=make_plan(start_on=dt.date(2027, 1, 2)),
    )

    assert kinds_sent(person.contact_phone) == ["run_opened", "run_opened"]


def test_publish_run_refuses_what_has_begun() -> None:
    run = make_run(is_published=False)

    with pytest.raises(CoursesError) as error:
        publish_run(run_id=run.pk, by=None, now=run.first_session_at + HOUR)

    assert error.value.code == "past"


def test_listed_has_open_full_and_announced_runs_nearest_first() -> None:
    later = make_run(sessions=make_plan(start_on=dt.date(2026, 12, 26)))
    full = make_run(capacity=1)
    enrol_one(full)
    announced = make_run(
        opens_at=NOW + HOUR, sessions=make_plan(start_on=dt.date(2027, 1, 30))
    )
    make_run(is_published=False)
    cancelled = make_run()
    cancel_run(run_id=cancelled.pk, by=None, reason="نصاب", now=NOW)

    runs = list(CourseRun.objects.listed(NOW))

    assert runs == [full, later, announced]
    assert [run.phase(NOW) for run in runs] == [
        Phase.FULL,
        Phase.OPEN,
        Phase.ANNOUNCED,
    ]
    assert list(CourseRun.objects.listed(full.first_session_at)) == [later, announced]


def test_listed_uses_a_fixed_number_of_queries(
    django_assert_num_queries: Any,
) -> None:
    for _ in range(3):
        make_run()

    with django_assert_num_queries(3):
        cards = [
            (r.title, r.days_text, r.clock_text, r.instructor_names, r.places_left)
            for r in CourseRun.objects.listed(NOW)
        ]

    assert len(cards) == 3
    assert cards[0][1:3] == ("شنبه", "۱۶:۰۰ تا ۲۰:۰۰")


def test_phases_follow_the_dates() -> None:
    run = make_run()

    assert run.phase(run.first_session_at + HOUR) == Phase.RUNNING
    assert run.phase(run.last_session_at) == Phase.FINISHED


def test_move_class_session_tells_everyone_and_raises_the_version() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    reservation = enrol_one(run, email="a@kafsh.example")
    session = run.sessions.get(number=1)

    move_class_session(
        session_id=session.pk,
        on=dt.date(2026, 11, 30),
        start=dt.time(9),
        end=dt.time(13),
        by=None,
        now=NOW,
    )

    session.refresh_from_db()
    run.refresh_from_db()
    assert session.schedule_version == 1
    assert run.first_session_at == session.starts_at == run.offering.starts_at
    assert run.offering.closes_at == session.starts_at
    assert SessionChange.objects.get().to_starts_at == session.starts_at
    phone = reservation.person.contact_phone
    assert kinds_sent(phone) == ["enrolment_confirmed", "class_session_moved"]
    assert kinds_sent("a@kafsh.example") == kinds_sent(phone)
    assert kinds_sent(teacher.contact_phone) == ["teaching_changed"]
    assert_audit_clean()


def test_move_class_session_onto_its_own_time_is_quiet_and_overlap_is_allowed() -> None:
    kind = MachineKind.objects.create(code="DIG", name_fa="دیجیتایزر")
    provide_machines(kind, quantity=1, now=NOW)
    run = make_run(course=make_course(machines={kind: 1}))
    session = run.sessions.get(number=1)
    same = {"session_id": session.pk, "on": session.wall_on, "by": None, "now": NOW}

    move_class_session(**same, start=dt.time(16), end=dt.time(20))
    move_class_session(**same, start=dt.time(17), end=dt.time(21))

    assert SessionChange.objects.count() == 1
    assert_audit_clean()


def test_move_class_session_refuses_what_is_taken_and_keeps_the_old_time() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    other = make_run(
        instructors=[teacher], sessions=make_plan(start_on=dt.date(2026, 12, 19))
    )
    session = run.sessions.get(number=1)

    with pytest.raises(TimeClash) as error:
        move_class_session(
            session_id=session.pk,
            on=dt.date(2026, 12, 19),
            start=dt.time(16),
            end=dt.time(20),
            by=None,
            now=NOW,
        )

    assert other.code in str(error.value)
    session.refresh_from_db()
    assert session.schedule_version == 0
    assert_audit_clean()


@pytest.mark.parametrize(
    ("on", "now_after_start", "code"),
    [
        (dt.date(2026, 12, 5), False, "overlap"),
        (dt.date(2026, 11, 20), False, "past"),
        (dt.date(2026, 12, 30), True, "begun"),
    ],
)
def test_move_class_session_refusals(
    on: dt.date, now_after_start: bool, code: str
) -> None:
    run = make_run()
    session = run.sessions.get(number=1)

    with pytest.raises(CoursesError) as error:
        move_class_session(
            session_id=session.pk,
            on=on,
            start=dt.time(16),
            end=dt.time(20),
            by=None,
            now=session.starts_at + HOUR if now_after_start else NOW,
        )

    assert error.value.code == code


def test_cancel_class_session_tells_everyone_and_frees_the_time() -> None:
    run = make_run()
    reservation = enrol_one(run)
    session = run.sessions.get(number=1)

    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)

    run.refresh_from_db()
    assert kinds_sent(reservation.person.contact_phone)[-1] == "class_session_cancelled"
    assert run.first_session_at == run.sessions.get(number=2).starts_at
    assert not session.block.claims.filter(ended_at=None).exists()
    assert_audit_clean()


def test_cancelled_class_session_comes_back_as_make_up() -> None:
    run = make_run()
    reservation = enrol_one(run)
    session = run.sessions.get(number=1)
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)

    move_class_session(
        session_id=session.pk,
        on=dt.date(2026, 12, 19),
        start=dt.time(16),
        end=dt.time(20),
        by=None,
        now=NOW,
    )

    session.refresh_from_db()
    assert session.is_planned
    assert session.schedule_version == 2
    assert kinds_sent(reservation.person.contact_phone)[-1] == "class_session_moved"
    assert_audit_clean()


def test_cancel_class_session_refuses_without_reason_and_the_last_one() -> None:
    run = make_run(sessions=make_plan(count=1))
    session = run.sessions.get()

    for reason, code in (("", "no_reason"), ("برف", "last_one")):
        with pytest.raises(CoursesError) as error:
            cancel_class_session(session_id=session.pk, by=None, reason=reason, now=NOW)
        assert error.value.code == code


def test_cancel_run_tells_those_with_places_and_turns() -> None:
    teacher = make_person()
    run = make_run(capacity=1, instructors=[teacher])
    seated = enrol_one(run)
    booker = make_user()
    waiting = make_person(user=booker, contact_phone=booker.phone)
    join_waiting_list(
        run_id=run.pk, booker=booker, people=[waiting], key=new_key(), now=NOW
    )

    cancel_run(run_id=run.pk, by=None, reason="به حد نصاب نرسید", now=NOW)
    cancel_run(run_id=run.pk, by=None, reason="باز هم", now=NOW)

    run.refresh_from_db()
    assert run.cancel_reason == "به حد نصاب نرسید"
    assert kinds_sent(seated.person.contact_phone)[-1] == "run_cancelled"
    assert kinds_sent(waiting.contact_phone)[-1] == "run_cancelled"
    assert kinds_sent(teacher.contact_phone) == ["teaching_run_cancelled"]
    assert BusyCell.objects.count() == 0
    assert_audit_clean()


def test_cancel_run_refuses_without_a_reason() -> None:
    run = make_run()

    with pytest.raises(CoursesError) as error:
        cancel_run(run_id=run.pk, by=None, reason=" ", now=NOW)

    assert error.value.code == "no_reason"


def test_change_capacity_minds_the_room_and_what_is_taken() -> None:
    run = make_run(room=make_room(capacity=3))
    enrol_one(run)
    enrol_one(run)

    with pytest.raises(CoursesError):
        change_capacity(run_id=run.pk, capacity=4, now=NOW)
    with pytest.raises(CapacityBelowTaken):
        change_capacity(run_id=run.pk, capacity=1, now=NOW)
    change_capacity(run_id=run.pk, capacity=3, now=NOW)

    run.offering.refresh_from_db()
    assert run.offering.capacity == 3


def test_course_is_never_needed_before_itself() -> None:
    first = make_course()
    second = make_course(prerequisites=[first])

    with pytest.raises(CoursesError) as error:
        update_course(course_id=first.pk, prerequisites=[second])

    assert error.value.code == "circle"


def test_update_course_refuses_a_minimum_above_the_capacity() -> None:
    course = make_course(capacity=5)

    with pytest.raises(CoursesError) as error:
        update_course(course_id=course.pk, min_to_run=6)

    assert error.value.code == "invalid"


def test_draft_tells_nobody() -> None:
    run = make_run(is_published=False)

    move_class_session(
        session_id=run.sessions.get(number=1).pk,
        on=dt.date(2026, 11, 30),
        start=dt.time(9),
        end=dt.time(13),
        by=None,
        now=NOW,
    )

    assert OutboxMessage.objects.count() == 0


def test_create_run_keeps_course_defaults_and_overrides() -> None:
    course = make_course(fee_rial=1000, support_percent=50)
    fields = {"course": course, "room": make_room(), "by": None, "now": NOW}

    run = create_run(
        **fields, code="A", instructors=[make_person()], sessions=make_plan()
    )

    assert run.price_rial == 500
    assert run.offering.hold_minutes == 15


def test_list_and_run_agree_on_what_is_listed() -> None:
    """The rule stands twice: as a query, and for runs that are remembered."""
    run = make_run()
    first, last = run.first_session_at, run.last_session_at
    windows = [None, first - HOUR, first]
    moments = [first - 2 * HOUR, first - HOUR, first, last - HOUR, last]
    seen = set()
    for state, is_open, closes_at in product(RunState, (True, False), windows):
        published_at = None if state == RunState.DRAFT else NOW
        ended = {"cancelled_at": None, "cancel_reason": ""}
        if state == RunState.CANCELLED:
            ended = {"cancelled_at": NOW, "cancel_reason": "برف"}
        CourseRun.objects.update(state=state, published_at=published_at, **ended)
        Offering.objects.update(is_open=is_open, closes_at=closes_at)
        found = CourseRun.objects.select_related("offering").get()
        for now in moments:
            is_listed = CourseRun.objects.listed(now).exists()
            assert found.is_listed(now) == is_listed, (state, is_open, closes_at, now)
            seen.add(is_listed)
    assert seen == {True, False}
