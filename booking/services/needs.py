"""Who needs approval, and until when the staff decide.

Whether somebody needs it is decided by the app that owns the offering; booking is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings

from booking.exceptions import ApprovalNeeded
from booking.models import Reservation, ReservationState
from booking.owners import Event


@dataclass(frozen=True)
class Need:
    """Why the staff decide about somebody (ApprovalReason), and what the person says.

    Without a reason the statement is kept and the place is firm at once.
    """

    reasons: tuple[str, ...] = ()
    statement: str = ""


# By the key of the person.
Needs = Mapping[int, Need]


def write_needs(reservations: Iterable[Reservation], needs: Needs) -> None:
    """Note in (unsaved) places why they need approval; others need none."""
    for reservation in reservations:
        need = needs.get(reservation.person_id or 0, Need())
        reservation.approval_for = " ".join(need.reasons)
        reservation.statement = need.statement


def ask_where_needed(reservation: Reservation, *, now: dt.datetime) -> ReservationState:
    """The state that a new place gets; sets the (unsaved) deadline of a request."""
    if not reservation.approval_for:
        return ReservationState.CONFIRMED
    reservation.approval_until = deadline(now, reservation.offering.starts_at)
    return ReservationState.PENDING


def require_told(needs: Needs, told: Iterable[str]) -> None:
    """Nobody is sent to the staff unawares; `told` are the reasons that were shown.

    Raises ApprovalNeeded with all reasons.
    """
    reasons = tuple(dict.fromkeys(r for need in needs.values() for r in need.reasons))
    if not set(reasons) <= set(told):
        raise ApprovalNeeded(reasons)


def event_of(reservation: Reservation) -> Event:
    """What is told about a place that was just taken."""
    is_pending = reservation.state == ReservationState.PENDING
    return Event.ASKED if is_pending else Event.BOOKED


def deadline(now: dt.datetime, starts_at: dt.datetime | None) -> dt.datetime:
    """Until when the staff decide about a request made now (UTC).

    Some hours before the start at the latest, at the start when those have begun; the
    whole time for what has begun already and can still be booked.
    """
    until = now + dt.timedelta(hours=settings.HIDAJ_APPROVAL_HOURS)
    if starts_at is None or starts_at <= now:
        return until
    before = dt.timedelta(hours=settings.HIDAJ_APPROVAL_HOURS_BEFORE_START)
    latest = starts_at - before
    return min(until, latest if latest > now else starts_at)
