"""Requests for a place: approved or refused by the staff, or ended by their deadline.

All of them lock the offering first, as does cancelling: of several at one moment
exactly one wins, and what it frees goes to the waiting list before it commits.
"""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from booking import seats
from booking.exceptions import DecisionTooLate, ReasonNeeded
from booking.models import Offering, Reservation, ReservationState
from booking.owners import Event, tell
from booking.services.parties import free_seats
from booking.states import change_reservation
from core.transactions import atomic_retrying

LAPSED = "lapsed"


@atomic_retrying
def approve(
    *, reservation_id: int, by: User, now: dt.datetime, reason: str = ""
) -> Reservation:
    """Make a pending place firm and tell the person; approving twice is quiet.

    `reason` is a note that is kept with the history. Raises DecisionTooLate for what
    was decided or cancelled, or whose deadline is over.
    """
    reservation, _offering = _locked(reservation_id)
    if reservation.state == ReservationState.CONFIRMED:
        return reservation
    _require_open(reservation, now)
    change_reservation(
        reservation, ReservationState.CONFIRMED, by=by, now=now, reason=reason
    )
    tell(Event.APPROVED, reservation, now)
    return reservation


@atomic_retrying
def refuse(
    *, reservation_id: int, by: User, reason: str, now: dt.datetime
) -> Reservation:
    """End a pending place with a reason that is sent; refusing twice is quiet.

    The seat goes to the waiting list in the same transaction. Raises ReasonNeeded, and
    DecisionTooLate as `approve` does.
    """
    reservation, offering = _locked(reservation_id)
    if reservation.state == ReservationState.REFUSED:
        return reservation
    if not reason.strip():
        raise ReasonNeeded
    _require_open(reservation, now)
    change_reservation(
        reservation, ReservationState.REFUSED, by=by, now=now, reason=reason
    )
    tell(Event.REFUSED, reservation, now)
    free_seats(offering, 1, now=now)
    return reservation


def _locked(reservation_id: int) -> tuple[Reservation, Offering]:
    offering_id = Reservation.objects.values_list("offering_id", flat=True).get(
        pk=reservation_id
    )
    offering = seats.lock_one(offering_id)
    rows = Reservation.objects.select_related("offering", "person", "party__booked_by")
    return rows.get(pk=reservation_id), offering


def _require_open(reservation: Reservation, now: dt.datetime) -> None:
    if reservation.state != ReservationState.PENDING:
        raise DecisionTooLate(reservation.get_state_display())
    if _is_over(reservation, now):
        raise DecisionTooLate(ReservationState.EXPIRED.label)


def _is_over(reservation: Reservation, now: dt.datetime) -> bool:
    until = reservation.approval_until
    return until is not None and until <= now


def expire_requests(now: dt.datetime) -> int:
    """End every request that nobody decided in time; a step of the tick."""
    due = Reservation.objects.pending().filter(approval_until__lte=now)
    due = due.order_by("approval_until", "pk")
    return sum(
        expire_request(reservation_id=pk, now=now)
        for pk in list(due.values_list("pk", flat=True))
    )


@atomic_retrying
def expire_request(*, reservation_id: int, now: dt.datetime) -> bool:
    """End one request whose deadline is over; its seat goes to the waiting list."""
    reservation, offering = _locked(reservation_id)
    is_pending = reservation.state == ReservationState.PENDING
    if not is_pending or not _is_over(reservation, now):
        return False
    change_reservation(
        reservation, ReservationState.EXPIRED, by=None, now=now, reason=LAPSED
    )
    tell(Event.APPROVAL_EXPIRED, reservation, now)
    free_seats(offering, 1, now=now)
    return True
