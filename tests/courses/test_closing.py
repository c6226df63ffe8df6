"""Closing a run that is over: the rule, the choice of staff, and the tick."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Role
from accounts.services import grant_role
from booking.models import Reservation, StatusChange
from courses import audit
from courses.exceptions import CoursesError
from courses.models import CourseRun
from courses.services.attendance import mark_attendance, start_roll
from courses.services.closing import (
    close_run,
    close_runs_over,
    end_by_rule,
    proposals,
)
from courses.services.enrolment import enrol
from courses.services.schedule import cancel_class_session, move_class_session
from tests.consulting.helpers import violations
from tests.courses.helpers import kinds_sent, new_key
from tests.factories import NOW, make_course, make_person, make_run, make_user

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def run() -> CourseRun:
    """Three afternoons of four hours, for six people."""
    return make_run(course=make_course(capacity=6))


def book(run: CourseRun) -> Reservation:
    booker = make_user()
    person = make_person(user=booker, contact_phone=booker.phone)
    return enrol(run_id=run.pk, booker=booker, people=[person], key=new_key(), now=NOW)[
        0
    ]


def call_roll(run: CourseRun, absent: dict[int, list[int]]) -> None:
    """Everyone is there, but for class sessions (by number) where they are absent."""
    staff = make_user()
    grant_role(user=staff, role=Role.RECEPTION, now=NOW)
    for session in run.sessions.order_by("number"):
        now = session.ends_at
        start_roll(session_id=session.pk, by=staff, now=now)
        for pk, numbers in absent.items():
            if session.number in numbers:
                mark_attendance(
                    session_id=session.pk,
                    reservation_id=pk,
                    mark="absent",
                    by=staff,
                    now=now,
                )


def state_of(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.state


@pytest.mark.parametrize(
    ("marks", "minutes", "of_minutes", "end"),
    [
        (["present"] * 3, 720, 720, "completed"),
        (["present", "present", "absent"], 576, 720, "completed"),
        (["present", "present", "absent"], 575, 720, "incomplete"),
        (["absent"] * 3, 0, 720, "no_show"),
        (["absent", "excused"], 0, 720, "incomplete"),
        ([], 0, 720, "incomplete"),
        ([], 0, 0, "completed"),
    ],
)
def test_rule(marks: list[str], minutes: int, of_minutes: int, end: str) -> None:
    assert end_by_rule(marks, minutes, of_minutes) == end


def test_run_is_proposed_and_closed_by_its_roll(run: CourseRun) -> None:
    good, half, gone = book(run), book(run), book(run)
    call_roll(run, {half.pk: [2, 3], gone.pk: [1, 2, 3]})
    proposed = {p.reservation.pk: (p.end, p.there, p.percent) for p in proposals(run)}
    staff, now = make_user(), run.last_session_at

    for _ in range(2):
        closed = close_run(run_id=run.pk, by=staff, now=now)

    assert proposed == {
        good.pk: ("completed", 3, 100),
        half.pk: ("incomplete", 1, 33),
        gone.pk: ("no_show", 0, 0),
    }
    assert [state_of(r) for r in (good, half, gone)] == [
        "completed",
        "incomplete",
        "no_show",
    ]
    assert (closed.closed_at, closed.closed_by) == (now, staff)
    run.offering.refresh_from_db()
    assert run.offering.seats_taken == 3
    assert kinds_sent(gone.party.booked_by.phone)[-1] == "enrolment_no_show"
    assert violations() == []


def test_staff_choose_another_end(run: CourseRun) -> None:
    gone = book(run)
    call_roll(run, {gone.pk: [1, 2, 3]})

    close_run(
        run_id=run.pk,
        by=make_user(),
        now=run.last_session_at,
        ends={gone.pk: "incomplete"},
    )

    assert state_of(gone) == "incomplete"


def test_run_is_not_closed_before_its_end(run: CourseRun) -> None:
    with pytest.raises(CoursesError) as refused:
        close_run(run_id=run.pk, by=None, now=run.last_session_at - DAY)

    assert refused.value.code == "not_over"


def test_tick_closes_after_some_days_and_says_so(run: CourseRun) -> None:
    place = book(run)
    over = run.last_session_at

    early = close_runs_over(over + 7 * DAY - dt.timedelta(seconds=1))
    late = [close_runs_over(over + 7 * DAY) for _ in range(2)]

    run.refresh_from_db()
    change = StatusChange.objects.get(reservation=place, to_state="completed")
    assert (early, late) == (0, [1, 0])
    assert (change.by, change.reason) == (None, "by_rule")
    assert run.closed_by is None
    assert run.closed_at == over + 7 * DAY


def test_closed_run_takes_nobody_and_gets_no_new_date(run: CourseRun) -> None:
    session = run.sessions.get(number=3)
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)
    run.refresh_from_db()
    close_run(run_id=run.pk, by=None, now=run.last_session_at)
    now = run.last_session_at + DAY

    with pytest.raises(CoursesError) as booked:
        enrol(
            run_id=run.pk,
            booker=make_user(),
            people=[make_person()],
            key=new_key(),
            now=now,
            by_centre=True,
        )
    with pytest.raises(CoursesError) as moved:
        move_class_session(
            session_id=session.pk,
            on=now.date() + 20 * DAY,
            start=dt.time(16),
            end=dt.time(20),
            by=make_user(),
            now=now,
        )

    assert (booked.value.code, moved.value.code) == ("past", "over")


def test_database_refuses_a_run_closed_before_its_end(run: CourseRun) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CourseRun.objects.filter(pk=run.pk).update(closed_at=NOW)


def test_audit_finds_a_place_without_end(run: CourseRun) -> None:
    place = book(run)
    CourseRun.objects.filter(pk=run.pk).update(closed_at=run.last_session_at)

    assert audit.closed_runs_have_ends() == [
        f"reservation {place.pk}: its run is closed, it has no end"
    ]
