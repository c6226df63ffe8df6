"""The parts that booking and the waiting list share: parties, rows, ended holds."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError

from accounts.models import Person, User
from booking import owners, seats
from booking.exceptions import NamesNeeded, PartyTooLarge
from booking.models import (
    GIVEN_BACK,
    Offering,
    Party,
    Reservation,
    ReservationState,
)
from booking.states import change_reservation
from core.compiled import Insert
from core.transactions import RunAgain

# No 0, O, 1, I, L, U: a reference is read over the telephone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 6
NEW_PARTY = Insert(Party)


def new_party(
    offering: Offering,
    booker: User,
    size: int,
    *,
    now: dt.datetime,
    held_until: dt.datetime | None = None,
) -> Party:
    """An unsaved party with a reference that is most likely free."""
    letters = [secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH)]
    return Party(
        offering=offering,
        booked_by=booker,
        reference="".join(letters),
        size=size,
        held_until=held_until,
        created_at=now,
    )


def write_party(party: Party) -> Party:
    """Write a new party, which then has its key.

    Raises RunAgain when the reference, or the booker's one hold, is there already.
    """
    try:
        NEW_PARTY([party])
    except IntegrityError as error:
        raise RunAgain from error
    return party


def new_reservation(
    party: Party, person: Person | None, state: str, *, now: dt.datetime
) -> Reservation:
    """An unsaved reservation with the snapshot that later reports need."""
    reservation = Reservation(
        party=party,
        offering=party.offering,
        person=person,
        state=state,
        created_at=now,
        changed_at=now,
        fee_rial=party.offering.fee_rial,
        support_percent=party.offering.support_percent,
    )
    snapshot_firm(reservation)
    return reservation


def require_size(places: int) -> None:
    """Refuse more places than one booker may take at once; raises PartyTooLarge."""
    if places > settings.HIDAJ_MAX_PARTY_SIZE:
        raise PartyTooLarge(settings.HIDAJ_MAX_PARTY_SIZE)


def require_names(
    offering: Offering, people: Sequence[Person | None], now: dt.datetime
) -> None:
    """Refuse places without a name when their time is over; raises NamesNeeded."""
    if None in people and not may_name(offering, now):
        raise NamesNeeded


def may_name(offering: Offering, now: dt.datetime) -> bool:
    """Whether a booker may still say who comes."""
    until = offering.names_until_at
    return until is None or now <= until


def snapshot_firm(reservation: Reservation) -> None:
    """Copy what reports need of the person's firm, as it is at this moment."""
    firm = reservation.person.firm if reservation.person else None
    if firm is not None:
        reservation.firm = firm
        reservation.firm_size_class = firm.size_class
        reservation.is_cluster_member = firm.is_cluster_member


def keep_hold_until(party: Party, until: dt.datetime) -> None:
    """Give a hold that was just taken a longer deadline than a form has."""
    party.held_until = until
    party.save(update_fields=["held_until"])


def release_expired_in(offering: Offering, *, now: dt.datetime) -> int:
    """Give back the places of expired holds; the caller holds the lock, then fills."""
    released = 0
    expired = Party.objects.with_expired_hold(now).filter(offering=offering)
    for party in list(expired):
        if expired.filter(pk=party.pk).update(held_until=None):
            end_hold(party, offering, ReservationState.EXPIRED, by=None, now=now)
            released += party.size
    return released


def give_up_own_hold(offering: Offering, booker: User, *, now: dt.datetime) -> int:
    """End the booker's hold here, if any; the caller holds the lock, then fills."""
    held = Party.objects.filter(
        offering=offering, booked_by=booker, held_until__isnull=False
    )
    party = held.first()
    if party is None or not held.update(held_until=None):
        return 0
    end_hold(party, offering, ReservationState.CANCELLED, by=booker, now=now)
    return party.size


def end_hold(
    party: Party,
    offering: Offering,
    to: str,
    *,
    by: User | None,
    now: dt.datetime,
) -> None:
    """End a hold whose deadline was just cleared; the caller holds the lock."""
    held = list(party.reservations.filter(state=ReservationState.HELD))
    reason = GIVEN_BACK if to == ReservationState.CANCELLED else ""
    for reservation in held:
        change_reservation(reservation, to, by=by, now=now, reason=reason)
    seats.give_back(offering, len(held))
    if offering.seats_taken == 0 and offering.waiting_parties == 0:
        owners.emptied(offering.kind, offering.pk, now)
