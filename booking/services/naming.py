"""Who comes on a place: naming one that has no name yet, and passing one on."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from accounts.models import Person, User
from booking import seats
from booking.exceptions import (
    AlreadyBooked,
    NamesTooLate,
    PlaceEnded,
    PlaceNamed,
    TurnStays,
)
from booking.models import Offering, Reservation, ReservationState
from booking.owners import Event, tell
from booking.services.places import may_name, new_reservation, snapshot_firm
from booking.states import PASSED_ON, begin, change_reservation, name_reservation
from core.transactions import atomic_retrying

# A turn in line and an application for a draw belong to who stands there: handed on,
# somebody would come in before those who wait. What waits for approval was asked for
# by one person.
PASSABLE = (ReservationState.CONFIRMED,)
NAMEABLE = (*PASSABLE, ReservationState.WAITING, ReservationState.PENDING)


@atomic_retrying
def name_place(
    *,
    reservation_id: int,
    person: Person,
    by: User | None,
    now: dt.datetime,
    by_centre: bool = False,
) -> Reservation:
    """Write who comes on a place that was booked without a name; the person is told.

    A booker may do so until `offering.names_until_at`, the centre at any time. The
    same person twice is quiet. Raises PlaceNamed when it has another name meanwhile,
    NamesTooLate, PlaceEnded and AlreadyBooked.
    """
    reservation = _locked(reservation_id)
    if reservation.person_id == person.pk:
        return reservation
    if reservation.state not in NAMEABLE:
        raise PlaceEnded
    if reservation.person_id is not None:
        raise PlaceNamed
    if not by_centre and not may_name(reservation.offering, now):
        raise NamesTooLate
    reservation.person = person
    snapshot_firm(reservation)
    try:
        with transaction.atomic():
            name_reservation(reservation, by=by, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    tell(Event.NAMED, reservation, now)
    return reservation


@atomic_retrying
def pass_on(
    *,
    reservation_id: int,
    person: Person,
    by: User | None,
    now: dt.datetime,
    by_centre: bool = False,
    reason: str = "",
) -> Reservation:
    """Give a person's place to somebody who is not there yet.

    The old row ends as transferred, with what the person attended; the new one is
    linked to it, in the same party and at the same price. Both people are told. A
    booker may do so until the start, the centre also later. The same change twice is
    quiet. Raises TurnStays for a turn in line and an application for a draw,
    NamesTooLate, PlaceEnded and AlreadyBooked.
    """
    old = _locked(reservation_id)
    successor = old.successors.filter(party=old.party_id, person=person).first()
    if successor is not None:
        return successor
    if old.person_id == person.pk:
        return old
    if old.state == ReservationState.WAITING and old.person_id is not None:
        raise TurnStays
    if old.state not in PASSABLE or old.person_id is None:
        raise PlaceEnded
    if not by_centre and has_begun(old.offering, now):
        raise NamesTooLate
    new = _successor(old, person, now)
    change_reservation(
        old,
        ReservationState.TRANSFERRED,
        by=by,
        now=now,
        reason=reason or PASSED_ON,
    )
    try:
        with transaction.atomic():
            begin([new], by=by, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    tell(Event.PASSED_ON, old, now)
    tell(Event.NAMED, new, now)
    return new


def has_begun(offering: Offering, now: dt.datetime) -> bool:
    """Whether the first meeting began; then a place has a history of its own."""
    return offering.starts_at is not None and offering.starts_at <= now


def _successor(old: Reservation, person: Person, now: dt.datetime) -> Reservation:
    new = new_reservation(old.party, person, old.state, now=now)
    new.previous = old
    new.fee_rial, new.support_percent = old.fee_rial, old.support_percent
    return new


def _locked(reservation_id: int) -> Reservation:
    """The place as it is now, under the lock of its offering."""
    offering_id = Reservation.objects.values_list("offering_id", flat=True).get(
        pk=reservation_id
    )
    offering = seats.lock_one(offering_id)
    reservation = Reservation.objects.select_related(
        "person__user", "person__firm", "party__booked_by", "party__offering"
    ).get(pk=reservation_id)
    reservation.offering = reservation.party.offering = offering
    return reservation
