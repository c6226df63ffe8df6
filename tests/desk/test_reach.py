"""The call list of a class session: reached, silent, failed."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from booking.models import Reservation
from courses.models import ClassSession, CourseRun
from courses.reminders import plan_reminders
from desk.models import StaffTask, TaskResult
from desk.reach import Reach, reach_lines
from desk.tasks import note_call
from notifications.ladder import climb
from notifications.models import OutboxMessage, State
from tests.desk.people import enrol_one, query_count, reception
from tests.desk.test_answers import answer, phone_of, send_reminders
from tests.factories import NOW, make_run

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def reminded(count: int) -> tuple[CourseRun, ClassSession, list[Reservation]]:
    """A run of so many people, each reminded of the first class a day before."""
    run = make_run()
    type(run.offering).objects.filter(pk=run.offering_id).update(capacity=count)
    places = [enrol_one(run) for _ in range(count)]
    send_reminders(run.first_session_at - 24 * HOUR)
    return run, run.sessions.get(number=1), places


def fail(reservation: Reservation, state: str = State.UNDELIVERED) -> None:
    """The reminder of one person ends like this."""
    rows = OutboxMessage.objects.filter(
        recipient=phone_of(reservation), kind="class_reminder"
    )
    rows.update(state=state, error_code="state_11", next_check_at=None)


def reach_of(session: ClassSession) -> dict[int, Reach]:
    return {line.reservation.pk: line.reach for line in reach_lines(session)}


def test_everyone_stands_where_the_news_came() -> None:
    run, session, places = reminded(4)
    failed, answered, delivered, silent = places
    fail(failed)
    fail(delivered, State.DELIVERED)
    answer(answered, "1", run.first_session_at - 20 * HOUR)

    assert reach_of(session) == {
        failed.pk: Reach.FAILED,
        answered.pk: Reach.REACHED,
        delivered.pk: Reach.REACHED,
        silent.pk: Reach.SILENT,
    }
    assert reach_lines(session)[0].reach == Reach.FAILED


def test_nobody_heard_of_a_class_without_a_message() -> None:
    run = make_run()
    place = enrol_one(run)

    assert reach_of(run.sessions.get(number=2)) == {place.pk: Reach.NONE}


def test_what_was_taken_back_has_not_failed() -> None:
    _run, session, (place,) = reminded(1)
    fail(place, State.SUPERSEDED)

    assert reach_of(session) == {place.pk: Reach.NONE}

    note_call(about=session, reservation=place, result="no_answer", by=None, now=NOW)
    assert reach_of(session) == {place.pk: Reach.FAILED}


def test_call_is_noted_by_one_tap() -> None:
    run, session, (place,) = reminded(1)
    fail(place)
    now = run.first_session_at - 20 * HOUR
    with time_machine.travel(now, tick=False):
        climb(now)
        client = reception()
        path = f"/staff/sessions/{session.pk}/reach/"
        page = client.get(path).content.decode()
        assert f"tel:{phone_of(place)}" in page
        client.post(f"{path}{place.pk}/", {"result": "no_answer"})
        assert StaffTask.objects.get().tries == 1
        for _ in range(2):
            client.post(f"{path}{place.pk}/", {"result": "reached"})

    # The task of the ladder and the tap on this page are one.
    task = StaffTask.objects.filter(result=TaskResult.REACHED).first()
    assert task is not None
    assert task.reservation == place
    assert reach_of(session) == {place.pk: Reach.REACHED}
    assert not StaffTask.objects.open().exists()


def test_reading_out_what_did_not_arrive() -> None:
    run, _session, (place,) = reminded(1)
    fail(place)

    with time_machine.travel(run.first_session_at - 20 * HOUR, tick=False):
        climb(run.first_session_at - 20 * HOUR)

    task = StaffTask.objects.get()
    assert task.kind == "unreached"
    assert task.text.startswith("یادآوری")
    assert task.class_session is not None


def test_call_list_costs_the_same_for_many() -> None:
    _run, one, _places = reminded(1)
    _run, four, _places = reminded(4)
    client = reception()

    costs = [
        query_count(client, f"/staff/sessions/{session.pk}/reach/")
        for session in (one, four)
    ]

    assert costs[0] == costs[1]


def test_planned_reminders_are_silent_not_failed() -> None:
    run = make_run()
    place = enrol_one(run)
    plan_reminders(run.first_session_at - 48 * HOUR)

    assert reach_of(run.sessions.get(number=1)) == {place.pk: Reach.SILENT}
