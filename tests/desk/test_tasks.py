"""What the centre's people have to do by hand, and how the channels look."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from desk.exceptions import DeskError
from desk.models import StaffTask, TaskResult
from desk.task_lines import alarm_words
from desk.tasks import close_lapsed, close_task, note_try, open_alarm, open_task
from notifications.alarms import Alarm
from notifications.channels import pause
from notifications.models import ChannelState
from tests.desk.people import planner as planner_client
from tests.factories import NOW, make_person, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def planner() -> Client:
    return planner_client()


def make_task(**overrides: object) -> StaffTask:
    fields: dict[str, object] = {
        "kind": "call_back",
        "key": "call:1",
        "phone": "+989990000001",
        "now": NOW,
    }
    task, _is_new = open_task(**{**fields, **overrides})  # type: ignore[arg-type]
    return task


def test_task_is_opened_once_until_it_is_done() -> None:
    first = make_task()

    assert make_task() == first
    close_task(task_id=first.pk, result="reached", by=make_user(), now=NOW)

    assert make_task() != first


def test_database_knows_one_open_task_for_a_thing() -> None:
    task = make_task()

    with pytest.raises(IntegrityError), transaction.atomic():
        StaffTask.objects.create(kind=task.kind, key=task.key, created_at=NOW)


def test_task_is_closed_once() -> None:
    task, user = make_task(), make_user()
    close_task(task_id=task.pk, result="reached", by=user, now=NOW)

    close_task(task_id=task.pk, result="reached", by=user, now=NOW + HOUR)

    task.refresh_from_db()
    assert (task.result, task.closed_at) == (TaskResult.REACHED, NOW)
    with pytest.raises(DeskError):
        close_task(task_id=task.pk, result="wrong_number", by=user, now=NOW)
    with pytest.raises(DeskError):
        note_try(task_id=task.pk, now=NOW)


def test_second_tap_is_no_second_call() -> None:
    task = make_task()

    for seconds in (0, 5, 600):
        note_try(task_id=task.pk, now=NOW + dt.timedelta(seconds=seconds))

    task.refresh_from_db()
    assert task.tries == 2


def test_task_whose_time_is_over_leaves_the_list() -> None:
    old = make_task(due_at=NOW - 13 * HOUR)
    make_task(key="call:2", due_at=NOW)
    make_task(key="call:3")

    assert close_lapsed(NOW) == 1
    old.refresh_from_db()
    assert old.result == TaskResult.LAPSED


def test_alarm_is_one_task_a_day() -> None:
    for hours in (0, 1, 24):
        open_alarm(Alarm.CREDIT, "kavenegar", NOW + hours * HOUR)
        StaffTask.objects.filter(closed_at=None).update(result="done", closed_at=NOW)

    assert StaffTask.objects.count() == 2


@pytest.mark.parametrize("alarm", list(Alarm))
def test_every_alarm_has_its_sentence(alarm: Alarm) -> None:
    words = alarm_words(alarm, "kavenegar:431")

    assert words != "kavenegar:431"
    assert "%" not in words.replace("kavenegar:431 درصد", "")


def test_calls_are_made_from_the_page(planner: Client) -> None:
    person = make_person(contact_phone="+989990000001")
    task = make_task(text="لطفاً زنگ بزنید")
    open_alarm(Alarm.CHANNEL, "kavenegar", NOW)
    page = planner.get("/staff/tasks/").content.decode()
    assert person.name in page
    assert "tel:+989990000001" in page
    assert "کاوه‌نگار" in page
    path = f"/staff/tasks/{task.pk}/result/"

    planner.post(path, {"result": "no_answer"})
    planner.post(path, {"result": "nonsense"})
    task.refresh_from_db()
    assert (task.tries, task.closed_at) == (1, None)
    planner.post(path, {"result": "reached"})

    task.refresh_from_db()
    assert task.result == TaskResult.REACHED
    assert task.closed_by is not None
    assert "tel:+989990000001" not in planner.get("/staff/tasks/").content.decode()


def test_list_of_tasks_costs_the_same_for_many(
    planner: Client, django_assert_max_num_queries: object
) -> None:
    for n in range(4):
        make_task(key=f"call:{n}")

    with django_assert_max_num_queries(14):  # type: ignore[operator]
        planner.get("/staff/tasks/")


def test_channels_say_how_they_are(planner: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        pause(gateway="file", reason="418", now=NOW)
        ChannelState.objects.update(
            credit=Decimal("250000"), credit_unit="IRR", credit_at=NOW
        )
        page = planner.get("/staff/channels/").content.decode()

    assert "پول حساب تمام شده است" in page
    assert "۲۵۰٬۰۰۰" in page


def test_channel_is_stopped_and_let_go_on(planner: Client) -> None:
    planner.post("/staff/channels/file/hold/")
    assert ChannelState.objects.get().held_at is not None

    planner.post("/staff/channels/file/release/")

    assert ChannelState.objects.get().held_at is None
    assert planner.post("/staff/channels/nobody/hold/").status_code == 404


def test_call_without_a_number_can_only_be_done(planner: Client) -> None:
    task = make_task(phone="", text="یک نفر زنگ خواست")
    page = planner.get("/staff/tasks/").content.decode()

    assert "شماره ناشناس" in page
    assert 'value="wrong_number"' not in page
    planner.post(f"/staff/tasks/{task.pk}/result/", {"result": "done"})

    task.refresh_from_db()
    assert task.result == TaskResult.DONE
