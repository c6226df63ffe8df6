"""Answers, deadlines and strangers at the same moment."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from accounts.models import Person
from booking.exceptions import OfferGone
from booking.models import OfferState
from booking.services.parties import release_expired_holds
from consulting.exceptions import SlotTaken
from consulting.models import EarlierOffer, Meeting, Service
from consulting.services.earlier.answers import accept_offer, decline_offer
from tests.consulting.helpers import (
    at,
    book_one,
    make_booker,
    meeting_of,
    violations,
)
from tests.consulting.races import at_once
from tests.consulting.waiting import (
    DEADLINE,
    JUST_BEFORE,
    LATER,
    free,
    offer_to,
    waiting,
)
from tests.factories import make_consultant, make_service

ROUNDS = 20 if os.environ.get("HIDAJ_NIGHT") else 2


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
