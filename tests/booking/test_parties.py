from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest

from booking.exceptions import (
    AlreadyBooked,
    BookingError,
    CancelTooLate,
    Closed,
    Full,
    WrongTransition,
)
from booking.models import Offering, Reservation, StatusChange
from booking.owners import Event
from booking.services import parties, waiting
from core.audit import run_audit
from core.idempotency import KeyReused
from tests.booking.conftest import Recorder
from tests.factories import NOW, make_firm, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def book(
    offering: Offering, *, now: dt.datetime = NOW, **kwargs: object
) -> Reservation:
    fields = {"booker": make_user(), "people": [make_person()], "key": uuid4()}
    return parties.book(offering_id=offering.pk, now=now, **{**fields, **kwargs})[0]


def seats_of(offering: Offering) -> tuple[int, int]:
    offering.refresh_from_db()
    return offering.seats_taken, offering.waiting_parties


def assert_audit_clean() -> None:
    assert [r for r in run_audit() if r.violations and r.invariant <= 6] == []


def test_book_takes_a_seat_and_tells(recorder: Recorder) -> None:
    offering = make_offering(fee_rial=1_000_000, support_percent=30)
    firm = make_firm(size_class="small", is_cluster_member=True)

    reservation = book(offering, people=[make_person(firm=firm)])

    assert reservation.state == "confirmed"
    assert (reservation.firm, reservation.firm_size_class) == (firm, "small")
    assert reservation.is_cluster_member
    assert reservation.price_rial == 700_000
    assert seats_of(offering) == (1, 0)
    assert recorder.events_of(reservation) == [Event.BOOKED]
    assert len(reservation.party.reference) == 6
    assert_audit_clean()


def test_book_refuses_when_full_and_leaves_nothing() -> None:
    offering = make_offering(capacity=1)
    book(offering)

    with pytest.raises(Full):
        book(offering)

    assert Reservation.objects.count() == 1
    assert seats_of(offering) == (1, 0)


def test_book_twice_with_one_key_is_one_booking() -> None:
    offering = make_offering()
    form = {"booker": make_user(), "people": [make_person()], "key": uuid4()}

    first, second = book(offering, **form), book(offering, **form)

    assert first == second
    assert seats_of(offering) == (1, 0)


def test_book_refuses_a_key_with_other_data() -> None:
    offering = make_offering()
    key, booker = uuid4(), make_user()
    book(offering, key=key, booker=booker)

    with pytest.raises(KeyReused):
        book(offering, key=key, booker=booker)


def test_book_retries_a_refused_key() -> None:
    offering = make_offering(capacity=1)
    first = book(offering)
    form = {"booker": make_user(), "people": [make_person()], "key": uuid4()}
    with pytest.raises(Full):
        book(offering, **form)
    parties.cancel_reservation(reservation_id=first.pk, by=None, now=NOW)

    assert book(offering, **form).state == "confirmed"


def test_book_refuses_the_same_person_twice() -> None:
    offering, person = make_offering(), make_person()
    book(offering, people=[person])

    with pytest.raises(AlreadyBooked):
        book(offering, people=[person])

    assert seats_of(offering) == (1, 0)


def test_book_refuses_outside_the_window() -> None:
    not_yet = make_offering(opens_at=NOW + MINUTE)
    over = make_offering(closes_at=NOW)
    closed = make_offering(is_open=False)

    for offering in (not_yet, over, closed):
        with pytest.raises(Closed):
            book(offering)


def test_centre_books_outside_the_window_but_not_past_the_capacity() -> None:
    offering = make_offering(capacity=1, closes_at=NOW)

    assert book(offering, by_centre=True).state == "confirmed"

    with pytest.raises(Full):
        book(offering, by_centre=True)


def test_book_is_all_or_nothing() -> None:
    offering = make_offering(capacity=2)
    book(offering)

    with pytest.raises(Full):
        book(offering, people=[make_person(), make_person()])

    assert seats_of(offering) == (1, 0)


def test_hold_counts_and_confirms_without_a_second_seat() -> None:
    offering, booker = make_offering(capacity=1), make_user()
    party = parties.hold_places(offering_id=offering.pk, booker=booker, now=NOW)

    again = parties.hold_places(offering_id=offering.pk, booker=booker, now=NOW)
    with pytest.raises(Full):
        book(offering)
    reservation = book(offering, booker=booker, now=NOW + 14 * MINUTE)

    assert again == party == reservation.party
    assert seats_of(offering) == (1, 0)
    assert list(
        StatusChange.objects.filter(reservation=reservation).values_list(
            "from_state", "to_state"
        )
    ) == [("", "held"), ("held", "confirmed")]
    assert_audit_clean()


