"""Taking places that may be free: the last step of every booking and hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from booking import seats
from booking.exceptions import Closed, DrawAhead, Full, TooFew
from booking.models import Offering
from booking.services import waiting
from booking.services.places import release_expired_in
from core.compiled import Change, write_together


def take_or_raise(
    offering: Offering,
    places: int,
    *,
    now: dt.datetime,
    by_centre: bool = False,
    own: int = 0,
    after: Sequence[Change] = (),
) -> None:
    """Take the seats, last of all; where none is left, give back expired holds first.

    What an expired hold frees belongs to the waiting list before it belongs to us.
    `own` places are held by the booker already: they count in what is left for them.
    `after` as in `seats.take`. Raises Full, TooFew (with what is left), Closed and
    DrawAhead.
    """
    if _take(offering, places, now=now, by_centre=by_centre, after=after):
        return
    offering = seats.lock_one(offering.pk)
    if release_expired_in(offering, now=now):
        waiting.fill(offering, now=now)
        if _take(offering, places, now=now, by_centre=by_centre):
            return
    if offering.awaits_draw:
        raise DrawAhead
    is_closed = not by_centre and not offering.is_bookable(now)
    if is_closed or offering.cancelled_at:
        raise Closed
    left = own + max(0, offering.places_left)
    raise TooFew(left) if left else Full()


def _take(
    offering: Offering,
    places: int,
    *,
    now: dt.datetime,
    by_centre: bool,
    after: Sequence[Change] = (),
) -> bool:
    if by_centre:
        write_together(*after)
        return seats.take_by_centre(offering.pk, places)
    return seats.take(offering.pk, places, now=now, after=after)
