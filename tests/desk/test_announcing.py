from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import DataError, IntegrityError
from django.test import Client

from accounts.models import Person
from booking.models import Reservation
from booking.services.parties import cancel_reservation
from core import work
from core.work_models import Work
from courses.exceptions import CoursesError
from courses.models import CourseRun, RunMessage, RunMessageCopy
from courses.services.announcements import write_message
from courses.services.enrolment import enrol
from courses.values import run_message_wanted
from desk import announcing
from desk.announcing import Told, told_lines
from desk.models import StaffTask
from notifications import ladder
from notifications.models import OptOut, OutboxMessage, State
from notifications.services import drain
from tests.desk.people import enrol_one, query_count, reception, user_of
from tests.factories import (
    NOW,
    make_course,
    make_person,
    make_plan,
    make_run,
    make_user,
)
from tests.signing import sign_in_staff

pytestmark = pytest.mark.django_db

# The worker's clock runs while it works.
SOON = NOW + dt.timedelta(minutes=1)
WORDS = "برای کلاس شنبه یک جفت قالب همراه بیاورید."


@pytest.fixture(autouse=True)
def _at_now(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    return reception()


@pytest.fixture
def run() -> CourseRun:
    return make_run(course=make_course(capacity=9))


def form(key: int = 1, **fields: str) -> dict[str, str]:
    return {"text_fa": WORDS, "key": str(uuid.UUID(int=key)), "act": "send", **fields}


def path_of(run: CourseRun) -> str:
    return f"/staff/runs/{run.code}/message/"


def send(client: Client, run: CourseRun, **fields: Any) -> str:
    answer = client.post(path_of(run), form(**fields))
    assert answer.status_code == 302, answer.content.decode()
    work.work_off(now=NOW)
    return str(answer["Location"])


def client_again(client: Client) -> Client:
    """The same person, who has signed in anew."""
    again = Client()
    sign_in_staff(again, user_of(client))
    return again


def sms() -> list[OutboxMessage]:
    return list(
        OutboxMessage.objects.filter(kind="run_message", channel="sms").order_by("pk")
    )


def end_all(state: str) -> None:
    rows = OutboxMessage.objects.filter(kind="run_message")
    rows.update(state=state, next_check_at=None)


def test_everyone_with_a_place_is_told_once(client: Client, run: CourseRun) -> None:
    places = [enrol_one(run) for _ in range(3)]
    gone = enrol_one(run)
    cancel_reservation(reservation_id=gone.pk, by=None, by_centre=True, now=NOW)

    page = send(client, run)
    again = send(client, run)

    assert page == again
    assert {m.recipient for m in sms()} == {p.person.contact_phone for p in places}
    assert RunMessageCopy.objects.count() == 3
    drain(now=SOON)
    assert sms()[0].text == f"{WORDS}\nمرکز کفش هیدج"
    assert sms()[0].parts == 1


def test_one_number_hears_it_once(client: Client, run: CourseRun) -> None:
    booker = make_user()
    make_person(user=booker, contact_phone=booker.phone)
    workers = [make_person() for _ in range(2)]
    twin = make_person(contact_phone=workers[0].contact_phone)
    enrol(
        run_id=run.pk,
        booker=booker,
        people=[*workers, twin],
        key=uuid.UUID(int=9),
        now=NOW,
    )

    send(client, run)

    told = [m.recipient for m in sms()]
    assert sorted(told) == sorted({*(w.contact_phone for w in workers), booker.phone})
    end_all(State.DELIVERED)
    lines = told_lines(RunMessage.objects.get())
    assert [line.told for line in lines] == [Told.DELIVERED] * 3


def test_each_reads_their_own_language(client: Client, run: CourseRun) -> None:
    enrol_one(run)
    enrol_one(run, language="en")

    send(client, run, text_en="Bring a pair of lasts.")

    drain(now=SOON)
    assert [m.text.split("\n")[0] for m in sms()] == [WORDS, "Bring a pair of lasts."]


def test_who_reads_a_language_without_a_text_gets_the_other(
    client: Client, run: CourseRun
) -> None:
    enrol_one(run, language="en")

    send(client, run)

    drain(now=SOON)
    assert sms()[0].text.startswith(WORDS)


def test_count_says_the_truth_and_whom_to_call(client: Client, run: CourseRun) -> None:
    people = [enrol_one(run, name=f"هنرجوی {n}").person for n in range(4)]
    page = send(client, run)
    states = (State.DELIVERED, State.ACCEPTED, State.PENDING, State.UNDELIVERED)
    for message, state in zip(sms(), states, strict=True):
        OutboxMessage.objects.filter(pk=message.pk).update(state=state)

    answer = client.get(page)

    counted = dict(answer.context["totals"])
    assert counted == {
        Told.DELIVERED: 1,
        Told.SENT: 1,
        Told.WRITTEN: 1,
        Told.NOT_SENT: 0,
        Told.MISSED: 1,
    }
    text = answer.content.decode()
    assert f"tel:{people[3].contact_phone}" in text
    assert f"tel:{people[0].contact_phone}" not in text
    assert 'hx-trigger="every 15s"' in text
    with time_machine.travel(NOW + dt.timedelta(hours=2), tick=False):
        fresh = client_again(client)
        assert "hx-trigger" not in fresh.get(page).content.decode()


def test_who_lost_the_place_meanwhile_is_not_told(
    client: Client, run: CourseRun
) -> None:
    place = enrol_one(run)
    send(client, run)
    cancel_reservation(reservation_id=place.pk, by=None, by_centre=True, now=NOW)

    drain(now=SOON)

    assert sms()[0].state == State.CANCELLED


def test_shared_number_hears_it_as_long_as_one_of_its_people_has_a_place(
    client: Client, run: CourseRun
) -> None:
    first, second = (
        enrol(
            run_id=run.pk,
            booker=make_user(),
            people=[make_person(contact_phone="+989993000099")],
            key=uuid.UUID(int=number),
            now=NOW,
        )[0]
        for number in (7, 8)
    )
    send(client, run)
    by_first = OutboxMessage.objects.get(
        kind="run_message", recipient="+989993000099", channel="sms"
    )
    cancel_reservation(reservation_id=first.pk, by=None, by_centre=True, now=NOW)
    assert run_message_wanted(by_first.subject_id, by_first) == ""

    cancel_reservation(reservation_id=second.pk, by=None, by_centre=True, now=NOW)

    assert run_message_wanted(by_first.subject_id, by_first) == State.CANCELLED


@pytest.mark.parametrize(("text", "code"), [("", "empty"), ("ا" * 111, "long")])
def test_service_and_database_refuse_what_says_nothing_or_too_much(
    client: Client, run: CourseRun, text: str, code: str
) -> None:
    enrol_one(run)
    words = {"text_fa": text, "text_en": ""}
    with pytest.raises(CoursesError) as refusal:
        write_message(run_id=run.pk, **words, by=user_of(client), now=NOW)
    assert refusal.value.code == code

    with pytest.raises((IntegrityError, DataError)):
        RunMessage.objects.create(
            run=run, written_by=user_of(client), created_at=NOW, **words
        )


def test_who_opted_out_is_left_alone_and_shown(client: Client, run: CourseRun) -> None:
    place = enrol_one(run)
    assert place.person is not None
    OptOut.objects.create(
        recipient=place.person.contact_phone, purpose="transactional", created_at=NOW
    )
    page = send(client, run)

    drain(now=SOON)

    assert sms()[0].state == State.SUPPRESSED
    assert client.get(page).context["missed"][0].told == Told.NOT_SENT


@pytest.mark.parametrize(
    ("day", "waits"), [(22, True), (27, False)], ids=["far", "near"]
)
def test_at_night_it_waits_unless_a_class_is_near(day: int, *, waits: bool) -> None:
    # The first class is in the morning of Saturday 28 November.
    plan = make_plan(start_time=dt.time(9), end_time=dt.time(11))
    run = make_run(sessions=plan)
    enrol_one(run)
    night = dt.datetime(2026, 11, day, 20, 0, tzinfo=dt.UTC)

    with time_machine.travel(night, tick=False):
        reception().post(path_of(run), form())
        work.work_off(now=night)

    assert (sms()[0].due_at - night > dt.timedelta(hours=1)) == waits


def test_whom_the_sms_did_not_reach_is_called(client: Client, run: CourseRun) -> None:
    place = enrol_one(run)
    send(client, run)
    drain(now=SOON)
    end_all(State.UNDELIVERED)

    ladder.climb(SOON)
    end_all(State.UNDELIVERED)
    ladder.climb(SOON)

    task = StaffTask.objects.get()
    assert task.reservation == place
    assert WORDS in task.text


def test_chunks_tell_everyone(
    client: Client, run: CourseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "CHUNK", 2)
    for _ in range(5):
        enrol_one(run)

    send(client, run)

    asked = Work.objects.get()
    assert (asked.state, asked.done, asked.total) == ("done", 5, 5)
    assert len(sms()) == 5


def test_preview_counts_parts_and_warns(client: Client, run: CourseRun) -> None:
    enrol_one(run)
    words = "ساعت " + "الف " * 20

    answer = client.post(
        path_of(run),
        form(text_fa=words, act="preview"),
        headers={"HX-Request": "true"},
    )

    text = answer.content.decode()
    assert "۲ بخش" in text
    assert "ساعت" in text
    assert 'class="warnings"' in text
    assert not RunMessage.objects.exists()
    plain = client.post(path_of(run), form(text_fa=words, act="preview"))
    assert words.strip() in plain.content.decode()
    assert "error-summary" not in plain.content.decode()


@pytest.mark.parametrize("text", ["", "  ", "الف" * 60])
def test_empty_or_long_text_is_refused(
    client: Client, run: CourseRun, text: str
) -> None:
    enrol_one(run)

    answer = client.post(path_of(run), form(text_fa=text))

    assert answer.status_code == 200
    assert "text_fa" in answer.context["form"].errors
    assert not Work.objects.exists()


def test_refusal_of_the_service_leaves_nothing(client: Client, run: CourseRun) -> None:
    answer = client.post(path_of(run), form())

    assert "هنوز کسی" in answer.content.decode()
    assert not Work.objects.exists()
    assert not RunMessage.objects.exists()


def test_page_costs_the_same_for_many(client: Client, run: CourseRun) -> None:
    enrol_one(run)
    first = query_count(client, send(client, run))
    for _ in range(3):
        enrol_one(run)
    second = query_count(client, send(client, run, key=2))

    assert second <= first


def test_person_without_a_number_is_shown_as_not_reached(
    client: Client, run: CourseRun
) -> None:
    place: Reservation = enrol_one(run)
    Person.objects.filter(pk=place.person_id).update(contact_phone="", user=None)
    page = send(client, run)
    end_all(State.FAILED)

    assert client.get(page).context["missed"][0].told == Told.MISSED
