from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from booking.models import MachineKind, Reservation, Room, WaitingEntry
from booking.services.resources import provide_machines
from core.models import Holiday
from courses.models import Course, CourseRun
from courses.services.catalogue import create_course
from notifications.models import OutboxMessage
from tests.desk.people import (
    applicant_client,
    enrol_one,
    make_teacher,
    planner,
    query_count,
    reception,
    teacher_client,
    wait_one,
)
from tests.factories import NOW, make_course, make_room, make_run

pytestmark = pytest.mark.django_db

NEW = "/staff/runs/new/"
# Saturday 7 Azar 1405.
FIRST = dt.date(2026, 11, 28)


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    return planner()


@pytest.fixture
def course() -> Course:
    return make_course(code="PTN", capacity=10, session_count=3, session_minutes=120)


@pytest.fixture
def teacher() -> Person:
    return make_teacher()


def _plan(course: Course, **overrides: Any) -> dict[str, Any]:
    data = {
        "course": str(course.pk),
        "start_on": "۱۴۰۵/۰۹/۰۷",
        "weekdays": ["5", "0"],
        "starts": "16",
        "plan": "1",
    }
    return {**data, **overrides}


def _save(
    course: Course, teacher: Person, room: Room, **overrides: Any
) -> dict[str, Any]:
    """What the browser sends once the three class sessions were planned."""
    data = _plan(course)
    del data["plan"]
    days = ("1405/09/07", "1405/09/09", "1405/09/14")
    data |= {"line-TOTAL_FORMS": "3", "line-INITIAL_FORMS": "3", "save": "1"}
    for number, day in enumerate(days):
        data[f"line-{number}-on"] = day
        data[f"line-{number}-start"] = "16:00"
        data[f"line-{number}-end"] = "18:00"
    data |= {
        "code": "PTN-0509",
        "instructors": [str(teacher.pk)],
        "room": str(room.pk),
        "capacity": "۸",
        "min_to_run": "4",
        "fee_rial": "2,800,000",
        "support_percent": "50",
        "audience": "any",
        "approval": "none",
        "cancel_notice_hours": "24",
        "note_fa": "دفتر و مداد بیاورید",
    }
    return {**data, **overrides}


def test_plan_lists_sessions_and_skipped_days(client: Client, course: Course) -> None:
    Holiday.objects.create(
        on=dt.date(2026, 11, 30), title_fa="تعطیلی آزمایشی", status="estimated"
    )

    response = client.post(NEW, _plan(course))

    text = response.content.decode()
    assert "تعطیلی آزمایشی" in text
    assert "≈" in text
    days = [row.planned.on for row in response.context["rows"] if row.planned]
    assert days == [FIRST, dt.date(2026, 12, 5), dt.date(2026, 12, 7)]
    assert response.context["run_form"].initial["code"] == "PTN-0509"


def test_plan_refuses_a_past_start_and_keeps_what_was_typed(
    client: Client, course: Course
) -> None:
    response = client.post(NEW, _plan(course, start_on="1405/08/01", count="7"))

    assert "start_on" in response.context["plan_form"].errors
    assert 'value="1405/08/01"' in response.content.decode()
    assert 'value="7"' in response.content.decode()
    assert response.context["lines"] is None


def test_plan_needs_a_weekday_and_hours_in_order(
    client: Client, course: Course
) -> None:
    response = client.post(NEW, _plan(course, weekdays=[], ends="15"))

    assert {"weekdays", "ends"} <= response.context["plan_form"].errors.keys()


def test_plan_again_keeps_the_lower_half(
    client: Client, course: Course, teacher: Person
) -> None:
    data = _save(course, teacher, make_room())
    del data["save"]

    response = client.post(NEW, {**data, "plan": "1"})

    text = response.content.decode()
    assert "دفتر و مداد بیاورید" in text
    assert "2,800,000" in text


def test_save_makes_a_draft(client: Client, course: Course, teacher: Person) -> None:
    response = client.post(NEW, _save(course, teacher, make_room()))

    run = CourseRun.objects.get()
    assert response.headers["Location"] == f"/staff/runs/{run.code}/"
    assert run.state == "draft"
    assert (run.offering.capacity, run.offering.fee_rial) == (8, 28_000_000)
    assert [s.wall_on for s in run.sessions.order_by("number")] == [
        FIRST,
        FIRST + dt.timedelta(days=2),
        FIRST + dt.timedelta(days=7),
    ]


def test_save_leaves_out_removed_lines(
    client: Client, course: Course, teacher: Person
) -> None:
    data = _save(course, teacher, make_room(), **{"line-1-is_removed": "on"})

    client.post(NEW, data)

    assert CourseRun.objects.get().sessions.count() == 2


