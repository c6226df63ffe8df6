"""Tell me if something earlier opens: who is asked, how long, what comes of it."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from typing import Any

import pytest

from accounts.models import Person
from booking.exceptions import OfferGone
from booking.models import OfferState, Reservation, ReservationState
from booking.services.parties import cancel_reservation, release_expired_holds
from booking.services.resources import close_centre, end_block, take_leave
from consulting.exceptions import ConsultingError, SlotTaken, TooManyOpen
from consulting.models import EarlierOffer, EarlierWish, Meeting, Service, WishState
from consulting.services.appointments import hold_slot, live_hold
from consulting.services.availability import add_override, set_caps
from consulting.services.earlier.answers import accept_offer, decline_offer, end_wish
from consulting.services.earlier.wishes import ask_for_any, ask_for_earlier, tend
from consulting.services.meetings import cancel_meeting, move_appointment
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
from tests.consulting.races import at_once
from tests.factories import NOW, make_consultant, make_person, make_service, make_user

pytestmark = pytest.mark.django_db

ROUNDS = 20 if os.environ.get("HIDAJ_NIGHT") else 2
LATER = DAY + dt.timedelta(days=4)
# Three waking hours after a Sunday morning, 10:00.
DEADLINE = NOW + dt.timedelta(hours=3)
JUST_BEFORE = DEADLINE - dt.timedelta(seconds=1)


@pytest.fixture
def service() -> Service:
    return make_service(start_step_minutes=60, cancel_notice_hours=2)


def waiting(service: Service, hour: int = 9, **overrides: Any) -> EarlierWish:
    """Somebody with an appointment on a later day who wants something earlier."""
    booked = book_one(service, at(hour, day=LATER))
    return ask_for_earlier(
        reservation_id=booked.pk,
        consultant_id=None,
        by=booked.party.booked_by,
        now=NOW,
        **overrides,
    )


def looking(service: Service, **overrides: Any) -> EarlierWish:
    """Somebody who found nothing."""
    user, person = make_booker()
    fields = {
        "service_id": service.pk,
        "mode": "phone",
        "consultant_id": None,
        "person": person,
        "by": user,
        "now": NOW,
    }
    return ask_for_any(**{**fields, **overrides})


def free(reservation: Reservation, now: dt.datetime = NOW) -> None:
    cancel_reservation(reservation_id=reservation.pk, by=None, now=now)


def offer_to(wish: EarlierWish) -> EarlierOffer:
    return EarlierOffer.objects.get(wish=wish, state=OfferState.OPEN)


def state_of(wish: EarlierWish) -> str:
    return EarlierWish.objects.get(pk=wish.pk).state


def sms_to(wish: EarlierWish, kind: str) -> int:
    phone = wish.person.contact_phone
    return OutboxMessage.objects.filter(recipient=phone, kind=kind).count()


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


def test_the_clock_of_an_offer_stands_still_at_night(service: Service) -> None:
    booked = book_one(service, at(11, day=LATER - dt.timedelta(days=1)))
    wish = waiting(service)
    evening = at(21, day=dt.date(2026, 11, 22))
    free(booked, now=evening)
    # Half an hour until 21:30, the rest from 08:00 on.
    assert offer_to(wish).expires_at == at(10, 30, day=dt.date(2026, 11, 23))


def test_the_notice_of_the_service_is_kept(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    # Two hours before the notice begins the offer is shorter …
    free(booked, now=at(8, day=DAY - dt.timedelta(days=1)))
    assert offer_to(wish).expires_at == at(10, day=DAY - dt.timedelta(days=1))


def test_a_time_that_is_too_near_goes_to_the_public(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    # … and half an hour before there is no time left to ask.
    now = at(9, 30, day=DAY - dt.timedelta(days=1))
    free(booked, now=now)
    assert not EarlierOffer.objects.exists()
    assert state_of(wish) == WishState.WAITING
    assert at(10) in starts_of(service, now=now)


def test_a_moved_appointment_frees_its_time_for_others_only(service: Service) -> None:
    mover = waiting(service, 9)
    move_appointment(
        reservation_id=mover.reservation_id,
        starts_at=at(9, day=LATER + dt.timedelta(days=1)),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    assert not EarlierOffer.objects.exists()
    other = looking(service)
    move_appointment(
        reservation_id=mover.reservation_id,
        starts_at=at(11, day=LATER),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    assert offer_to(other).starts_at == at(9, day=LATER + dt.timedelta(days=1))


def test_a_chain_of_moves_serves_everybody(service: Service) -> None:
    days = [DAY + dt.timedelta(days=n) for n in (1, 2, 3)]
    booked = book_one(service, at(9))
    wishes = []
    for day in days:
        one = book_one(service, at(9, day=day))
        wishes.append(
            ask_for_earlier(
                reservation_id=one.pk,
                consultant_id=None,
                by=one.party.booked_by,
                now=NOW,
            )
        )
    free(booked)
    for wish in wishes:
        accept_offer(offer_id=offer_to(wish).pk, by=None, now=NOW)
    starts = [meeting_of(wish.reservation).starts_at for wish in wishes]
    assert starts == [at(9), at(9, day=days[0]), at(9, day=days[1])]
    assert violations() == []


def test_what_a_forgotten_form_held_goes_to_the_line(service: Service) -> None:
    held = {
        "service_id": service.pk,
        "mode": "phone",
        "consultant_id": None,
        "starts_at": at(10),
    }
    hold_slot(**held, booker=make_user(), now=NOW)
    wish = waiting(service)
    later = NOW + dt.timedelta(minutes=11)
    # A stranger asks for it by POST before the tick came: the line goes first.
    with pytest.raises(SlotTaken):
        hold_slot(**held, booker=make_user(), now=later)
    assert not EarlierOffer.objects.exists()  # The refusal undid its transaction.
    release_expired_holds(later)
    assert offer_to(wish).starts_at == at(10)


def test_leave_taken_back_is_a_freed_time(service: Service) -> None:
    person = service.consultants.get()
    block = take_leave(
        person=person, starts_at=at(9), ends_at=at(11), by=make_user(), now=NOW
    )
    wishes = [waiting(service, hour) for hour in (9, 10, 11)]
    end_block(block_id=block.pk, now=NOW)
    assert [offer_to(wish).starts_at for wish in wishes[:2]] == [at(9), at(10)]
    assert state_of(wishes[2]) == WishState.WAITING
    assert violations() == []


def test_more_hours_on_one_day_are_freed_times(service: Service) -> None:
    wish = waiting(service)
    add_override(
        person=service.consultants.get(),
        on=DAY,
        start=dt.time(15),
        end=dt.time(16),
        is_available=True,
        now=NOW,
    )
    assert offer_to(wish).starts_at == at(9)


def test_a_time_inside_a_closure_is_nobodys(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    close_centre(starts_at=at(0), ends_at=at(23), reason="برف", by=make_user(), now=NOW)
    meeting = meeting_of(booked)
    cancel_meeting(meeting_id=meeting.pk, by=make_user(), reason="برف", now=NOW)
    assert state_of(wish) == WishState.WAITING
    assert starts_of(service) == []
    assert violations() == []


def test_leave_over_a_kept_time_refuses_the_answer(service: Service) -> None:
    booked = book_one(service, at(10))
    wish = waiting(service)
    free(booked)
    person = service.consultants.get()
    take_leave(person=person, starts_at=at(9), ends_at=at(12), by=make_user(), now=NOW)
    with pytest.raises(SlotTaken):
        accept_offer(offer_id=offer_to(wish).pk, by=None, now=NOW)
    assert meeting_of(wish.reservation).starts_at == at(9, day=LATER)
    assert violations() == []


def test_only_an_earlier_day_is_news(service: Service) -> None:
    booked = book_one(service, at(9, day=LATER))
    wish = waiting(service, 11)
    free(booked)
    assert state_of(wish) == WishState.WAITING


def test_a_wish_for_one_consultant_is_about_that_one() -> None:
    first, second = make_consultant(), make_consultant()
    service = make_service(consultants=[first, second], start_step_minutes=60)
    freed = book_one(service, at(10), consultant_id=first.pk)
    booked = book_one(service, at(9, day=LATER), consultant_id=second.pk)
    for hour in (9, 10, 11):
        # The second one has nothing free on that day.
        book_one(service, at(hour), consultant_id=second.pk)
    wish = ask_for_earlier(
        reservation_id=booked.pk,
        consultant_id=second.pk,
        by=booked.party.booked_by,
        now=NOW,
    )
    free(freed)
    assert state_of(wish) == WishState.WAITING


def test_another_service_of_the_consultant_is_served_too(service: Service) -> None:
    other = make_service(
        consultants=[service.consultants.get()],
        start_step_minutes=60,
        cancel_notice_hours=2,
    )
    booked = book_one(other, at(10))
    wish = waiting(service)
    free(booked)
    assert offer_to(wish).starts_at == at(10)


def test_a_cap_that_is_reached_no_more_opens_the_whole_day(service: Service) -> None:
    person = service.consultants.get()
    set_caps(person=person, per_day=1, per_week=None, now=NOW)
    booked = book_one(service, at(11))
    wish = waiting(service)
    free(booked)
    assert offer_to(wish).starts_at == at(9)
    assert starts_of(service) == []


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


@pytest.mark.django_db(transaction=True)
def test_accept_decline_expiry_and_a_stranger_at_once() -> None:
    for _round in range(ROUNDS):
        service = make_service(start_step_minutes=60, cancel_notice_hours=2)
        booked = book_one(service, at(10))
        wish = waiting(service)
        free(booked)
        offer = offer_to(wish)
        stranger, person = make_booker()

        def act(
            what: str,
            offer: EarlierOffer = offer,
            service: Service = service,
            who: tuple[Any, Person] = (stranger, person),
        ) -> Any:
            if what == "accept":
                return accept_offer(offer_id=offer.pk, by=None, now=JUST_BEFORE)
            if what == "decline":
                return decline_offer(offer_id=offer.pk, by=None, now=JUST_BEFORE)
            if what == "expire":
                return release_expired_holds(DEADLINE)
            return book_one(service, at(10), booker=who[0], person=who[1], now=DEADLINE)

        got = at_once(act, ["accept", "expire", "stranger", "decline", "accept"])
        unexpected = [
            one
            for one in got
            if isinstance(one, Exception) and not isinstance(one, OfferGone | SlotTaken)
        ]
        assert unexpected == []
        meeting = meeting_of(wish.reservation)
        offer.refresh_from_db()
        was_taken = offer.state == OfferState.TAKEN
        assert meeting.starts_at == (at(10) if was_taken else at(9, day=LATER))
        assert Meeting.objects.live().filter(
            consultant=meeting.consultant, starts_at=at(10)
        ).count() in (0, 1)
        assert violations() == []


@pytest.mark.django_db(transaction=True)
def test_one_wish_gets_one_of_two_times_freed_at_once() -> None:
    for _round in range(ROUNDS):
        service = make_service(
            start_step_minutes=60,
            cancel_notice_hours=2,
            consultants=[make_consultant(), make_consultant()],
        )
        people = list(service.consultants.order_by("pk"))
        bookings = [book_one(service, at(10), consultant_id=p.pk) for p in people]
        wishes = [waiting(service, 9), waiting(service, 10)]
        got = at_once(free, bookings)
        assert not [one for one in got if isinstance(one, Exception)], got
        offers = EarlierOffer.objects.filter(wish__in=wishes, state=OfferState.OPEN)
        assert Counter(offers.values_list("wish", flat=True)) == {
            wish.pk: 1 for wish in wishes
        }
        assert violations() == []
