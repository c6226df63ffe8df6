from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from booking.models import Reservation, ReservationState
from courses.services.enrolment import enrol
from notifications.models import OutboxMessage
from notifications.services import drain
from tests.desk.people import enrol_one
from tests.factories import NOW, make_person, make_run, make_user
from tests.signing import last_code

pytestmark = pytest.mark.django_db

FIND = "/bookings/find/"
CODE = "/bookings/find/code/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def reservation() -> Reservation:
    return enrol_one(make_run())


@pytest.fixture
def client() -> Client:
    client = Client()
    client.cookies["language"] = "en"
    return client


def ask(client: Client, reference: str, phone: str) -> HttpResponse:
    return client.post(FIND, {"reference": reference, "phone": phone})


def phone_of(reservation: Reservation) -> str:
    return reservation.party.booked_by.phone


def find(client: Client, reservation: Reservation) -> HttpResponse:
    """The whole way, with the right code."""
    phone = phone_of(reservation)
    ask(client, reservation.party.reference, phone)
    return client.post(CODE, {"code": last_code(phone)})


def test_find_opens_the_booking_with_the_code(
    client: Client, reservation: Reservation
) -> None:
    response = find(client, reservation)

    page = client.get(response.url)
    assert response.url == f"/bookings/{reservation.party.reference}/"
    assert page.status_code == 200
    assert "It stays open for half an hour." in page.content.decode()


def test_find_takes_references_and_numbers_of_any_spelling(
    client: Client, reservation: Reservation
) -> None:
    reference = reservation.party.reference
    typed = f" {reference[:3].lower()} {reference[3:].lower()} "
    phone = "0" + phone_of(reservation)[3:]
    persian = phone.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))

    assert ask(client, typed, persian).url == CODE
    assert last_code(phone_of(reservation))


@pytest.mark.parametrize("wrong", ["reference", "phone"])
def test_find_answers_the_same_to_the_wrong_pair(
    client: Client, reservation: Reservation, wrong: str
) -> None:
    reference, phone = reservation.party.reference, phone_of(reservation)
    if wrong == "reference":
        reference = "222222"
    else:
        phone = make_user().phone

    response = ask(client, reference, phone)

    assert response.url == CODE
    assert "a code of six digits is on its way" in client.get(CODE).content.decode()
    assert not OutboxMessage.objects.filter(kind="find_booking_code").exists()


def test_find_explains_an_impossible_reference(client: Client) -> None:
    page = ask(client, "12", "09991234567").content.decode()

    assert "The reference has six letters and digits" in page
    assert 'value="12"' in page


def test_find_refuses_the_wrong_code(client: Client, reservation: Reservation) -> None:
    phone = phone_of(reservation)
    ask(client, reservation.party.reference, phone)
    wrong = "000000" if last_code(phone) != "000000" else "111111"

    page = client.post(CODE, {"code": wrong}).content.decode()

    assert "This code is not right." in page
    booking = client.get(f"/bookings/{reservation.party.reference}/")
    assert booking.status_code == 302


def test_find_allows_three_guesses(client: Client, reservation: Reservation) -> None:
    phone = phone_of(reservation)
    ask(client, reservation.party.reference, phone)
    right = last_code(phone)
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(3):
        client.post(CODE, {"code": wrong})

    page = client.post(CODE, {"code": right}).content.decode()

    assert "Too many wrong codes" in page


def test_find_limits_the_codes_of_a_number(
    client: Client, reservation: Reservation
) -> None:
    for _ in range(12):
        response = ask(client, reservation.party.reference, phone_of(reservation))

    assert "Too many codes were asked for." in response.content.decode()


def test_find_code_runs_out(
    client: Client, reservation: Reservation, clock: time_machine.Coordinates
) -> None:
    ask(client, reservation.party.reference, phone_of(reservation))
    clock.move_to(NOW + dt.timedelta(minutes=11))

    assert client.get(CODE).url == FIND


def test_find_opens_only_that_booking_for_half_an_hour(
    client: Client, reservation: Reservation, clock: time_machine.Coordinates
) -> None:
    other = enrol_one(make_run())
    path = find(client, reservation).url

    assert client.get(f"/bookings/{other.party.reference}/").status_code == 302
    clock.move_to(NOW + dt.timedelta(minutes=31))
    assert client.get(path).status_code == 302


def test_found_booking_can_be_cancelled_and_its_dates_taken(
    client: Client, reservation: Reservation
) -> None:
    path = find(client, reservation).url

    assert client.get(path + "dates.ics").status_code == 200
    client.post(f"{path}cancel/{reservation.pk}/")

    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CANCELLED
    last = reservation.status_changes.latest("pk")
    assert last.by == reservation.party.booked_by


def test_found_booking_allows_nothing_else(
    client: Client, reservation: Reservation
) -> None:
    path = find(client, reservation).url

    assert client.post(path + "resend/").status_code == 404
    assert client.post(path + "offer/").status_code == 404
    assert client.get("/calendar/").status_code == 302
    assert client.get("/accounts/me/").status_code == 302


def test_learner_finds_only_their_own_place(client: Client) -> None:
    employer, worker = make_user(), make_person()
    make_person(user=employer, contact_phone=employer.phone)
    mine, _other = enrol(
        run_id=make_run().pk,
        booker=employer,
        people=[worker, make_person()],
        key="00000000-0000-4000-8000-000000000001",  # type: ignore[arg-type]
        now=NOW,
    )
    ask(client, mine.party.reference, worker.contact_phone)
    path = client.post(CODE, {"code": last_code(worker.contact_phone)}).url

    bookings = client.get(path).context["bookings"]

    assert [b.reservation for b in bookings] == [mine]


def test_code_can_be_sent_again(client: Client, reservation: Reservation) -> None:
    phone = phone_of(reservation)
    ask(client, reservation.party.reference, phone)
    first = last_code(phone)

    client.post(CODE, {"action": "resend"})

    codes = OutboxMessage.objects.filter(kind="find_booking_code").order_by("pk")
    assert [m.state for m in codes] == ["superseded", "pending"]
    assert client.post(CODE, {"code": last_code(phone)}).status_code == 302
    assert first


def test_no_code_is_readable_in_session_or_outbox(
    client: Client, reservation: Reservation
) -> None:
    phone = phone_of(reservation)
    ask(client, reservation.party.reference, phone)
    code = last_code(phone)

    assert code not in str(dict(client.session))
    drain(now=NOW)
    message = OutboxMessage.objects.get(kind="find_booking_code")
    assert message.state == "accepted"
    assert message.text == ""
    assert not message.variables
