from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from booking.models import TimeBlock
from courses.models import Attendance, CourseRun
from courses.planner import PlannedSession
from courses.services.schedule import cancel_class_session
from tests.desk.people import (
    applicant_client,
    enrol_one,
    make_teacher,
    query_count,
    reception,
    teacher_client,
)
from tests.factories import NOW, make_course, make_run

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 22)
TOMORROW = TODAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def teacher() -> Person:
    return make_teacher()


@pytest.fixture
def client(teacher: Person) -> Client:
    return teacher_client(teacher)


@pytest.fixture
def run(teacher: Person) -> CourseRun:
    """A run whose first class session is this afternoon."""
    return _run(teacher)


def _run(teacher: Person, *, hour: int = 16) -> CourseRun:
    sessions = [
        PlannedSession(day, dt.time(hour), dt.time(hour + 2))
        for day in (TODAY, TOMORROW)
    ]
    course = make_course(capacity=10)
    return make_run(course=course, instructors=[teacher], sessions=sessions)


def _text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def _roll_path(run: CourseRun) -> str:
    session = run.sessions.get(number=1)
    return f"/teach/sessions/{session.pk}/roll/"


def test_today_shows_class_room_hours_count_and_newcomers(
    client: Client, run: CourseRun
) -> None:
    enrol_one(run, name="نسرین چرم‌ساز")

    text = _text(client, "/teach/")

    assert run.title in text
    assert str(run.room) in text
    assert "۱۶:۰۰ تا ۱۸:۰۰" in text
    assert "نسرین چرم‌ساز" in text
    assert _roll_path(run) in text


def test_today_shows_only_own_classes(client: Client) -> None:
    other = _run(make_teacher())

    assert other.code not in _text(client, "/teach/")


@pytest.mark.parametrize("path", ["/teach/", "/teach/time-off/"])
def test_teaching_pages_are_not_there_for_others(path: str) -> None:
    assert applicant_client().get(path).status_code == 404
    assert reception().get(path).status_code == 404
    assert Client().get(path).status_code == 302


def test_today_asks_as_often_for_three_runs(client: Client, teacher: Person) -> None:
    enrol_one(_run(teacher, hour=11))
    count = query_count(client, "/teach/")
    for hour in (14, 16):
        extra = _run(teacher, hour=hour)
        enrol_one(extra)
        enrol_one(extra)

    assert query_count(client, "/teach/") == count


def test_roster_has_phone_links(client: Client, run: CourseRun) -> None:
    booking = enrol_one(run)
    assert booking.person is not None

    text = _text(client, f"/teach/runs/{run.code}/")

    assert f"tel:{booking.person.contact_phone}" in text
    assert booking.person.name in text


def test_roster_is_not_there_for_another_instructor(run: CourseRun) -> None:
    other = teacher_client(make_teacher())

    assert other.get(f"/teach/runs/{run.code}/").status_code == 404
    assert other.get(_roll_path(run)).status_code == 404
    assert other.post(_roll_path(run), {"start": "1"}).status_code == 404


def test_roll_start_marks_everyone_present(client: Client, run: CourseRun) -> None:
    enrol_one(run)
    enrol_one(run)
    path = _roll_path(run)
    assert not Attendance.objects.exists()

    client.get(path)
    assert not Attendance.objects.exists()
    response = client.post(path, {"start": "1"}, follow=True)

    assert response.status_code == 200
    assert set(Attendance.objects.values_list("mark", flat=True)) == {"present"}


def test_roll_saves_all_marks_with_one_post(client: Client, run: CourseRun) -> None:
    one, two = enrol_one(run), enrol_one(run)

    response = client.post(
        _roll_path(run), {f"mark-{one.pk}": "absent", f"mark-{two.pk}": "late"}
    )

    assert response.status_code == 302
    marks = dict(Attendance.objects.values_list("reservation_id", "mark"))
    assert marks == {one.pk: "absent", two.pk: "late"}


def test_roll_saves_one_row_with_htmx(client: Client, run: CourseRun) -> None:
    one, two = enrol_one(run), enrol_one(run)

    response = client.post(
        _roll_path(run),
        {f"mark-{one.pk}": "absent", f"mark-{two.pk}": "late"},
        headers={"HX-Request": "true", "HX-Trigger-Name": f"mark-{one.pk}"},
    )

    assert "<html" not in response.content.decode()
    assert dict(Attendance.objects.values_list("reservation_id", "mark")) == {
        one.pk: "absent"
    }


