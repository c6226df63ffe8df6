"""Making, opening, resizing and ending what can be booked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from accounts.models import User
from booking import seats
from booking.exceptions import CapacityBelowTaken
from booking.models import (
    GIVEN_BACK,
    LIVE,
    OPEN_ENTRY,
    Offer,
    Offering,
    Reservation,
    ReservationState,
    WaitingEntry,
)
from booking.owners import Event, tell
from booking.services import waiting
from booking.states import change_reservation
from core.transactions import atomic_retrying


@atomic_retrying
def create_offering(*, kind: str, capacity: int, **fields: Any) -> Offering:
    """A new offering with no place taken; closed unless `is_open` says otherwise."""
    return Offering.objects.create(kind=kind, capacity=capacity, **fields)


@atomic_retrying
def change_capacity(*, offering_id: int, capacity: int, now: dt.datetime) -> Offering:
    """Set the capacity and let the waiting list have what became free.

    Raises CapacityBelowTaken.
    """
    offering = seats.lock_one(offering_id)
    if not seats.set_capacity(offering, capacity):
        raise CapacityBelowTaken(offering.seats_taken)
    waiting.fill(offering, now=now)
    return offering


@atomic_retrying
def set_window(
    *,
    offering_id: int,
    is_open: bool,
    now: dt.datetime,
    opens_at: dt.datetime | None = None,
    closes_at: dt.datetime | None = None,
) -> Offering:
    """Open or close booking, with an optional window (aware times)."""
    offering = seats.lock_one(offering_id)
    offering.is_open = is_open and offering.cancelled_at is None
    offering.opens_at, offering.closes_at = opens_at, closes_at
    offering.save(update_fields=["is_open", "opens_at", "closes_at"])
    waiting.fill(offering, now=now)
    return offering


@atomic_retrying
def set_start(
    *, offering_id: int, starts_at: dt.datetime | None, now: dt.datetime
) -> None:
    """Tell the offering when its first meeting begins; windows count from there.

    No offer outlives an earlier start, and a later one sets the line going again.
    Staff have no longer to decide about requests than until then.
    """
    offering = seats.lock_one(offering_id)
    offering.starts_at = starts_at
    offering.save(update_fields=["starts_at"])
    if starts_at is not None:
        late = Reservation.objects.pending().filter(approval_until__gt=starts_at)
        late.filter(offering=offering).update(approval_until=starts_at)
        offers = Offer.objects.open().filter(offering=offering)
        offers.filter(expires_at__gt=starts_at).update(expires_at=starts_at)
    waiting.fill(offering, now=now)


@atomic_retrying
def cancel_offering(
    *, offering_id: int, by: User | None, reason: str, now: dt.datetime
) -> Offering:
    """End an offering by the centre: everyone with a seat or a turn is told why."""
    offering = seats.lock_one(offering_id)
    if offering.cancelled_at:
        return offering
    offering.is_open, offering.cancelled_at = False, now
    offering.save(update_fields=["is_open", "cancelled_at"])
    for entry in WaitingEntry.objects.filter(offering=offering, state__in=OPEN_ENTRY):
        waiting.withdraw(entry, offering, by=by, reason=reason, now=now)
    for reservation in _live_reservations(offering):
        _cancel_one(reservation, offering, by=by, reason=reason, now=now)
    return offering


def _live_reservations(offering: Offering) -> list[Reservation]:
    return list(
        Reservation.objects.select_for_update(no_key=True)
        .filter(offering=offering, state__in=LIVE)
        .order_by("pk")
    )


def _cancel_one(
    reservation: Reservation,
    offering: Offering,
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> None:
    was_held = reservation.state == ReservationState.HELD
    if was_held:
        reason = GIVEN_BACK
    change_reservation(
        reservation, ReservationState.CANCELLED, by=by, now=now, reason=reason
    )
    reservation.party.held_until = None
    reservation.party.save(update_fields=["held_until"])
    seats.give_back(offering, 1)
    if not was_held:
        tell(Event.CANCELLED_BY_CENTRE, reservation, now)
