"""Changing, adding and calling off class sessions on the pages of staff."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import TeachingProfile
from courses.models import CourseRun
from tests.desk.people import enrol_one, make_teacher, planner
from tests.factories import NOW, make_room, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    return planner()


def test_move_session_tells_and_refuses_at_the_field(client: Client) -> None:
    run = make_run()
    enrol_one(run)
    session = run.sessions.get(number=1)
    path = f"/staff/sessions/{session.pk}/move/"
    page = client.get(path)

    past = client.post(path, _place(run, on="1405/08/01"))
    clash = client.post(path, _place(run, on="1405/09/14", start="17", end="21"))
    small = client.post(path, _place(run, room=make_room(capacity=1).pk))
    moved = client.post(path, _place(run, on="1405/09/08"))

    assert page.context["told"] == 1
    assert "on" in past.context["form"].errors
    assert "start" in clash.context["form"].errors
    assert "room" in small.context["form"].errors
    assert moved.status_code == 302
    session.refresh_from_db()
    assert session.wall_on == dt.date(2026, 11, 29)


def _place(run: CourseRun, **overrides: Any) -> dict[str, Any]:
    """The form of the first class session as it is: a Saturday, 16:00 to 20:00."""
    data = {
        "on": "1405/09/07",
        "start": "16",
        "end": "20",
        "room": run.room_id,
        "instructors": [person.pk for person in run.instructors.all()],
    }
    return {**data, **overrides}


def test_session_gets_another_room_and_a_substitute(client: Client) -> None:
    run = make_run()
    session = run.sessions.get(number=1)
    room, substitute = make_room(name_fa="کلاس دو"), make_teacher()
    path = f"/staff/sessions/{session.pk}/move/"

    nobody = client.post(path, _place(run, instructors=[]))
    fields = _place(run, room=room.pk, instructors=[substitute.pk])
    client.post(path, fields)
    page = client.get(f"/staff/runs/{run.code}/").content.decode()

    assert "instructors" in nobody.context["form"].errors
    session.refresh_from_db()
    assert session.room == room
    assert list(session.instructors.all()) == [substitute]
    assert "کلاس دو" in page
    assert substitute.name in page


def test_instructors_are_named_in_the_language_of_the_page(client: Client) -> None:
    run, teacher = make_run(), make_teacher()
    TeachingProfile.objects.filter(person=teacher).update(name_en="Akbar Hesabdan")
    path = f"/staff/runs/{run.code}/sessions/new/"

    persian = client.get(path).content.decode()
    client.cookies["language"] = "en"
    english = client.get(path).content.decode()

    assert teacher.name in persian
    assert "Akbar Hesabdan" in english
    assert teacher.name not in english


def test_session_is_added_a_week_after_the_last(client: Client) -> None:
    run = make_run()
    enrol_one(run)
    path = f"/staff/runs/{run.code}/sessions/new/"
    page = client.get(path)

    fields = _place(run, on="1405/09/28", key=uuid.uuid4())
    added = [client.post(path, fields) for _tap in range(2)]

    assert "۱۴۰۵/۰۹/۲۸" in page.content.decode()
    assert page.context["told"] == 1
    assert [response.status_code for response in added] == [302, 302]
    assert run.sessions.count() == 4


def test_added_session_refuses_at_the_field(client: Client) -> None:
    run = make_run()
    path = f"/staff/runs/{run.code}/sessions/new/"

    overlap = client.post(path, _place(run, key=uuid.uuid4()))
    past = client.post(path, _place(run, key=uuid.uuid4(), on="1405/08/01"))

    assert "start" in overlap.context["form"].errors
    assert "on" in past.context["form"].errors
    assert run.sessions.count() == 3


def test_cancel_session_needs_a_reason(client: Client) -> None:
    session = make_run().sessions.get(number=1)
    path = f"/staff/sessions/{session.pk}/cancel/"

    refused = client.post(path, {"reason": ""})
    done = client.post(path, {"reason": "قطع برق"}, follow=True)

    assert "reason" in refused.context["form"].errors
    said = f'<a href="/staff/sessions/{session.pk}/reach/">'
    assert said in done.content.decode()
    session.refresh_from_db()
    assert session.state == "cancelled"
