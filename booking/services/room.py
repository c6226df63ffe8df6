"""A look before the transaction: whether it is sure that nothing can be had."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, Q

from accounts.access import person_of
from accounts.models import User
from booking.exceptions import Full
from booking.models import STANDING, Offering, Party, Reservation


def require_room(offering: Offering, booker: User, *, now: dt.datetime) -> None:
    """Say Full at once, with no lock and nothing written, where there is no doubt.

    `offering` was read a moment ago. Quiet for everything that the transaction has to
    answer: places are free, the booking window is closed, an expired hold is to be
    given back first, or the booker has a party or a place here already.
    """
    if offering.places_left > 0 or not offering.is_bookable(now):
        return
    here = Party.objects.filter(offering=offering)
    person = person_of(booker)
    stands = Reservation.objects.filter(
        offering=offering, person=person, state__in=STANDING
    )
    may_matter = (
        Q(Exists(here.with_expired_hold(now)))
        | Q(Exists(here.filter(booked_by=booker)))
        | Q(Exists(stands if person else stands.none()))
    )
    if not Offering.objects.filter(may_matter, pk=offering.pk).exists():
        raise Full
