"""Parties and the places they hold: booking, holding, confirming, giving back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError

from accounts.models import Person, User
from booking import owners, seats
from booking.exceptions import AlreadyBooked, CancelTooLate, HoldOver
from booking.models import (
    GIVEN_BACK,
    Offering,
    Party,
    Reservation,
    ReservationState,
)
from booking.owners import Event, tell
from booking.services import waiting
from booking.services.bookings import Booking, make_booking, write_booking
from booking.services.free_places import take_or_raise
from booking.services.needs import Needs, ask_where_needed, event_of, write_needs
from booking.services.places import (
    end_hold,
    new_party,
    new_reservation,
    release_expired_in,
    require_names,
    require_size,
    snapshot_firm,
    write_party,
)
from booking.states import begin, change_reservation
from core.compiled import KEY, MOMENT, Given, Select
from core.idempotency import form_digest, once
from core.models import IdempotencyKey
from core.transactions import atomic_retrying

OWN_HOLD = Select(
    lambda: Party.objects.with_live_hold(Given("now", MOMENT)).filter(
        offering=Given("offering", KEY), booked_by=Given("booker", KEY)
    )
)


@atomic_retrying
def hold_places(
    *, offering_id: int, booker: User, now: dt.datetime, size: int = 1
) -> Party:
    """Keep places for a booker while their form is open; a second call finds the first.

    Raises Full, TooFew (with what is left), Closed and PartyTooLarge.
    """
    require_size(size)
    party = _own_hold(offering_id, booker, now)
    if party is not None:
        return party
    _release_own_expired(offering_id, booker, now=now)
    offering = Offering.objects.get(pk=offering_id)
    # Of two taps at once the slower one runs again and finds the hold of the other.
    party = _new_hold(offering, booker, size, now=now)
    take_or_raise(offering, size, now=now)
    return party


@atomic_retrying
def resize_hold(*, party_id: int, size: int, now: dt.datetime) -> Party:
    """Keep more or fewer places than before, until the same moment.

    What is given back goes to the waiting list in the same transaction; more are taken
    all or none. Raises HoldOver, Full, TooFew (with what is left, the held ones
    counted) and PartyTooLarge.
    """
    require_size(size)
    party = Party.objects.get(pk=party_id)
    fitted = _fit_hold(party, size, now=now, by_centre=False)
    if fitted is None:
        raise HoldOver
    return fitted


def _grow_hold(
    party: Party,
    offering: Offering,
    size: int,
    *,
    now: dt.datetime,
    by_centre: bool = False,
) -> None:
    held, more = party.size, size - party.size
    _set_size(party, size)
    party.offering = offering
    rows = [
        new_reservation(party, None, ReservationState.HELD, now=now)
        for _ in range(more)
    ]
    begin(rows, by=party.booked_by, now=now)
    take_or_raise(offering, more, now=now, by_centre=by_centre, own=held)


def _shrink_hold(
    party: Party, offering: Offering, size: int, *, now: dt.datetime
) -> None:
    surplus = list(
        party.reservations.filter(state=ReservationState.HELD).order_by("pk")
    )[size:]
    _set_size(party, size)
    for reservation in surplus:
        change_reservation(
            reservation,
            ReservationState.CANCELLED,
            by=party.booked_by,
            now=now,
            reason=GIVEN_BACK,
        )
    seats.give_back(offering, len(surplus))
    release_expired_in(offering, now=now)
    waiting.fill(offering, now=now)


def _set_size(party: Party, size: int) -> None:
    party.size = size
    party.save(update_fields=["size"])


def _own_hold(offering_id: int, booker: User, now: dt.datetime) -> Party | None:
    return OWN_HOLD.first(offering=offering_id, booker=booker.pk, now=now)


def _new_hold(
    offering: Offering, booker: User, size: int, *, now: dt.datetime
) -> Party:
    until = now + dt.timedelta(minutes=offering.hold_minutes)
    party = write_party(new_party(offering, booker, size, now=now, held_until=until))
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


@atomic_retrying
def book(
    *,
    offering_id: int,
    booker: User,
    people: Sequence[Person | None],
    key: UUID,
    now: dt.datetime,
    by_centre: bool = False,
    needs: Needs | None = None,
) -> list[Reservation]:
    """Give each person a place, all or none; who is None is named later.

    Places are confirmed, or pending where `needs` (by the key of the person) asks for
    approval. Uses the booker's hold when it still runs, gives back what it holds
    beyond and takes what it lacks; without a hold it takes free places. The same form
    sent twice gives the same reservations. `by_centre` lets reception book outside the
    window, without names, and more than a booker may. Raises Full, TooFew (with what
    is left), Closed, AlreadyBooked, NamesNeeded, PartyTooLarge and KeyReused.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="book",
        digest=form_digest(
            {"o": offering_id, "p": [person and person.pk for person in people]}
        ),
        now=now,
    )
    if record.result_id:
        party = Party.objects.get(pk=record.result_id)
        return list(party.reservations.without_holds().order_by("pk"))
    return give_places(
        offering=Offering.objects.get(pk=offering_id),
        booker=booker,
        people=people,
        now=now,
        by_centre=by_centre,
        needs=needs,
        record=record,
    )