def test_save_twice_makes_one_run(
    client: Client, course: Course, teacher: Person
) -> None:
    data = _save(course, teacher, make_room())
    client.post(NEW, data)

    response = client.post(NEW, data)

    assert "code" in response.context["run_form"].errors
    assert CourseRun.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "line", "field"),
    [
        ({"line-0-on": "1405/08/01"}, 0, "on"),
        ({"line-1-on": "1405/09/07", "line-1-start": "17:00"}, 1, "start"),
        ({"line-2-start": "20:00"}, 2, "end"),
        ({"line-0-start": "16:10"}, 0, "start"),
    ],
)
def test_save_refuses_impossible_lines_at_the_line(
    client: Client,
    course: Course,
    teacher: Person,
    changes: dict[str, str],
    line: int,
    field: str,
) -> None:
    response = client.post(NEW, _save(course, teacher, make_room(), **changes))

    assert field in response.context["lines"].forms[line].errors
    assert "دفتر و مداد بیاورید" in response.content.decode()
    assert not CourseRun.objects.exists()


def test_save_names_who_is_taken_and_the_next_free_time(
    client: Client, course: Course, teacher: Person
) -> None:
    client.post(NEW, _save(course, teacher, make_room()))
    again = _save(course, teacher, make_room(), code="PTN-2")

    response = client.post(NEW, again)

    errors = response.context["lines"].forms[0].errors["start"]
    assert teacher.name in errors[0]
    assert course.title in errors[0]
    assert response.context["run_form"]["note_fa"].value() == "دفتر و مداد بیاورید"
    assert CourseRun.objects.count() == 1


def test_save_names_the_room_that_is_taken(
    client: Client, course: Course, teacher: Person
) -> None:
    room = make_room(name_fa="کارگاه الگوسازی")
    client.post(NEW, _save(course, teacher, room))

    response = client.post(NEW, _save(course, make_teacher(), room, code="PTN-2"))

    assert "کارگاه الگوسازی" in response.context["lines"].forms[0].errors["start"][0]


def test_save_says_which_machines_are_short(client: Client, teacher: Person) -> None:
    kind = MachineKind.objects.create(code="DIG", name_fa="میز دیجیتایزر")
    provide_machines(kind, quantity=1, now=NOW)
    course = create_course(
        code="CAD",
        slug="cad",
        title_fa="طراحی رایانه‌ای",
        level="intro",
        session_count=3,
        session_minutes=120,
        capacity=8,
        machines={kind: 1},
    )
    client.post(NEW, _save(course, teacher, make_room()))

    again = _save(course, make_teacher(), make_room(), code="CAD-2")
    text = client.post(NEW, again).content.decode()

    assert "میز دیجیتایزر" in text
    assert CourseRun.objects.count() == 1


def test_save_refuses_a_room_that_is_too_small(
    client: Client, course: Course, teacher: Person
) -> None:
    response = client.post(NEW, _save(course, teacher, make_room(capacity=4)))

    assert "room" in response.context["run_form"].errors


def test_run_pages_are_not_there_for_others(course: Course) -> None:
    run = make_run(course=course)
    paths = ["/staff/runs/", NEW, f"/staff/runs/{run.code}/"]
    others = [applicant_client(), teacher_client(make_teacher())]

    for path in paths:
        assert Client().get(path).status_code == 302
        assert {c.get(path).status_code for c in others} == {404}
    assert reception().get(NEW).status_code == 404
    assert reception().get("/staff/runs/").status_code == 200


def test_run_list_shows_fill_minimum_and_waiting(client: Client) -> None:
    run = make_run(course=make_course(capacity=1))
    enrol_one(run)
    wait_one(run)

    response = client.get("/staff/runs/")

    row = response.context["rows"][0]
    assert row.run == run
    assert "۱ از ۱" in response.content.decode() or "1" in response.content.decode()
    assert row.next == run.sessions.get(number=1)


def test_run_list_asks_as_often_for_three_runs(client: Client) -> None:
    enrol_one(make_run())
    count = query_count(client, "/staff/runs/")
    for _number in range(2):
        enrol_one(make_run())

    assert query_count(client, "/staff/runs/") == count


def test_run_page_asks_as_often_for_three_people(client: Client) -> None:
    run = make_run(course=make_course(capacity=3))
    path = f"/staff/runs/{run.code}/"
    enrol_one(run)
    count = query_count(client, path)
    enrol_one(run)
    enrol_one(run)

    assert query_count(client, path) == count


def test_run_page_shows_line_and_offer(client: Client) -> None:
    run = make_run(course=make_course(capacity=1))
    booking = enrol_one(run)
    first, second = wait_one(run), wait_one(run)
    data = {"reason": "درخواست تلفنی"}

    cancelled = client.post(f"/staff/bookings/{booking.pk}/cancel/", data)

    assert cancelled.status_code == 302
    waiting = client.get(f"/staff/runs/{run.code}/").context["waiting"]
    assert [w.people[0].person for w in waiting] == [first, second]
    assert waiting[0].offer is not None
    assert waiting[1].place == 1


