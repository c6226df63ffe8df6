"""A look before the transaction: whether it is sure that nothing can be had."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import person_of
from accounts.models import User
from booking.exceptions import Full
from booking.models import STANDING, Offering, Party, Reservation
from core.compiled import KEY, MOMENT, Given, Select


def _may_matter() -> QuerySet[Offering, int]:
    """The offering, where an ended hold or something of the booker's is there."""
    here = Party.objects.filter(offering=OuterRef("pk"))
    stands = Reservation.objects.filter(
        offering=OuterRef("pk"), person=Given("person", KEY), state__in=STANDING
    )
    return Offering.objects.filter(
        Exists(here.with_expired_hold(Given("now", MOMENT)))
        | Exists(here.filter(booked_by=Given("booker", KEY)))
        | Exists(stands),
        pk=Given("offering", KEY),
    ).values_list("pk", flat=True)


MAY_MATTER = Select(_may_matter)


def require_room(offering: Offering, booker: User, *, now: dt.datetime) -> None:
    """Say Full at once, with no lock and nothing written, where there is no doubt.

    `offering` was read a moment ago. Quiet for everything that the transaction has to
    answer: places are free, the booking window is closed, an expired hold is to be
    given back first, or the booker has a party or a place here already.
    """
    if offering.places_left > 0 or not offering.is_bookable(now):
        return
    person = person_of(booker)
    # Nobody has the key 0.
    person_id = person.pk if person else 0
    if not MAY_MATTER(
        offering=offering.pk, booker=booker.pk, person=person_id, now=now
    ):
        raise Full
