"""Moving places from one offering to another: never neither, never both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from accounts.models import User
from booking import seats
from booking.exceptions import (
    AlreadyBooked,
    Closed,
    Full,
    PlaceEnded,
    TooFew,
    TransferTooLate,
)
from booking.models import Offering, Party, Reservation, ReservationState
from booking.owners import Event, tell
from booking.services import waiting
from booking.services.parties import free_seats, may_cancel
from booking.services.places import (
    give_up_own_hold,
    new_party,
    new_reservation,
    release_expired_in,
    write_party,
)
from booking.states import begin, change_reservation
from core.transactions import atomic_retrying


@atomic_retrying
def transfer(
    *,
    reservation_ids: Sequence[int],
    to_offering_id: int,
    by: User | None,
    now: dt.datetime,
    by_centre: bool = False,
    reason: str = "",
) -> list[Reservation]:
    """Move confirmed places of one party to another offering, all or none.

    Both offerings are locked in primary-key order. The old rows end as transferred,
    each new one is linked to its old one by `previous`; what became free goes to the
    old offering's list in the same transaction. Nobody passes the new offering's list.

    A person may do so until the old offering's window closes and while the new one is
    open, at its price; the centre at any time, with a reason, and the price stays. The
    same move twice is quiet. Raises TransferTooLate, PlaceEnded, Full, TooFew (with
    what is left), Closed and AlreadyBooked.
    """
    old, new = _lock(reservation_ids, to_offering_id)
    places = _places(reservation_ids)
    done = _moved_before(places, new)
    if done:
        return done
    if any(p.state != ReservationState.CONFIRMED for p in places) or old.pk == new.pk:
        raise PlaceEnded
    if not by_centre and not may_cancel(old, now):
        raise TransferTooLate
    _take(new, places, now=now, by_centre=by_centre)
    moved = _move(places, new, by=by, now=now, by_centre=by_centre, reason=reason)
    free_seats(old, len(places), now=now)
    for reservation in moved:
        tell(Event.MOVED, reservation, now)
    return moved


def _lock(
    reservation_ids: Sequence[int], to_offering_id: int
) -> tuple[Offering, Offering]:
    """The old offering and the new one, locked; raises ValueError for several old."""
    rows = Reservation.objects.filter(pk__in=reservation_ids)
    (from_id,) = set(rows.values_list("offering_id", flat=True))
    locked = {o.pk: o for o in seats.lock([from_id, to_offering_id])}
    return locked[from_id], locked[to_offering_id]


def _places(reservation_ids: Sequence[int]) -> list[Reservation]:
    return list(
        Reservation.objects.filter(pk__in=reservation_ids)
        .select_related("person__firm", "party__booked_by", "offering")
        .order_by("pk")
    )


def _moved_before(places: list[Reservation], new: Offering) -> list[Reservation]:
    """The places of an earlier tap of the same button."""
    found = Reservation.objects.filter(
        previous__in=places, offering=new, state=ReservationState.CONFIRMED
    )
    moved = list(found.order_by("pk"))
    return moved if len(moved) == len(places) else []


def _take(
    new: Offering, places: list[Reservation], *, now: dt.datetime, by_centre: bool
) -> None:
    give_up_own_hold(new, places[0].party.booked_by, now=now)
    release_expired_in(new, now=now)
    waiting.fill(new, now=now)
    count = len(places)
    if by_centre:
        is_taken = seats.take_by_centre(new.pk, count)
    else:
        is_taken = seats.take(new.pk, count, now=now)
    if is_taken:
        return
    if new.cancelled_at or not (by_centre or new.is_bookable(now)):
        raise Closed
    left = max(0, new.places_left)
    raise TooFew(left) if left else Full()


def _move(
    places: list[Reservation],
    new: Offering,
    *,
    by: User | None,
    now: dt.datetime,
    by_centre: bool,
    reason: str,
) -> list[Reservation]:
    party = write_party(new_party(new, places[0].party.booked_by, len(places), now=now))
    for old in places:
        change_reservation(
            old, ReservationState.TRANSFERRED, by=by, now=now, reason=reason
        )
    rows = [_successor(old, party, now=now, by_centre=by_centre) for old in places]
    try:
        with transaction.atomic():
            begin(rows, by=by, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    return rows


def _successor(
    old: Reservation, party: Party, *, now: dt.datetime, by_centre: bool
) -> Reservation:
    new = new_reservation(party, old.person, ReservationState.CONFIRMED, now=now)
    new.previous = old
    new.approval_for, new.statement = old.approval_for, old.statement
    if by_centre:
        new.fee_rial, new.support_percent = old.fee_rial, old.support_percent
    return new