def test_run_page_finds_people(client: Client) -> None:
    run = make_run(course=make_course(capacity=3))
    path = f"/staff/runs/{run.code}/"
    one, other = enrol_one(run, name="نسرین کفاش"), enrol_one(run, name="مریم دوزنده")
    assert one.person is not None
    phone = "۰" + one.person.contact_phone.removeprefix("+98")

    for query in ("كفاش", phone, one.party.reference.lower()):
        found = list(client.get(path, {"q": query}).context["bookings"])
        assert found == [one], query
    assert other in client.get(path).context["bookings"]


def test_publish_opens_the_run_once(client: Client) -> None:
    run = make_run(is_published=False)

    client.post(f"/staff/runs/{run.code}/publish/")
    client.post(f"/staff/runs/{run.code}/publish/")

    run.refresh_from_db()
    assert run.state == "published"


def test_reception_may_not_publish_or_cancel() -> None:
    run = make_run(is_published=False)
    client = reception()

    for act in ("publish", "capacity", "cancel"):
        assert client.post(f"/staff/runs/{run.code}/{act}/").status_code == 404
    run.refresh_from_db()
    assert run.state == "draft"


def test_capacity_below_taken_is_refused_at_the_field(client: Client) -> None:
    run = make_run(course=make_course(capacity=2))
    enrol_one(run)
    enrol_one(run)
    path = f"/staff/runs/{run.code}/capacity/"

    refused = client.post(path, {"capacity": "1"})

    assert "۲" in refused.context["capacity_form"].errors["capacity"][0]
    assert client.post(path, {"capacity": "۵"}).status_code == 302
    run.offering.refresh_from_db()
    assert run.offering.capacity == 5


def test_cancel_run_says_how_many_and_tells_them(client: Client) -> None:
    run = make_run(course=make_course(capacity=1))
    enrol_one(run)
    wait_one(run)
    path = f"/staff/runs/{run.code}/cancel/"

    assert client.get(path).context["told"] == 2
    refused = client.post(path, {"reason": " "})
    assert "reason" in refused.context["form"].errors
    OutboxMessage.objects.all().delete()
    client.post(path, {"reason": "مدرس بیمار است"})

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert OutboxMessage.objects.count() >= 2


def _caller(**overrides: str) -> dict[str, str]:
    data = {
        "phone": "۰۹۹۹ ۰۰۰ ۱۲۳۴",
        "name": "رقیه پستایی‌دوز",
        "firm": "کفش نمونه",
        "gender": "f",
        "key": "5f1d7f3e-3b0a-4c54-9a35-8d4c8f4e3b11",
    }
    return {**data, **overrides}


def test_caller_is_booked_once_by_a_double_tap() -> None:
    run = make_run()
    path = f"/staff/runs/{run.code}/book/"
    client = reception()
    assert client.get(path).status_code == 200

    for _tap in range(2):
        assert client.post(path, _caller()).status_code == 302

    booking = Reservation.objects.get()
    assert booking.person is not None
    assert booking.person.contact_phone == "+989990001234"
    assert booking.person.managed_by is None
    assert str(booking.firm) == "کفش نمونه"
    assert OutboxMessage.objects.filter(recipient="+989990001234").exists()


def test_caller_for_a_full_run_joins_the_line() -> None:
    run = make_run(course=make_course(capacity=1))
    enrol_one(run)
    path = f"/staff/runs/{run.code}/book/"
    client = reception()

    refused = client.post(path, {**_caller(), "book": "1"})
    assert refused.context["form"].non_field_errors()
    assert "رقیه پستایی‌دوز" in refused.content.decode()
    assert not Person.objects.filter(contact_phone="+989990001234").exists()
    client.post(path, {**_caller(), "wait": "1"})

    assert WaitingEntry.objects.count() == 1


def test_caller_with_a_wrong_number_gets_a_sentence_at_the_field() -> None:
    run = make_run()

    response = reception().post(f"/staff/runs/{run.code}/book/", _caller(phone="0912"))

    assert "phone" in response.context["form"].errors
    assert "رقیه پستایی‌دوز" in response.content.decode()


def test_booking_cancel_is_only_for_living_places(client: Client) -> None:
    booking = enrol_one(make_run())
    path = f"/staff/bookings/{booking.pk}/cancel/"
    assert "reason" in client.post(path, {}).context["form"].errors

    client.post(path, {"reason": "تماس گرفت"})

    assert client.get(path).status_code == 404
    booking.refresh_from_db()
    assert (booking.state, booking.end_reason) == ("cancelled", "تماس گرفت")
