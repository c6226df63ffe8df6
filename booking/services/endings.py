"""How places end that were there when the thing took place.

Completed, incomplete or no-show: they keep their seats. A first end is written without
more; what is mended afterwards has its reason.
"""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from booking import seats
from booking.exceptions import NotOver, ReasonNeeded
from booking.models import OVER, NoShowForgiven, Reservation, ReservationState
from booking.owners import Event, tell
from booking.states import change_reservation
from core.transactions import atomic_retrying


@atomic_retrying
def end_place(
    *,
    reservation_id: int,
    to: str,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
) -> Reservation:
    """Write how a confirmed place ended, or mend what was written; the same is quiet.

    Who did not come is told what follows, and told again when that is mended. Raises
    NotOver before the start, ReasonNeeded for a change of an end by somebody, and
    WrongTransition for a place that was never there.
    """
    offering_id = Reservation.objects.values_list("offering_id", flat=True).get(
        pk=reservation_id
    )
    offering = seats.lock_one(offering_id)
    reservation = Reservation.objects.select_related(
        "offering", "person", "party__booked_by"
    ).get(pk=reservation_id)
    before = reservation.state
    if before == to:
        return reservation
    if offering.starts_at is None or offering.starts_at > now:
        raise NotOver
    if before in OVER and not reason.strip():
        raise ReasonNeeded
    change_reservation(reservation, to, by=by, now=now, reason=reason)
    _tell(reservation, before, now)
    return reservation


def _tell(reservation: Reservation, before: str, now: dt.datetime) -> None:
    if reservation.person is None:
        return
    if reservation.state == ReservationState.NO_SHOW:
        tell(Event.NO_SHOW, reservation, now)
    elif before == ReservationState.NO_SHOW and not _was_forgiven(reservation):
        tell(Event.NO_SHOW_LIFTED, reservation, now)


def _was_forgiven(reservation: Reservation) -> bool:
    """Who was forgiven has heard already that it does not count."""
    return NoShowForgiven.objects.filter(reservation=reservation).exists()
