from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from accounts.services import record_consent
from booking.models import Reservation
from booking.services.approval import approve, expire_requests, refuse
from booking.services.parties import cancel_reservation
from consulting.addresses import write_moment
from consulting.exceptions import ConsultingError
from consulting.models import Meeting, Service
from consulting.services.earlier.answers import accept_offer
from consulting.services.meetings import move_appointment
from tests.consulting.helpers import (
    at,
    book_one,
    kinds_to,
    make_booker,
    meeting_of,
    starts_of,
    violations,
)
from tests.consulting.waiting import free, looking, offer_to
from tests.factories import NOW, make_service, make_user
from tests.signing import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def service() -> Service:
    return make_service(slug="fit", needs_approval=True)


@pytest.fixture
def booker(client: Client) -> Person:
    user, person = make_booker()
    record_consent(person=person, kind="booking", given_by=user, now=NOW)
    sign_in(client, user)
    return person


def ask(service: Service) -> Reservation:
    return book_one(service, at(9), by_centre=False)


def test_request_keeps_the_time_and_is_made_firm(service: Service) -> None:
    asked = ask(service)
    free = starts_of(service)

    approve(reservation_id=asked.pk, by=make_user(), now=NOW)

    assert asked.state == "pending"
    assert asked.approval_until == at(6)
    assert at(9) not in free
    assert kinds_to(asked.person.contact_phone) == [  # type: ignore[union-attr]
        "appointment_asked",
        "appointment_approved",
    ]
    assert violations() == []


@pytest.mark.parametrize("ends", ["refused", "expired", "cancelled"])
def test_time_is_free_again_when_a_request_ends(service: Service, ends: str) -> None:
    asked = ask(service)
    meeting = meeting_of(asked)

    if ends == "refused":
        refuse(reservation_id=asked.pk, by=make_user(), reason="پر کار", now=NOW)
    elif ends == "expired":
        expire_requests(at(6))
    else:
        cancel_reservation(reservation_id=asked.pk, by=None, now=NOW)

    asked.refresh_from_db()
    meeting.refresh_from_db()
    assert asked.state == ends
    assert not meeting.is_live
    assert at(9) in starts_of(service)
    assert violations() == []


def test_request_is_not_moved_by_its_person(service: Service) -> None:
    asked = ask(service)

    with pytest.raises(ConsultingError) as refused:
        move_appointment(
            reservation_id=asked.pk,
            starts_at=at(10),
            consultant_id=None,
            by=None,
            now=NOW,
        )

    assert refused.value.code == "pending"


def test_centre_books_firmly(service: Service) -> None:
    assert book_one(service, at(9)).state == "confirmed"


def test_pages_say_it_before_and_the_form_asks(
    client: Client, service: Service, booker: Person
) -> None:
    url = f"/consulting/fit/book/?mode=phone&at={write_moment(at(9))}"
    public = client.get("/consulting/fit/").content.decode()
    page = client.get(url).content.decode()
    data = {"key": str(uuid.uuid4()), "who": "me", "statement": "الگوی نیم‌بوت"}

    unaware = client.post(url, data)
    sent = client.post(url, {**data, "told_needs": "always"}, follow=True)

    asked = Reservation.objects.get(person=booker)
    assert "پیش از ثبت‌نام" in public
    assert "نخست مرکز تصمیم می‌گیرد" in page
    assert "یادداشت را بخوانید" in unaware.content.decode()
    assert Meeting.objects.live().count() == 1
    assert (asked.state, asked.statement) == ("pending", "الگوی نیم‌بوت")
    assert "درخواست شما نزد مرکز است" in sent.content.decode()


def test_accepting_an_earlier_time_is_a_request_too(
    client: Client, service: Service
) -> None:
    booked = book_one(service, at(10))
    wish = looking(service)
    free(booked)
    offer = offer_to(wish)

    page = client.get(f"/e/{offer.secret}/").content.decode()
    got = accept_offer(offer_id=offer.pk, by=None, now=NOW)

    assert "نخست مرکز تصمیم می‌گیرد" in page
    assert (got.person, got.state) == (wish.person, "pending")
    assert violations() == []
