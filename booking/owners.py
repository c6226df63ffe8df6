"""How booking tells the app that owns an offering what happened to it.

Courses and consulting register themselves at start-up; booking knows neither. The
owner is told inside the transaction of the change and writes the outbox rows there,
so that no change that people must hear of can commit without its messages.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from booking.models import Reservation


class Event(enum.StrEnum):
    """What can happen to a reservation that somebody must hear of."""

    BOOKED = "booked"
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    APPROVAL_EXPIRED = "approval_expired"
    WAITLISTED = "waitlisted"
    APPLIED = "applied"
    DRAWN = "drawn"
    OFFERED = "offered"
    OFFER_EXTENDED = "offer_extended"
    OFFER_EXPIRED = "offer_expired"
    LEFT_LIST = "left_list"
    NAMED = "named"
    PASSED_ON = "passed_on"
    MOVED = "moved"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    CANCELLED_BY_CENTRE = "cancelled_by_centre"
    NO_SHOW = "no_show"
    NO_SHOW_LIFTED = "no_show_lifted"


@dataclass(frozen=True)
class Times:
    """One time (UTC) at which an offering takes place, and what it is called."""

    offering_id: int
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class OfferingOwner:
    """What an app does for the offerings of its kind.

    `tell(event, reservation, now)` writes the outbox rows of one reservation.
    `emptied(offering_id, now)` is called, under the offering's lock, when its last
    live reservation ended; a consulting meeting gives its time back there.
    `times(offering_ids, after)` says when they take place, as far as it ends later.
    """

    kind: str
    tell: Callable[[Event, Reservation, dt.datetime], None]
    emptied: Callable[[int, dt.datetime], None]
    times: Callable[[Sequence[int], dt.datetime], list[Times]]


@dataclass(frozen=True)
class Freed:
    """Resources that became free between two moments (UTC)."""

    resource_ids: tuple[int, ...]
    from_at: dt.datetime
    to_at: dt.datetime


_owners: dict[str, OfferingOwner] = {}
_after_freeing: list[Callable[[Freed, dt.datetime], object]] = []


def register(owner: OfferingOwner) -> None:
    """Called once for each kind of offering, at start-up."""
    _owners[owner.kind] = owner


def register_after_freeing(callback: Callable[[Freed, dt.datetime], object]) -> None:
    """Have `callback(freed, now)` called when leave, a closure or a class gave time."""
    _after_freeing.append(callback)


def time_freed(freed: Freed | None, now: dt.datetime) -> None:
    """Tell who waits for time that some is free, in the transaction that freed it."""
    if freed is not None:
        for callback in _after_freeing:
            callback(freed, now)


def tell(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """Pass an event to the owner of the reservation's offering."""
    _owners[reservation.offering.kind].tell(event, reservation, now)


def emptied(kind: str, offering_id: int, now: dt.datetime) -> None:
    """Tell the owner that nobody is booked any more."""
    _owners[kind].emptied(offering_id, now)


def times(kind: str, offering_ids: Sequence[int], after: dt.datetime) -> list[Times]:
    """When offerings of one kind take place, as far as they end after a moment."""
    return _owners[kind].times(offering_ids, after)
