"""Asking to be told, and answering by one tap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from booking.models import OfferState, Reservation
from consulting.models import EarlierOffer, EarlierWish, Service, WishState
from tests.consulting.helpers import at, book_one, meeting_of
from tests.consulting.waiting import DEADLINE, LATER, free, looking, offer_to, waiting
from tests.factories import NOW, make_consultant, make_service
from tests.signing import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def service() -> Service:
    return make_service(slug="fit", start_step_minutes=60, cancel_notice_hours=2)


@pytest.fixture
def booked(service: Service, client: Client) -> Reservation:
    """An appointment on a later day of whoever is signed in with `client`."""
    reservation = book_one(service, at(9, day=LATER))
    sign_in(client, reservation.party.booked_by)
    return reservation


def test_the_page_of_an_appointment_asks(client: Client, booked: Reservation) -> None:
    page = f"/consulting/done/{booked.party.reference}/"
    assert f"{page}earlier/" in client.get(page).content.decode()
    answer = client.post(f"{page}earlier/", {"with": "any"}, follow=True)
    wish = EarlierWish.objects.get()
    assert (wish.reservation, wish.consultant) == (booked, None)
    assert f"/consulting/earlier/{wish.pk}/end/" in answer.content.decode()


def test_my_bookings_show_and_end_a_wish(client: Client, booked: Reservation) -> None:
    client.post(f"/consulting/done/{booked.party.reference}/earlier/")
    wish = EarlierWish.objects.get()
    end = f"/consulting/earlier/{wish.pk}/end/"
    assert end in client.get("/bookings/").content.decode()
    client.post(end)
    wish.refresh_from_db()
    assert wish.state == WishState.LEFT
    assert end not in client.get("/bookings/").content.decode()


def test_strangers_cannot_end_a_wish(client: Client, service: Service) -> None:
    wish = waiting(service)
    sign_in(client, book_one(service, at(10)).party.booked_by)
    assert client.post(f"/consulting/earlier/{wish.pk}/end/").status_code == 404


def test_who_finds_nothing_can_wait(client: Client, booked: Reservation) -> None:
    full = make_service(slug="full", consultants=[make_consultant(hours=[])])
    page = client.get("/consulting/full/").content.decode()
    assert "/consulting/full/tell-me/" in page
    answer = client.post("/consulting/full/tell-me/", {"mode": "phone"}, follow=True)
    wish = EarlierWish.objects.get()
    assert (wish.service, wish.reservation) == (full, None)
    assert f"/consulting/earlier/{wish.pk}/end/" in answer.content.decode()


def test_visitors_sign_in_before_they_wait(client: Client, service: Service) -> None:
    answer = client.post("/consulting/fit/tell-me/", {"mode": "phone"})
    assert "next=" in answer.url
    assert not EarlierWish.objects.exists()


def link_of(offer: EarlierOffer) -> str:
    return f"/e/{offer.secret}/"


def test_one_tap_accepts_without_a_sign_in(client: Client, service: Service) -> None:
    freed = book_one(service, at(10))
    wish = waiting(service)
    free(freed)
    offer = offer_to(wish)
    link = link_of(offer)
    assert f"{link}accept/" in client.get(link).content.decode()
    offer.refresh_from_db()
    assert offer.state == OfferState.OPEN  # Opening the page changed nothing.
    page = client.post(f"{link}accept/", follow=True).content.decode()
    assert wish.reservation is not None
    assert meeting_of(wish.reservation).starts_at == at(10)
    assert f"{link}accept/" not in page


def test_one_tap_declines_and_one_more_ends_it(
    client: Client, service: Service
) -> None:
    freed = book_one(service, at(10))
    wish = looking(service)
    free(freed)
    link = link_of(offer_to(wish))
    page = client.post(f"{link}decline/", follow=True).content.decode()
    wish.refresh_from_db()
    assert wish.state == WishState.WAITING
    assert f"{link}stop/" in page
    client.post(f"{link}stop/")
    wish.refresh_from_db()
    assert wish.state == WishState.LEFT


def test_a_late_answer_is_told_the_truth(client: Client, service: Service) -> None:
    freed = book_one(service, at(10))
    wish = waiting(service)
    free(freed)
    link = link_of(offer_to(wish))
    with time_machine.travel(DEADLINE, tick=False):
        page = client.post(f"{link}accept/", follow=True).content.decode()
    assert "مهلت" in page
    assert wish.reservation is not None
    assert meeting_of(wish.reservation).starts_at == at(9, day=LATER)


def test_a_wrong_secret_finds_nothing(client: Client) -> None:
    for path in ("", "accept/", "decline/", "stop/"):
        method = client.post if path else client.get
        assert method(f"/e/0000000000000000/{path}").status_code == 404
