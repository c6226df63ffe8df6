"""The only module that changes how many places are taken or awaited.

Two roads, as measured best: taking a free place touches the offering's row last,
with the guard inside the UPDATE; everything that may touch the waiting list locks the
row first. The guard stays in both, and the table's CHECK stands behind it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import F, Q

from booking.models import Offering
from core.compiled import KEY, MOMENT, Change, Given, Update, write_together
from core.pages.memory import own_copy

PLACES = Given("places", KEY)
TAKE = Update(
    lambda: Offering.objects.bookable(Given("now", MOMENT)).filter(
        pk=Given("offering", KEY),
        waiting_parties=0,
        awaits_draw=False,
        capacity__gte=F("seats_taken") + PLACES,
    ),
    seats_taken=F("seats_taken") + PLACES,
)


def counted(offering: Offering, *, taken: int, waiting: int) -> Offering:
    """A copy with counts that were read elsewhere, to show; it is never saved."""
    shown = own_copy(offering)
    shown.seats_taken, shown.waiting_parties = taken, waiting
    return shown


def lock(offering_ids: Iterable[int]) -> list[Offering]:
    """Lock offerings in primary-key order, for whatever may touch their lists."""
    return list(
        Offering.objects.select_for_update(no_key=True)
        .filter(pk__in=set(offering_ids))
        .order_by("pk")
    )


def lock_one(offering_id: int) -> Offering:
    """Lock one offering and return it as it is now."""
    return lock([offering_id])[0]


def take(
    offering_id: int, places: int, *, now: dt.datetime, after: Sequence[Change] = ()
) -> bool:
    """Take free places for the public; the row count is the verdict.

    False when too few are free, anyone waits, a draw is to come, or the booking window
    is not open. The changes `after` which it comes are written on the same trip.
    """
    change = TAKE.writing(offering=offering_id, places=places, now=now)
    return bool(write_together(*after, change))


def take_by_centre(offering_id: int, places: int) -> bool:
    """Take free places outside the booking window; the list still goes first."""
    return bool(
        Offering.objects.filter(
            pk=offering_id,
            waiting_parties=0,
            awaits_draw=False,
            cancelled_at=None,
            capacity__gte=F("seats_taken") + places,
        ).update(seats_taken=F("seats_taken") + places)
    )


def give_back(offering: Offering, places: int) -> None:
    """Return places; the caller holds the lock and runs the list afterwards."""
    Offering.objects.filter(pk=offering.pk).update(
        seats_taken=F("seats_taken") - places
    )
    offering.seats_taken -= places


def join_line(offering: Offering, places: int, *, now: dt.datetime) -> bool:
    """Count one more waiting party, only where taking the places would fail.

    The caller holds the lock.
    """
    is_full = Q(waiting_parties__gt=0) | Q(capacity__lt=F("seats_taken") + places)
    joined = (
        Offering.objects.bookable(now)
        .filter(is_full, pk=offering.pk, has_waiting_list=True, awaits_draw=False)
        .update(waiting_parties=F("waiting_parties") + 1)
    )
    if joined:
        offering.waiting_parties += 1
    return bool(joined)


def leave_line(offering: Offering) -> None:
    """Count one waiting party fewer; the caller holds the lock."""
    Offering.objects.filter(pk=offering.pk).update(
        waiting_parties=F("waiting_parties") - 1
    )
    offering.waiting_parties -= 1


def return_to_line(offering: Offering) -> None:
    """A party whose offer lapsed waits again; the caller holds the lock."""
    Offering.objects.filter(pk=offering.pk).update(
        waiting_parties=F("waiting_parties") + 1
    )
    offering.waiting_parties += 1


def keep_for_offer(offering: Offering, places: int) -> bool:
    """Move places from free to offered, and the party out of the count of waiting."""
    kept = Offering.objects.filter(
        pk=offering.pk,
        waiting_parties__gt=0,
        capacity__gte=F("seats_taken") + places,
    ).update(
        seats_taken=F("seats_taken") + places,
        waiting_parties=F("waiting_parties") - 1,
    )
    if kept:
        offering.seats_taken += places
        offering.waiting_parties -= 1
    return bool(kept)


def set_capacity(offering: Offering, capacity: int) -> bool:
    """Change the capacity, never below what is taken; the caller holds the lock."""
    changed = Offering.objects.filter(pk=offering.pk, seats_taken__lte=capacity).update(
        capacity=capacity
    )
    if changed:
        offering.capacity = capacity
    return bool(changed)


def set_line_moves_at(offering: Offering, moment: dt.datetime | None) -> None:
    """Start or stop the clock of a line whose next party needs more than is free.

    The caller holds the lock.
    """
    if moment != offering.line_moves_at:
        Offering.objects.filter(pk=offering.pk).update(line_moves_at=moment)
        offering.line_moves_at = moment


def await_draw(offering: Offering) -> bool:
    """Keep all places for a draw, only where nobody has one or waits for one.

    The caller holds the lock.
    """
    kept = Offering.objects.filter(
        pk=offering.pk, seats_taken=0, waiting_parties=0, cancelled_at=None
    ).update(awaits_draw=True)
    if kept:
        offering.awaits_draw = True
    return bool(kept)


def end_draw(offering: Offering, *, parties: int) -> None:
    """Let the drawn parties wait; the caller holds the lock, and fills afterwards."""
    Offering.objects.filter(pk=offering.pk, awaits_draw=True).update(
        awaits_draw=False, waiting_parties=parties
    )
    offering.awaits_draw, offering.waiting_parties = False, parties
