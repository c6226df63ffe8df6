from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, User
from accounts.services import add_managed_person
from booking.services.parties import cancel_reservation
from courses.services.enrolment import enrol
from courses.services.schedule import move_class_session
from tests.consulting.helpers import book_one, slots_of
from tests.desk.people import applicant_client, make_teacher, teacher_client, user_of
from tests.factories import NOW, make_run, make_service

pytestmark = pytest.mark.django_db

CALENDAR = "/calendar/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def client() -> Client:
    return applicant_client()


@pytest.fixture
def user(client: Client) -> User:
    return user_of(client)


def create(client: Client, kind: str = "person") -> str:
    """The path of a new private address."""
    page = client.post(CALENDAR, {"kind": kind, "action": "create"}).content.decode()
    found = re.search(r">http[^<]*(/calendar/[a-z0-9]+\.ics)<", page)
    assert found
    return found[1]


def feed(path: str) -> str:
    response = Client().get(path)
    assert response.status_code == 200
    return response.content.decode().replace("\r\n ", "")


def book(user: User, *people: Person) -> int:
    reservations = enrol(
        run_id=make_run().pk,
        booker=user,
        people=people or [user.person],
        key="00000000-0000-4000-8000-000000000001",  # type: ignore[arg-type]
        now=NOW,
    )
    return reservations[0].pk


def test_opening_the_page_makes_no_address(client: Client) -> None:
    page = client.get(CALENDAR).content.decode()

    assert ".ics" not in page


def test_address_is_shown_once(client: Client) -> None:
    path = create(client)

    assert path not in client.get(CALENDAR).content.decode()
    assert feed(path).startswith("BEGIN:VCALENDAR")


def test_feed_joins_courses_appointments_and_managed_persons(
    client: Client, user: User
) -> None:
    worker = add_managed_person(by=user, name="یاسین بندکفشی", now=NOW)
    book(user, user.person, worker)
    service = make_service()
    book_one(service, slots_of(service)[0].starts_at, booker=user, person=user.person)

    text = feed(create(client))

    assert text.count("BEGIN:VEVENT") == 3 + 3 + 1
    assert "یاسین بندکفشی" in text


def test_feed_shows_changes(
    client: Client, user: User, clock: time_machine.Coordinates
) -> None:
    pk = book(user)
    path = create(client)
    session = user.person.reservations.get(pk=pk).offering.course_run.sessions.get(
        number=1
    )
    assert "DTSTART;TZID=Asia/Tehran:20261128T160000" in feed(path)

    move_class_session(
        session_id=session.pk,
        on=session.wall_on,
        start=dt.time(17),
        end=dt.time(21),
        by=None,
        now=NOW,
    )

    assert "DTSTART;TZID=Asia/Tehran:20261128T170000" in feed(path)


def test_feed_marks_what_was_cancelled(client: Client, user: User) -> None:
    pk = book(user)
    path = create(client)

    cancel_reservation(reservation_id=pk, by=user, now=NOW)

    assert feed(path).count("STATUS:CANCELLED") == 3


def test_revoked_address_is_not_found(client: Client) -> None:
    path = create(client)

    client.post(CALENDAR, {"kind": "person", "action": "revoke"})

    assert Client().get(path).status_code == 404


def test_new_address_silences_the_old_one(client: Client) -> None:
    old = create(client)

    create(client)

    assert Client().get(old).status_code == 404


def test_teacher_has_a_second_feed() -> None:
    teacher = make_teacher()
    make_run(instructors=[teacher])

    text = feed(create(teacher_client(teacher), "teacher"))

    assert text.count("BEGIN:VEVENT") == 3


def test_feed_of_teachers_is_not_for_others(client: Client) -> None:
    response = client.post(CALENDAR, {"kind": "teacher", "action": "create"})

    assert response.status_code == 404
