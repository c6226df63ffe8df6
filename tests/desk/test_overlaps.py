"""One's own bookings at the same time, over both apps: a warning, never a wall."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, User
from accounts.services import add_managed_person, record_consent
from booking.models import BusyCell, Reservation, ReservationState
from booking.overlaps import own_overlaps, party_overlaps
from booking.services.parties import cancel_reservation
from consulting.addresses import write_moment
from consulting.models import Service
from consulting.services.appointments import book_appointment
from courses.models import CourseRun
from courses.services.enrolment import enrol
from tests.consulting.helpers import at, make_booker, violations
from tests.factories import NOW, make_plan, make_run, make_service
from tests.signing import sign_in

pytestmark = pytest.mark.django_db
WARNED = "در همین زمان نوبت دیگری هم هست"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def run() -> CourseRun:
    """Three Tuesdays from 24 November on, 9:00 to 12:00."""
    sessions = make_plan(
        start_on=dt.date(2026, 11, 24),
        weekdays=[1],
        start_time=dt.time(9),
        end_time=dt.time(12),
    )
    return make_run(sessions=sessions)


@pytest.fixture
def service() -> Service:
    return make_service(slug="fit")


@pytest.fixture
def booker(client: Client) -> tuple[User, Person]:
    """Somebody with a name and consent, signed in with `client`."""
    user, person = make_booker()
    record_consent(person=person, kind="booking", given_by=user, now=NOW)
    sign_in(client, user)
    return user, person


def enrolled(run: CourseRun, user: User, person: Person) -> Reservation:
    return enrol(
        run_id=run.pk, booker=user, people=[person], key=uuid.uuid4(), now=NOW
    )[0]


def appointed(
    service: Service, user: User, person: Person, starts_at: dt.datetime
) -> Reservation:
    return book_appointment(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=starts_at,
        booker=user,
        person=person,
        key=uuid.uuid4(),
        now=NOW,
    )


def form(**fields: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "who": "me", "no_firm": "on", **fields}


def test_course_form_names_the_appointment_at_the_same_time(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    appointed(service, *booker, at(10))
    path = f"/runs/{run.code}/book/"

    page = client.get(path).content.decode()

    assert WARNED in page
    assert f"«{service.title}»: سه‌شنبه ۳ آذر، ۱۰:۰۰ تا ۱۱:۰۰" in page


def test_course_form_books_over_an_appointment_only_when_it_is_meant(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    appointed(service, *booker, at(10))
    path = f"/runs/{run.code}/book/"
    sent = form(job="الگوساز")
    cells = BusyCell.objects.count()

    refused = client.post(path, sent)
    taken = Reservation.objects.filter(offering=run.offering_id).count()
    accepted = client.post(path, {**sent, "overlap_ok": "on"})

    assert refused.status_code == 200
    assert refused.context["form"].errors["overlap_ok"]
    assert WARNED in refused.content.decode()
    assert "الگوساز" in refused.content.decode()
    assert taken == 0
    assert accepted.status_code == 302
    booked = Reservation.objects.get(offering=run.offering_id)
    assert booked.state == ReservationState.CONFIRMED
    # The learner is not a resource: no time of theirs is taken.
    assert BusyCell.objects.count() == cells
    assert violations() == []


def test_second_tap_of_an_accepted_overlap_gives_the_same_booking(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    appointed(service, *booker, at(10))
    sent = form(overlap_ok="on")

    first = client.post(f"/runs/{run.code}/book/", sent)
    again = client.post(f"/runs/{run.code}/book/", form(key=sent["key"]))

    assert first.headers["Location"] == again.headers["Location"]
    assert Reservation.objects.filter(offering=run.offering_id).count() == 1


def test_consulting_form_warns_of_a_class_session(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    enrolled(run, *booker)
    path = f"/consulting/fit/book/?mode=phone&at={write_moment(at(9))}"
    sent = {"key": uuid.uuid4(), "who": "me"}

    page = client.get(path).content.decode()
    refused = client.post(path, sent)
    accepted = client.post(path, {**sent, "overlap_ok": "on"})

    assert WARNED in page
    assert f"«{run.title}»" in page
    assert refused.context["form"].errors["overlap_ok"]
    assert accepted.status_code == 302
    assert violations() == []


def test_waiting_list_warns_too(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    for _ in range(run.offering.capacity):
        enrolled(run, *make_booker())
    appointed(service, *booker, at(10))

    refused = client.post(f"/runs/{run.code}/wait/", form())
    accepted = client.post(f"/runs/{run.code}/wait/", form(overlap_ok="on"))

    assert refused.context["form"].errors["overlap_ok"]
    assert accepted.status_code == 302


def test_time_before_and_after_does_not_overlap(
    run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    user, person = booker
    appointed(service, user, person, at(10))

    def found(start: dt.datetime, end: dt.datetime) -> int:
        intervals = [(start, end)]
        return len(own_overlaps(person=person, seen_by=user, intervals=intervals))

    assert found(at(9), at(10)) == 0
    assert found(at(11), at(12)) == 0
    assert found(at(10, 45), at(12)) == 1


def test_people_of_a_party_are_asked_about_together(
    service: Service, booker: tuple[User, Person], django_assert_num_queries: Any
) -> None:
    user, person = booker
    child = add_managed_person(by=user, name="نرگس صالحی", phone="", now=NOW)
    record_consent(person=child, kind="booking", given_by=user, now=NOW)
    stranger, friend = make_booker()
    appointed(service, user, person, at(10))
    appointed(service, user, child, at(11))
    appointed(service, stranger, friend, at(9))
    people, day = [person, child, friend], [(at(9), at(14))]

    with django_assert_num_queries(2):
        own = party_overlaps(people=people, seen_by=user, intervals=day)
    every = party_overlaps(people=people, seen_by=None, intervals=day)

    assert [other.starts_at for other in own] == [at(10), at(11)]
    assert [other.starts_at for other in every] == [at(9), at(10), at(11)]


def test_cancelled_booking_does_not_overlap(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    user, person = booker
    appointment = appointed(service, user, person, at(10))
    cancel_reservation(
        reservation_id=appointment.pk, by=user, by_centre=True, reason="-", now=NOW
    )

    assert client.post(f"/runs/{run.code}/book/", form()).status_code == 302


def test_nobody_learns_what_another_person_has_booked(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    stranger, person = make_booker()
    appointed(service, stranger, person, at(10))
    sent = form(who="other", name=person.name, phone=person.contact_phone, consent="on")

    assert client.post(f"/runs/{run.code}/book/", sent).status_code == 302


def test_booker_is_warned_for_a_person_they_manage(
    client: Client, run: CourseRun, service: Service, booker: tuple[User, Person]
) -> None:
    user, _own = booker
    worker = add_managed_person(by=user, name="کارگر نمونه", phone="", now=NOW)
    appointed(service, user, worker, at(10))
    sent = form(who="other", name="کارگر نمونه", phone="", consent="on")

    refused = client.post(f"/runs/{run.code}/book/", sent)

    assert refused.context["form"].errors["overlap_ok"]
