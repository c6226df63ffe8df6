"""What frees a time, who may have it, and how long before its start."""

from __future__ import annotations

import datetime as dt

import pytest

from booking.services.parties import release_expired_holds
from booking.services.resources import close_centre, end_block, take_leave
from consulting.exceptions import SlotTaken
from consulting.models import EarlierOffer, Service, WishState
from consulting.services.appointments import hold_slot
from consulting.services.availability import add_override, set_caps
from consulting.services.earlier.answers import accept_offer
from consulting.services.earlier.wishes import ask_for_earlier
from consulting.services.meetings import cancel_meeting, move_appointment
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    meeting_of,
    starts_of,
    violations,
)
from tests.consulting.waiting import (
    LATER,
    free,
    looking,
    offer_to,
    state_of,
    waiting,
)
from tests.factories import NOW, make_consultant, make_service, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    return make_service(start_step_minutes=60, cancel_notice_hours=2)


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
