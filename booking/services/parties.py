"""Parties and the places they hold: booking, holding, confirming, giving back."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Person, User
from booking import owners, seats
from booking.exceptions import AlreadyBooked, CancelTooLate, Closed, Full
from booking.models import (
    Offering,
    Party,
    Reservation,
    ReservationState,
)
from booking.owners import Event, tell
from booking.services import waiting
from booking.services.needs import Needs, ask_where_needed, event_of, write_needs
from booking.services.places import (
    create_party,
    end_hold,
    new_reservation,
    release_expired_in,
    snapshot_firm,
)
from booking.states import begin, change_reservation
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying


@atomic_retrying
def hold_places(
    *, offering_id: int, booker: User, now: dt.datetime, size: int = 1
) -> Party:
    """Keep places for a booker while their form is open; a second call finds the first.

    Raises Full or Closed.
    """
    party = _own_hold(offering_id, booker, now)
    if party is not None:
        return party
    _release_own_expired(offering_id, booker, now=now)
    offering = Offering.objects.get(pk=offering_id)
    try:
        with transaction.atomic():
            party = _new_hold(offering, booker, size, now=now)
    except IntegrityError as error:
        # The same person tapped twice: the first tap's hold is the answer.
        party = _own_hold(offering_id, booker, now)
        if party is None:
            raise Full from error
        return party
    _take_or_raise(offering, size, now=now)
    return party


def _own_hold(offering_id: int, booker: User, now: dt.datetime) -> Party | None:
    holds = Party.objects.with_live_hold(now)
    return holds.filter(offering=offering_id, booked_by=booker).first()


def _new_hold(
    offering: Offering, booker: User, size: int, *, now: dt.datetime
) -> Party:
    party = create_party(offering, booker, size, now=now)
    party.held_until = now + dt.timedelta(minutes=offering.hold_minutes)
    party.save(update_fields=["held_until"])
    held = ReservationState.HELD
    rows = [new_reservation(party, None, held, now=now) for _ in range(size)]
    begin(rows, by=booker, now=now)
    return party


def _release_own_expired(offering_id: int, booker: User, *, now: dt.datetime) -> None:
    expired = Party.objects.with_expired_hold(now)
    if expired.filter(offering=offering_id, booked_by=booker).exists():
        offering = seats.lock_one(offering_id)
        release_expired_in(offering, now=now)
        waiting.fill(offering, now=now)


def _take_or_raise(
    offering: Offering, places: int, *, now: dt.datetime, by_centre: bool = False
) -> None:
    """The seat comes last; when it is gone, expired holds are given back first.

    What an expired hold frees belongs to the waiting list before it belongs to us.
    """
    if _take(offering, places, now=now, by_centre=by_centre):
        return
    offering = seats.lock_one(offering.pk)
    if release_expired_in(offering, now=now):
        waiting.fill(offering, now=now)
        if _take(offering, places, now=now, by_centre=by_centre):
            return
    is_closed = not by_centre and not offering.is_bookable(now)
    raise Closed if is_closed or offering.cancelled_at else Full


def _take(
    offering: Offering, places: int, *, now: dt.datetime, by_centre: bool
) -> bool:
    if by_centre:
        return seats.take_by_centre(offering.pk, places)
    return seats.take(offering.pk, places, now=now)


@atomic_retrying
def book(
    *,
    offering_id: int,
    booker: User,
    people: list[Person],
    key: UUID,
    now: dt.datetime,
    by_centre: bool = False,
    needs: Needs | None = None,
) -> list[Reservation]:
    """Give each person a place, all or none: confirmed, or pending where `needs` says.

    Uses the booker's hold when it still runs, and takes free places otherwise. The
    same form sent twice gives the same reservations. `by_centre` lets reception book
    outside the window. `needs` are those who need approval, by the key of the person.
    Raises Full, Closed, AlreadyBooked, and KeyReused.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="book",
        digest=form_digest({"o": offering_id, "p": [p.pk for p in people]}),
        now=now,
    )
    if record.result_id:
        return list(Party.objects.get(pk=record.result_id).reservations.order_by("pk"))
    needs = needs or {}
    party = _confirm_hold(offering_id, booker, people, needs, now=now)
    if party is None:
        party = _book_free(
            offering_id, booker, people, needs, now=now, by_centre=by_centre
        )
    record.remember(party.pk)
    return list(party.reservations.order_by("pk"))


def _confirm_hold(
    offering_id: int,
    booker: User,
    people: list[Person],
    needs: Needs,
    *,
    now: dt.datetime,
) -> Party | None:
    """Turn a running hold of the right size into confirmed or pending places.

    The deadline is cleared by a conditional UPDATE: either this or the release of
    expired holds wins, never both.
    """
    holds = Party.objects.with_live_hold(now).filter(
        offering=offering_id, booked_by=booker, size=len(people)
    )
    party = holds.select_related("offering").first()
    if party is None or not holds.filter(pk=party.pk).update(held_until=None):
        return None
    reservations = list(party.reservations.order_by("pk"))
    for reservation, person in zip(reservations, people, strict=True):
        reservation.party, reservation.offering = party, party.offering
        _confirm_for(reservation, person, booker, needs, now=now)
    return party