@atomic_retrying
def give_places(
    *,
    offering: Offering,
    booker: User,
    people: Sequence[Person | None],
    now: dt.datetime,
    by_centre: bool = False,
    needs: Needs | None = None,
    record: IdempotencyKey,
    made: Booking | None = None,
) -> list[Reservation]:
    """As `book`, for a service that has claimed the key of the form itself.

    The offering may have been read before the transaction: what it says about free
    places decides nothing here. `record` gets the party as its result before the seat
    is taken, whose row others wait for. `made` is the booking of these people, made
    when the booker had no running hold a moment ago: none is looked for.
    """
    if not by_centre:
        require_size(len(people))
        require_names(offering, people, now)
    needs = needs or {}
    if made is None:
        places = _confirm_hold(
            offering, booker, people, needs, now=now, by_centre=by_centre
        )
        if places:
            record.remember(places[0].party_id)
            return places
    if made is None or made.is_tried:
        made = make_booking(offering, booker, people, needs, now=now)
    write_booking(made, record, now=now, by_centre=by_centre)
    return made.places


def _confirm_hold(
    offering: Offering,
    booker: User,
    people: Sequence[Person | None],
    needs: Needs,
    *,
    now: dt.datetime,
    by_centre: bool,
) -> list[Reservation]:
    """Turn a running hold into firm or pending places, after fitting its size.

    The deadline is cleared by a conditional UPDATE: either this or the release of
    expired holds wins, never both. A hold of the right size needs no lock. Empty when
    there is no hold.
    """
    party = _own_hold(offering.pk, booker, now)
    if party is not None and party.size != len(people):
        party = _fit_hold(party, len(people), now=now, by_centre=by_centre)
    if party is None:
        return []
    holds = Party.objects.with_live_hold(now).filter(pk=party.pk, size=len(people))
    if not holds.update(held_until=None):
        return []
    party.booked_by = booker
    held = party.reservations.filter(state=ReservationState.HELD).order_by("pk")
    places = list(held)
    for reservation, person in zip(places, people, strict=True):
        reservation.party, reservation.offering = party, offering
        _confirm_for(reservation, person, booker, needs, now=now)
    return places


def _fit_hold(
    party: Party, size: int, *, now: dt.datetime, by_centre: bool
) -> Party | None:
    """The hold with as many places as are booked; None when it ended meanwhile."""
    offering = seats.lock_one(party.offering_id)
    current = Party.objects.with_live_hold(now).filter(pk=party.pk).first()
    if current is not None and current.size < size:
        _grow_hold(current, offering, size, now=now, by_centre=by_centre)
    elif current is not None and current.size > size:
        _shrink_hold(current, offering, size, now=now)
    return current


def _confirm_for(
    reservation: Reservation,
    person: Person | None,
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
    free_seats(offering, 1, now=now)
    return reservation


@atomic_retrying
def cancel_party(
    *,
    party_id: int,
    by: User | None,
    now: dt.datetime,
    by_centre: bool = False,
    reason: str = "",
) -> list[Reservation]:
    """End every place of a party at once; the list has them all together.

    As `cancel_reservation`. Nothing left to cancel is quiet. Raises CancelTooLate.
    """
    party = Party.objects.get(pk=party_id)
    offering = seats.lock_one(party.offering_id)
    places = list(
        party.reservations.filter(
            state__in=[ReservationState.CONFIRMED, ReservationState.PENDING]
        )
        .select_related("offering", "person", "party__booked_by")
        .order_by("pk")
    )
    has_firm = any(p.state == ReservationState.CONFIRMED for p in places)
    if has_firm and not by_centre and not may_cancel(offering, now):
        raise CancelTooLate
    for reservation in places:
        change_reservation(
            reservation, ReservationState.CANCELLED, by=by, now=now, reason=reason
        )
    for reservation in places:
        tell(_cancel_event(by_centre), reservation, now)
    if places:
        free_seats(offering, len(places), now=now)
    return places


def _cancel_event(by_centre: bool) -> Event:
    return Event.CANCELLED_BY_CENTRE if by_centre else Event.CANCELLED_BY_PERSON


def free_seats(offering: Offering, places: int, *, now: dt.datetime) -> None:
    """Give places back and run the list; the caller holds the lock."""
    seats.give_back(offering, places)
    release_expired_in(offering, now=now)
    waiting.fill(offering, now=now)
    if offering.seats_taken == 0 and offering.waiting_parties == 0:
        owners.emptied(offering.kind, offering.pk, now)


def may_cancel(offering: Offering, now: dt.datetime) -> bool:
    """Whether a person may still cancel alone."""
    until = offering.cancel_until_at
    return until is None or now <= until
