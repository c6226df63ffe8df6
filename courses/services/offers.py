"""The answer to an offered place of a run, with a word about what else is booked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from accounts.access import STAFF_ROLES, has_role
from accounts.models import User
from booking.exceptions import Overlapping
from booking.models import Offer, Reservation, ReservationState
from booking.overlaps import overlap_words, party_overlaps
from booking.services import waiting
from courses.models import CourseRun


def accept_offer(
    *,
    offer_id: int,
    by: User | None,
    now: dt.datetime,
    accepts_overlap: bool = False,
    seen_by: User | None = None,
) -> list[Reservation]:
    """Turn an open offer into places, as `booking.services.waiting.accept_offer`.

    Something may have been booked since the people joined the line: raises
    Overlapping unless the reader (`seen_by`, None for the staff) has accepted that.
    """
    offer = Offer.objects.open().filter(pk=offer_id, expires_at__gt=now).first()
    if offer is not None and not accepts_overlap:
        run = CourseRun.objects.get(offering=offer.offering_id)
        places = waiting.waiting_reservations(offer.entry)
        words = overlap_of(run, places, seen_by=seen_by, now=now)
        if words:
            raise Overlapping(words)
    return waiting.accept_offer(offer_id=offer_id, by=by, now=now)


def overlap_of(
    run: CourseRun,
    places: Iterable[Reservation],
    *,
    seen_by: User | None,
    now: dt.datetime,
) -> str:
    """What those who wait for places in a run have booked at its times; "" for nothing.

    As far as `seen_by` may see it; None stands for the staff, who see all.
    """
    waiters = [p.person for p in places if p.state == ReservationState.WAITING]
    found = party_overlaps(
        people=[person for person in waiters if person is not None],
        seen_by=seen_by,
        intervals=run.intervals_after(now),
        ignoring_offering=run.offering_id,
    )
    return overlap_words(found) if found else ""


def reader_of(offer: Offer) -> User | None:
    """Whose bookings the secret link of an offer may name: those of the booker.

    Where reception put a caller in line the link went to the person themselves.
    """
    booker = offer.entry.party.booked_by
    return None if has_role(booker, *STAFF_ROLES) else booker