def test_expired_hold_is_released_by_the_tick() -> None:
    offering = make_offering(capacity=1)
    parties.hold_places(offering_id=offering.pk, booker=make_user(), now=NOW)

    early = parties.release_expired_holds(NOW + 14 * MINUTE)
    late = parties.release_expired_holds(NOW + 15 * MINUTE)

    assert (early, late) == (0, 1)
    assert seats_of(offering) == (0, 0)
    assert Reservation.objects.get().state == "expired"
    assert_audit_clean()


def test_expired_hold_is_released_by_a_post_that_finds_it_full() -> None:
    offering = make_offering(capacity=1)
    parties.hold_places(offering_id=offering.pk, booker=make_user(), now=NOW)

    reservation = book(offering, now=NOW + 16 * MINUTE)

    assert reservation.state == "confirmed"
    assert seats_of(offering) == (1, 0)
    assert_audit_clean()


def test_expired_hold_goes_to_the_list_before_a_stranger(recorder: Recorder) -> None:
    offering = make_offering(capacity=1)
    parties.hold_places(offering_id=offering.pk, booker=make_user(), now=NOW)
    entry = waiting.join_list(
        offering_id=offering.pk,
        booker=make_user(),
        people=[make_person()],
        key=uuid4(),
        now=NOW,
    )

    with pytest.raises(Full):
        book(offering, now=NOW + 16 * MINUTE)
    parties.release_expired_holds(NOW + 16 * MINUTE)

    entry.refresh_from_db()
    assert entry.state == "offered"
    assert seats_of(offering) == (1, 0)


def test_own_expired_hold_takes_a_free_seat_again() -> None:
    offering, booker = make_offering(capacity=1), make_user()
    parties.hold_places(offering_id=offering.pk, booker=booker, now=NOW)

    reservation = book(offering, booker=booker, now=NOW + 20 * MINUTE)

    assert reservation.state == "confirmed"
    assert seats_of(offering) == (1, 0)
    assert_audit_clean()


def test_hold_given_up_frees_the_seat() -> None:
    offering, booker = make_offering(capacity=1), make_user()
    party = parties.hold_places(offering_id=offering.pk, booker=booker, now=NOW)

    parties.give_up_hold(party_id=party.pk, by=booker, now=NOW)
    parties.give_up_hold(party_id=party.pk, by=booker, now=NOW)

    assert seats_of(offering) == (0, 0)
    assert Reservation.objects.get().state == "cancelled"


def test_hold_of_one_who_is_booked_already_keeps_its_seat() -> None:
    offering, booker, person = make_offering(), make_user(), make_person()
    book(offering, booker=booker, people=[person])
    parties.hold_places(offering_id=offering.pk, booker=booker, now=NOW)

    with pytest.raises(AlreadyBooked):
        book(offering, booker=booker, people=[person])

    assert seats_of(offering) == (2, 0)
    assert_audit_clean()


def test_cancel_frees_the_seat_and_twice_is_quiet(recorder: Recorder) -> None:
    offering = make_offering(capacity=1)
    reservation = book(offering)

    for _ in range(2):
        parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)

    assert seats_of(offering) == (0, 0)
    assert recorder.events_of(reservation) == [
        Event.BOOKED,
        Event.CANCELLED_BY_PERSON,
    ]
    assert recorder.emptied == [offering.pk]
    assert_audit_clean()


def test_cancel_after_the_window_is_the_centres_alone() -> None:
    offering = make_offering(
        starts_at=NOW + dt.timedelta(hours=23), cancel_notice_hours=24
    )
    reservation = book(offering)

    with pytest.raises(CancelTooLate):
        parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)
    cancelled = parties.cancel_reservation(
        reservation_id=reservation.pk, by=None, now=NOW, by_centre=True, reason="برف"
    )

    assert (cancelled.state, cancelled.end_reason) == ("cancelled", "برف")


def test_cancel_of_a_held_place_that_expired_is_refused() -> None:
    offering = make_offering()
    parties.hold_places(offering_id=offering.pk, booker=make_user(), now=NOW)
    parties.release_expired_holds(NOW + 20 * MINUTE)
    reservation = Reservation.objects.get()

    with pytest.raises(WrongTransition):
        parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)


def test_refusals_carry_a_sentence() -> None:
    for error in (Full(), Closed(), AlreadyBooked(), CancelTooLate()):
        assert isinstance(error, BookingError)
        assert len(str(error)) > 10


def test_keys_of_two_people_do_not_meet() -> None:
    offering, key = make_offering(), UUID(int=7)

    book(offering, key=key)
    book(offering, key=key)

    assert seats_of(offering) == (2, 0)
