"""People who wait for an earlier time, and what several tests ask of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from booking.models import OfferState, Reservation
from booking.services.parties import cancel_reservation
from consulting.models import EarlierOffer, EarlierWish, Service
from consulting.services.earlier.wishes import ask_for_any, ask_for_earlier
from notifications.models import OutboxMessage
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    make_booker,
)
from tests.factories import NOW

LATER = DAY + dt.timedelta(days=4)
# Three waking hours after a Sunday morning, 10:00.
DEADLINE = NOW + dt.timedelta(hours=3)
JUST_BEFORE = DEADLINE - dt.timedelta(seconds=1)


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
