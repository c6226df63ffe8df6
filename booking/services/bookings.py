"""A booking of free places: made before the transaction, written in one go.

Whoever writes keeps others waiting (SQLite has one writer, PostgreSQL locks the row of
the offering), so that everything that can be done before is done before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError

from accounts.models import Person, User
from booking.exceptions import AlreadyBooked
from booking.models import Offering, Party, Reservation, ReservationState
from booking.owners import tell
from booking.services.free_places import take_or_raise
from booking.services.needs import Needs, ask_where_needed, event_of, write_needs
from booking.services.places import new_party, new_reservation
from booking.states import beginning
from core.compiled import Change, Insert
from core.keys import next_keys
from core.models import IdempotencyKey
from core.transactions import RunAgain, broken_constraint
from notifications import services as outbox
from notifications.models import OutboxMessage

NEW_KEYED_PARTY = Insert(Party, has_keys=True)
# How PostgreSQL and SQLite call the rule that nobody has two places in an offering,
STANDS_TWICE = (
    "reservation_person_stands_once",
    "booking_reservation.offering_id, booking_reservation.person_id",
)
# and those of what was drawn: a reference, or keys.
DRAWN = ("booking_party", "booking_reservation_pkey", "booking_reservation.id")


@dataclass
class Booking:
    """The rows of a party: made, and not written yet; good for one try."""

    party: Party
    places: list[Reservation]
    messages: list[OutboxMessage]
    changes: list[Change]
    is_tried: bool = False


def make_booking(
    offering: Offering,
    booker: User,
    people: Sequence[Person | None],
    needs: Needs,
    *,
    now: dt.datetime,
) -> Booking:
    """A party with its places, their history and their messages; writes nothing."""
    party = new_party(offering, booker, len(people), now=now)
    (party.pk,) = next_keys(Party, 1)
    places = _places(party, people, needs, now)
    with outbox.gathered() as messages:
        for place in places:
            tell(event_of(place), place, now)
    changes = [
        NEW_KEYED_PARTY.writing(party),
        *beginning(places, by=booker, now=now),
        *outbox.writing(messages),
    ]
    return Booking(party, places, messages, changes)


def _places(
    party: Party, people: Sequence[Person | None], needs: Needs, now: dt.datetime
) -> list[Reservation]:
    confirmed = ReservationState.CONFIRMED
    places = [new_reservation(party, person, confirmed, now=now) for person in people]
    write_needs(places, needs)
    keys = next_keys(Reservation, len(places))
    for place, key in zip(places, keys, strict=True):
        place.pk, place.state = key, ask_where_needed(place, now=now)
    return places


def write_booking(
    booking: Booking, record: IdempotencyKey, *, now: dt.datetime, by_centre: bool
) -> None:
    """Write it, with the result of the form in `record`, and take the seats last.

    Raises AlreadyBooked, what `take_or_raise` raises, and RunAgain when the reference
    or a key is there already.
    """
    booking.is_tried = True
    outbox.ring_for(booking.messages)
    try:
        take_or_raise(
            booking.party.offering,
            booking.party.size,
            now=now,
            by_centre=by_centre,
            after=[*booking.changes, record.remembering(booking.party.pk)],
        )
    except IntegrityError as error:
        broken = broken_constraint(error)
        if broken in STANDS_TWICE:
            raise AlreadyBooked from error
        if broken.startswith(DRAWN):
            raise RunAgain from error
        raise
