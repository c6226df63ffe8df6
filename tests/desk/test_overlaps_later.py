"""Own bookings at the same time, where a place or a time comes after the form."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Person, User
from booking.models import Offer, Reservation, WaitingEntry
from booking.services.parties import cancel_reservation
from booking.services.waiting import offer_link_secret
from consulting.addresses import write_moment
from consulting.models import Service
from courses.models import CourseRun
from courses.services.enrolment import join_waiting_list
from tests.consulting.helpers import at, book_one, make_booker, meeting_of, violations
from tests.consulting.waiting import free, looking, offer_to
from tests.desk.people import reception
from tests.desk.test_overlaps import WARNED, appointed, enrolled
from tests.factories import NOW, make_course, make_plan, make_run, make_service
from tests.signing import sign_in

pytestmark = pytest.mark.django_db
ACCEPT = {"answer": "accept"}
MEANT = {"overlap_ok": "on"}


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def tuesdays(**overrides: int) -> CourseRun:
    """Three Tuesdays from 24 November on, 9:00 to 12:00."""
    sessions = make_plan(
        start_on=dt.date(2026, 11, 24),
        weekdays=[1],
        start_time=dt.time(9),
        end_time=dt.time(12),
    )
    return make_run(sessions=sessions, course=make_course(**overrides))


@pytest.fixture
def service() -> Service:
    return make_service(slug="fit")


@pytest.fixture
def booker(client: Client) -> tuple[User, Person]:
    user, person = make_booker()
    sign_in(client, user)
    return user, person


@pytest.fixture
def offered(service: Service, booker: tuple[User, Person]) -> Offer:
    """A place that is offered to somebody who booked a consultation meanwhile."""
    user, person = booker
    run = tuesdays(capacity=1)
    first = enrolled(run, *make_booker())
    entry = join_waiting_list(
        run_id=run.pk, booker=user, people=[person], key=uuid.uuid4(), now=NOW
    )
    appointed(service, user, person, at(10))
    cancel_reservation(reservation_id=first.pk, by=None, by_centre=True, now=NOW)
    return Offer.objects.open().get(entry=entry)


def state_of(entry: WaitingEntry) -> str:
    entry.refresh_from_db()
    return entry.state


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_link_of_an_offer_names_what_was_booked_meanwhile(
    client: Client, offered: Offer
) -> None:
    secret = offer_link_secret(offered)
    page, accept = (
        reverse(f"courses:{name}", args=[secret]) for name in ("offer", "accept_offer")
    )
    visitor = Client()

    shown = page_of(visitor, page)
    visitor.post(accept)
    waited = state_of(offered.entry)
    visitor.post(accept, MEANT)

    assert WARNED in shown
    assert 'name="overlap_ok"' in shown
    assert waited == "offered"
    assert state_of(offered.entry) == "taken"
    assert violations() == []


def test_page_of_the_booking_warns_before_accepting(
    client: Client, offered: Offer
) -> None:
    reference = offered.entry.party.reference
    page, answer = (
        reverse(f"desk:{name}", args=[reference])
        for name in ("booking", "answer_offer")
    )

    shown = page_of(client, page)
    client.post(answer, ACCEPT)
    waited = state_of(offered.entry)
    client.post(answer, {**ACCEPT, **MEANT})

    assert WARNED in shown
    assert (waited, state_of(offered.entry)) == ("offered", "taken")


def test_reception_is_warned_before_it_passes_the_answer_on(offered: Offer) -> None:
    staff = reception()
    page = reverse("desk:staff_turn", args=[offered.entry_id])
    answer = reverse("desk:staff_turn_answer", args=[offered.entry_id])

    shown = page_of(staff, page)
    staff.post(answer, ACCEPT)
    waited = state_of(offered.entry)
    staff.post(answer, {**ACCEPT, **MEANT})

    assert WARNED in shown
    assert (waited, state_of(offered.entry)) == ("offered", "taken")


def test_offer_without_an_overlap_takes_one_tap(
    client: Client, offered: Offer, booker: tuple[User, Person]
) -> None:
    own = Reservation.objects.live().get(person=booker[1], offering__kind="meeting")
    cancel_reservation(reservation_id=own.pk, by=booker[0], now=NOW)
    secret = offer_link_secret(offered)

    shown = page_of(client, reverse("courses:offer", args=[secret]))
    client.post(reverse("courses:accept_offer", args=[secret]))

    assert "overlap_ok" not in shown
    assert state_of(offered.entry) == "taken"


def test_earlier_time_names_the_class_at_the_same_time(
    client: Client, service: Service, booker: tuple[User, Person]
) -> None:
    user, person = booker
    enrolled(tuesdays(), user, person)
    booked = book_one(service, at(10))
    wish = looking(service, person=person, by=user)
    free(booked)
    offer = offer_to(wish)
    page = reverse("consulting:earlier_offer", args=[offer.secret])
    accept = reverse("consulting:accept_earlier", args=[offer.secret])

    shown = page_of(client, page)
    client.post(accept)
    offer.refresh_from_db()
    waited = offer.state
    client.post(accept, MEANT)
    offer.refresh_from_db()

    assert WARNED in shown
    assert (waited, offer.state) == ("open", "taken")


def test_moving_an_appointment_warns_and_moves_when_it_is_meant(
    client: Client, service: Service, booker: tuple[User, Person]
) -> None:
    user, person = booker
    run = tuesdays()
    enrolled(run, user, person)
    place = appointed(service, user, person, at(11))
    url = reverse("consulting:move", args=[place.party.reference])
    tap = {"slot": write_moment(at(10))}

    warned = client.post(url, tap)
    stayed = meeting_of(place).starts_at
    client.post(url, {**tap, **MEANT})

    assert warned.status_code == 200
    assert f"«{run.title}»" in warned.content.decode()
    assert 'name="overlap_ok"' in warned.content.decode()
    assert (stayed, meeting_of(place).starts_at) == (at(11), at(10))
    assert violations() == []


def test_moving_to_another_run_warns_of_an_appointment(
    client: Client, service: Service, booker: tuple[User, Person]
) -> None:
    user, person = booker
    here = make_run()
    plan = make_plan(
        start_on=dt.date(2026, 11, 24),
        weekdays=[1],
        start_time=dt.time(9),
        end_time=dt.time(12),
    )
    there = make_run(course=here.course, sessions=plan)
    place = enrolled(here, user, person)
    appointed(service, user, person, at(10))
    url = reverse("desk:move_place", args=[place.party.reference, place.pk])

    warned = client.post(url, {"run": there.code})
    place.refresh_from_db()
    stayed = place.state
    client.post(url, {"run": there.code, **MEANT})
    place.refresh_from_db()

    assert WARNED in warned.content.decode()
    assert (stayed, place.state) == ("confirmed", "transferred")
    assert violations() == []


@pytest.mark.parametrize("button", ["book", "wait"])
def test_reception_is_warned_when_it_books_a_caller(
    service: Service, booker: tuple[User, Person], button: str
) -> None:
    user, person = booker
    appointed(service, user, person, at(10))
    run = tuesdays(capacity=1)
    if button == "wait":
        enrolled(run, *make_booker())
    staff = reception()
    url = reverse("desk:staff_run_book", args=[run.code])
    told = {
        "key": uuid.uuid4(),
        "phone": person.contact_phone,
        "name": person.name,
        button: "1",
    }

    refused = staff.post(url, told)
    stands = Reservation.objects.filter(offering=run.offering, person=person)
    before = stands.count()
    accepted = staff.post(url, {**told, **MEANT})

    assert WARNED in refused.content.decode()
    assert 'name="overlap_ok"' in refused.content.decode()
    assert (before, accepted.status_code, stands.count()) == (0, 302, 1)