def _confirm_for(
    reservation: Reservation,
    person: Person,
    booker: User,
    needs: Needs,
    *,
    now: dt.datetime,
) -> None:
    reservation.person = person
    snapshot_firm(reservation)
    write_needs([reservation], needs)
    to = ask_where_needed(reservation, now=now)
    try:
        with transaction.atomic():
            reservation.save(
                update_fields=[
                    "person",
                    "firm",
                    "firm_size_class",
                    "is_cluster_member",
                    "approval_for",
                    "approval_until",
                    "statement",
                ]
            )
            change_reservation(reservation, to, by=booker, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    tell(event_of(reservation), reservation, now)


def _book_free(
    offering_id: int,
    booker: User,
    people: list[Person],
    needs: Needs,
    *,
    now: dt.datetime,
    by_centre: bool,
) -> Party:
    offering = Offering.objects.get(pk=offering_id)
    party = create_party(offering, booker, len(people), now=now)
    confirmed = ReservationState.CONFIRMED
    rows = [new_reservation(party, person, confirmed, now=now) for person in people]
    write_needs(rows, needs)
    for reservation in rows:
        reservation.state = ask_where_needed(reservation, now=now)
    try:
        with transaction.atomic():
            begin(rows, by=booker, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    for reservation in rows:
        tell(event_of(reservation), reservation, now)
    _take_or_raise(offering, len(people), now=now, by_centre=by_centre)
    return party


def release_expired_holds(now: dt.datetime) -> int:
    """Give back every hold whose time is over; a step of the tick."""
    offerings = (
        Party.objects.with_expired_hold(now)
        .values_list("offering_id", flat=True)
        .distinct()
    )
    return sum(_release_in(offering_id=pk, now=now) for pk in list(offerings))


@atomic_retrying
def _release_in(*, offering_id: int, now: dt.datetime) -> int:
    offering = seats.lock_one(offering_id)
    released = release_expired_in(offering, now=now)
    waiting.fill(offering, now=now)
    return released


@atomic_retrying
def give_up_hold(*, party_id: int, by: User, now: dt.datetime) -> None:
    """The booker leaves the form: the places are free again at once."""
    party = Party.objects.get(pk=party_id)
    offering = seats.lock_one(party.offering_id)
    if Party.objects.filter(pk=party_id, held_until__isnull=False).update(
        held_until=None
    ):
        end_hold(party, offering, ReservationState.CANCELLED, by=by, now=now)
        waiting.fill(offering, now=now)


@atomic_retrying
def cancel_reservation(
    *,
    reservation_id: int,
    by: User | None,
    now: dt.datetime,
    by_centre: bool = False,
    reason: str = "",
) -> Reservation:
    """End a place; it goes to the waiting list in the same transaction.

    A person may do so until the offering's window closes, and while the staff have not
    decided; the centre at any time, with a reason that is sent. Cancelling twice is
    quiet. Raises CancelTooLate, and WrongTransition for a place that has ended
    otherwise.
    """
    offering_id = Reservation.objects.values_list("offering_id", flat=True).get(
        pk=reservation_id
    )
    offering = seats.lock_one(offering_id)
    reservation = Reservation.objects.select_related(
        "offering", "person", "party__booked_by"
    ).get(pk=reservation_id)
    if reservation.state == ReservationState.CANCELLED:
        return reservation
    is_firm = reservation.state != ReservationState.PENDING
    if not by_centre and is_firm and not may_cancel(offering, now):
        raise CancelTooLate
    change_reservation(
        reservation, ReservationState.CANCELLED, by=by, now=now, reason=reason
    )
    tell(_cancel_event(by_centre), reservation, now)
    free_seat(offering, now=now)
    return reservation


def _cancel_event(by_centre: bool) -> Event:
    return Event.CANCELLED_BY_CENTRE if by_centre else Event.CANCELLED_BY_PERSON


def free_seat(offering: Offering, *, now: dt.datetime) -> None:
    """Give one ended place to the waiting list; the caller holds the lock."""
    seats.give_back(offering, 1)
    release_expired_in(offering, now=now)
    waiting.fill(offering, now=now)
    if offering.seats_taken == 0 and offering.waiting_parties == 0:
        owners.emptied(offering.kind, offering.pk, now)


def may_cancel(offering: Offering, now: dt.datetime) -> bool:
    """Whether a person may still cancel alone."""
    until = offering.cancel_until_at
    return until is None or now <= until