def test_roll_ignores_who_is_not_enrolled(client: Client, run: CourseRun) -> None:
    stranger = enrol_one(_run(make_teacher()))

    client.post(_roll_path(run), {f"mark-{stranger.pk}": "absent"})

    assert not Attendance.objects.exists()


def test_roll_is_open_until_the_next_day(
    client: Client, run: CourseRun, clock: time_machine.Traveller
) -> None:
    one = enrol_one(run)
    path = _roll_path(run)
    data = {f"mark-{one.pk}": "absent"}

    clock.move_to(NOW - dt.timedelta(days=1))
    early = client.post(path, data).content.decode()
    clock.move_to(NOW + dt.timedelta(days=1))
    client.post(path, data)
    assert Attendance.objects.get().mark == "absent"
    clock.move_to(NOW + dt.timedelta(days=2))
    late = client.post(path, {f"mark-{one.pk}": "present"}).content.decode()

    assert "The roll opens on the day" in early or "روز" in early
    assert Attendance.objects.get().mark == "absent"
    assert "note-bad" in late


def test_roll_of_a_cancelled_session_is_refused(client: Client, run: CourseRun) -> None:
    one = enrol_one(run)
    session = run.sessions.get(number=1)
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)

    client.post(_roll_path(run), {f"mark-{one.pk}": "present"})

    assert not Attendance.objects.exists()


def test_roll_can_be_mended_by_reception(run: CourseRun) -> None:
    one = enrol_one(run)

    response = reception().post(_roll_path(run), {f"mark-{one.pk}": "late"})

    assert response.status_code == 302
    assert Attendance.objects.get().mark == "late"


def test_time_off_shows_who_is_affected_before_saving(
    client: Client, run: CourseRun
) -> None:
    enrol_one(run)
    enrol_one(run)
    data = {"first_on": "۱۴۰۵/۰۹/۰۲", "whole_day": "on", "reason": "سفر"}

    checked = client.post("/teach/time-off/", data)

    assert checked.context["people"] == 2
    assert not TimeBlock.objects.filter(kind="leave").exists()
    saved = client.post("/teach/time-off/", {**data, "seen": checked.context["seen"]})
    assert saved.status_code == 302
    assert TimeBlock.objects.get(kind="leave").reason == "سفر"


def test_time_off_is_checked_again_when_the_time_changed(client: Client) -> None:
    data = {"first_on": "1405/09/02", "starts": "8", "ends": "12"}
    seen = client.post("/teach/time-off/", data).context["seen"]

    again = client.post("/teach/time-off/", {**data, "ends": "13", "seen": seen})

    assert again.status_code == 200
    assert not TimeBlock.objects.filter(kind="leave").exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"first_on": "1405/08/01", "whole_day": "on"}, "first_on"),
        ({"first_on": "1405/09/05", "starts": "12", "ends": "8"}, "ends"),
        ({"first_on": "1405/09/05"}, "starts"),
        ({"first_on": "2026-11-30", "whole_day": "on"}, "first_on"),
        (
            {"first_on": "1405/09/05", "last_on": "1405/09/03", "whole_day": "on"},
            "last_on",
        ),
    ],
)
def test_time_off_refuses_nonsense_at_the_field(
    client: Client, data: dict[str, str], field: str
) -> None:
    response = client.post("/teach/time-off/", {**data, "reason": "سفر به تبریز"})

    assert field in response.context["form"].errors
    assert "سفر به تبریز" in response.content.decode()


def test_time_off_is_taken_back_only_by_its_person(client: Client) -> None:
    data = {"first_on": "1405/09/05", "whole_day": "on"}
    seen = client.post("/teach/time-off/", data).context["seen"]
    client.post("/teach/time-off/", {**data, "seen": seen})
    block = TimeBlock.objects.get(kind="leave")
    path = f"/teach/time-off/{block.pk}/end/"

    assert teacher_client(make_teacher()).post(path).status_code == 404
    assert client.post(path).status_code == 302
    block.refresh_from_db()
    assert block.ended_at == NOW
