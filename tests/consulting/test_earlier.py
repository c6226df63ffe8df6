"""Tell me if something earlier opens: who is asked, how long, what comes of it."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.exceptions import OfferGone
from booking.models import OfferState, Reservation, ReservationState
from booking.services.parties import release_expired_holds
from consulting.exceptions import ConsultingError, SlotTaken, TooManyOpen
from consulting.models import EarlierOffer, EarlierWish, Service, WishState
from consulting.services.appointments import hold_slot, live_hold
from consulting.services.availability import set_caps
from consulting.services.earlier.answers import accept_offer, decline_offer, end_wish
from consulting.services.earlier.wishes import ask_for_earlier, tend
from notifications.models import OutboxMessage
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    make_booker,
    meeting_of,
    starts_of,
    violations,
)
from tests.consulting.waiting import (
    DEADLINE,
    LATER,
    free,
    looking,
    offer_to,
    sms_to,
    state_of,
    waiting,
)
from tests.factories import NOW, make_consultant, make_person, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    return make_service(start_step_minutes=60, cancel_notice_hours=2)


def test_a_freed_time_is_kept_for_who_waits(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    free(booked)
    offer = offer_to(wish)
    assert (offer.starts_at, offer.expires_at) == (at(10), DEADLINE)
    assert at(10) not in starts_of(service)
    assert sms_to(wish, "earlier_offer") == 1
    assert violations() == []


def test_the_public_cannot_take_what_is_kept(service: Service) -> None:
    booked = book_one(service, at(10))
    waiting(service)
    free(booked)
    with pytest.raises(SlotTaken):
        book_one(service, at(10))
    with pytest.raises(SlotTaken):
        # Not by the centre either, and not when the deadline is over but not noticed.
        book_one(service, at(10), by_centre=True)


def test_accepting_moves_the_appointment(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    uid = meeting_of(wish.reservation).uid
    free(booked)
    got = accept_offer(offer_id=offer_to(wish).pk, by=None, now=NOW)
    assert got == wish.reservation
    meeting = meeting_of(got)
    assert (meeting.starts_at, meeting.uid, meeting.schedule_version) == (
        at(10),
        uid,
        1,
    )
    assert at(9, day=LATER) in starts_of(service, from_on=LATER)
    assert Reservation.objects.filter(person=wish.person).live().count() == 1
    assert sms_to(wish, "appointment_moved") == 1
    assert state_of(wish) == WishState.TAKEN
    assert violations() == []


def test_accepting_twice_is_one_move(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    free(booked)
    offer = offer_to(wish)
    first, second = (
        accept_offer(offer_id=offer.pk, by=None, now=NOW) for _ in range(2)
    )
    assert first == second
    assert meeting_of(first).schedule_version == 1


def test_accepting_books_for_who_had_nothing(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = looking(service)
    free(booked)
    got = accept_offer(offer_id=offer_to(wish).pk, by=None, now=NOW)
    assert (got.person, got.state) == (wish.person, ReservationState.CONFIRMED)
    assert meeting_of(got).starts_at == at(10)
    assert sms_to(wish, "appointment_confirmed") == 1
    assert violations() == []


def test_the_line_is_served_in_order_and_then_the_public(service: Service) -> None:
    booked = book_one(service, at(10))
    first, second = waiting(service, 9), waiting(service, 10)
    free(booked)
    decline_offer(offer_id=offer_to(first).pk, by=None, now=NOW)
    assert (state_of(first), state_of(second)) == (
        WishState.WAITING,
        WishState.OFFERED,
    )
    assert at(10) not in starts_of(service)
    decline_offer(offer_id=offer_to(second).pk, by=None, now=NOW)
    # Neither is asked for the same time again.
    assert EarlierOffer.objects.count() == 2
    assert at(10) in starts_of(service)
    assert meeting_of(first.reservation).starts_at == at(9, day=LATER)
    assert violations() == []


def test_silence_passes_the_time_on_and_twice_ends_the_wish(service: Service) -> None:
    bookings = [book_one(service, at(hour)) for hour in (9, 10)]
    first, second = waiting(service, 9), waiting(service, 10)
    free(bookings[0])
    release_expired_holds(DEADLINE)
    assert offer_to(second).starts_at == at(9)
    assert state_of(first) == WishState.WAITING
    accept_offer(offer_id=offer_to(second).pk, by=None, now=DEADLINE)
    free(bookings[1], now=DEADLINE)
    release_expired_holds(offer_to(first).expires_at)
    assert state_of(first) == WishState.LEFT
    assert sms_to(first, "earlier_lapsed") == 2
    assert violations() == []


def test_who_was_silent_comes_behind_the_others(service: Service) -> None:
    bookings = [book_one(service, at(hour)) for hour in (9, 10)]
    first = waiting(service, 9)
    free(bookings[0])
    release_expired_holds(DEADLINE)
    second = waiting(service, 10)
    free(bookings[1], now=DEADLINE)
    assert offer_to(second).starts_at == at(10)
    assert state_of(first) == WishState.WAITING


def test_an_expired_offer_never_moves_anything(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    free(booked)
    offer = offer_to(wish)
    with pytest.raises(OfferGone):
        accept_offer(offer_id=offer.pk, by=None, now=DEADLINE)
    release_expired_holds(DEADLINE)
    with pytest.raises(OfferGone):
        accept_offer(offer_id=offer.pk, by=None, now=DEADLINE)
    assert meeting_of(wish.reservation).starts_at == at(9, day=LATER)
    assert at(10) in starts_of(service, now=DEADLINE)


def test_an_ended_appointment_ends_its_wish_and_its_offer(service: Service) -> None:
    booked = book_one(service, at(10))
    first, second = waiting(service, 9), waiting(service, 10)
    free(booked)
    assert state_of(first) == WishState.OFFERED
    free(first.reservation)
    assert state_of(first) == WishState.WITHDRAWN
    assert offer_to(second).starts_at == at(10)
    assert violations() == []


def test_leaving_gives_the_kept_time_to_the_next(service: Service) -> None:
    booked = book_one(service, at(10))
    first, second = waiting(service, 9), waiting(service, 10)
    free(booked)
    for _tap in range(2):
        end_wish(wish_id=first.pk, by=None, now=NOW)
    assert state_of(first) == WishState.LEFT
    assert offer_to(second).starts_at == at(10)


def test_asking_twice_is_one_wish(service: Service) -> None:
    first = waiting(service)
    consultant = service.consultants.get()
    again = ask_for_earlier(
        reservation_id=first.reservation_id,
        consultant_id=consultant.pk,
        by=first.asked_by,
        now=NOW,
    )
    assert again.pk == first.pk
    assert again.consultant == consultant


def test_an_appointment_that_cannot_move_has_no_wish() -> None:
    service = make_service(start_step_minutes=60)
    booked = book_one(service, at(10))
    with pytest.raises(ConsultingError):
        ask_for_earlier(
            reservation_id=booked.pk,
            consultant_id=None,
            by=booked.party.booked_by,
            now=at(11, day=DAY - dt.timedelta(days=1)),
        )
    assert not EarlierWish.objects.exists()


def test_an_offer_is_no_hold_of_a_form(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = looking(service)
    free(booked)
    assert live_hold(wish.asked_by, NOW) is None
    hold_slot(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=at(9),
        booker=wish.asked_by,
        now=NOW,
    )
    assert offer_to(wish).starts_at == at(10)


def test_who_has_enough_appointments_is_not_asked(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = looking(service)
    mine = {"booker": wish.asked_by, "person": wish.person}
    book_one(service, at(9, day=LATER), **mine)
    free(booked)
    offer = offer_to(wish)
    book_one(service, at(10, day=LATER), **mine)
    with pytest.raises(TooManyOpen):
        accept_offer(offer_id=offer.pk, by=None, now=NOW)
    decline_offer(offer_id=offer.pk, by=None, now=NOW)
    free(book_one(service, at(11)))
    assert state_of(wish) == WishState.WAITING


def test_the_tick_serves_who_found_nothing(service: Service) -> None:
    person = service.consultants.get()
    closed = make_service(consultants=[make_consultant(hours=[])])
    wish = looking(closed)
    assert tend(NOW) == 0
    closed.consultants.add(person)
    assert tend(NOW) == 1
    assert offer_to(wish).wish == wish
    assert tend(NOW) == 0
    assert violations() == []


def test_the_tick_gives_a_place_in_a_group() -> None:
    service = make_service(group_size=2, start_step_minutes=60, horizon_days=2)
    person = service.consultants.get()
    set_caps(person=person, per_day=1, per_week=1, now=NOW)
    bookings = [book_one(service, at(10)) for _ in range(2)]
    wish = looking(service)
    assert tend(NOW) == 0
    free(bookings[0])
    assert tend(NOW) == 1
    offer = offer_to(wish)
    release_expired_holds(offer.expires_at)
    tend(offer.expires_at)
    assert not EarlierOffer.objects.filter(state=OfferState.OPEN).exists()
    assert EarlierWish.objects.get(pk=wish.pk).missed_offers == 1
    assert violations() == []


def test_wishes_end_by_themselves(service: Service) -> None:
    wish = waiting(service)
    tend(at(9, day=LATER))
    assert state_of(wish) == WishState.WITHDRAWN
    other = looking(service)
    Service.objects.filter(pk=service.pk).update(is_active=False)
    tend(NOW)
    assert state_of(other) == WishState.WITHDRAWN


def test_the_booker_on_another_number_hears_of_it_too(service: Service) -> None:
    booked = book_one(service, at(10))
    user, _own = make_booker()
    relative = make_person()
    looking(service, person=relative, by=user)
    free(booked)
    told = OutboxMessage.objects.filter(kind="earlier_offer")
    assert set(told.values_list("recipient", flat=True)) == {
        relative.contact_phone,
        user.phone,
    }


def test_the_audit_sees_offers_without_their_hold(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    free(booked)
    EarlierOffer.objects.update(expires_at=NOW + dt.timedelta(hours=2))
    assert any(line.startswith("earlier offers") for line in violations())
    EarlierOffer.objects.update(expires_at=DEADLINE)
    assert violations() == []
    EarlierWish.objects.filter(pk=wish.pk).update(state=WishState.WAITING)
    assert any(line.startswith("earlier") for line in violations())
