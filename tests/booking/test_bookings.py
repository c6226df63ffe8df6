"""Bookings that are made before the transaction and written in one go."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from booking.exceptions import AlreadyBooked, Full
from booking.models import Offering, Party, Reservation
from booking.owners import Event
from booking.services import parties
from booking.services.bookings import Booking, make_booking
from core.idempotency import once
from core.models import IdempotencyKey
from core.transactions import atomic_retrying
from notifications.models import OutboxMessage
from tests.booking.conftest import Recorder
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@atomic_retrying
def write(made: Booking, booker: User, offering: Offering) -> list[Reservation]:
    form = {"key": uuid4(), "actor": "user:1", "action": "book", "digest": ""}
    return parties.give_places(
        offering=offering,
        booker=booker,
        people=[place.person for place in made.places],
        now=NOW,
        record=once(**form, now=NOW),
        made=made,
    )


def test_what_was_made_is_written_as_it_was_told(recorder: Recorder) -> None:
    offering, booker = make_offering(capacity=3), make_user()
    people = [make_person(), make_person(), None]

    made = make_booking(offering, booker, people, {}, now=NOW)
    assert not Party.objects.exists()
    places = write(made, booker, offering)

    found = list(Reservation.objects.order_by("pk"))
    assert found == places
    assert [place.person for place in found] == people
    assert {place.party.pk for place in found} == {made.party.pk}
    assert [place.status_changes.get().by for place in found] == [booker] * 3
    assert recorder.told == [(Event.BOOKED, place.pk) for place in places]
    assert IdempotencyKey.objects.get().result_id == made.party.pk
    offering.refresh_from_db()
    assert offering.seats_taken == 3


def test_what_was_drawn_and_is_taken_is_drawn_again() -> None:
    offering, booker, person = make_offering(), make_user(), make_person()
    made = make_booking(offering, booker, [person], {}, now=NOW)
    (first,) = write(made, booker, offering)
    parties.cancel_party(party_id=first.party_id, by=booker, now=NOW)

    # The keys and the reference of the first one: both are there.
    (second,) = write(replace(made, is_tried=False), booker, offering)

    assert second.pk != first.pk
    assert second.party.reference != first.party.reference
    assert Reservation.objects.live().get() == second


def test_nobody_stands_twice_and_nothing_is_left_of_the_second(
    recorder: Recorder,
) -> None:
    offering, booker, person = make_offering(), make_user(), make_person()
    write(make_booking(offering, booker, [person], {}, now=NOW), booker, offering)

    with pytest.raises(AlreadyBooked):
        write(make_booking(offering, booker, [person], {}, now=NOW), booker, offering)

    assert Party.objects.count() == Reservation.objects.count() == 1
    offering.refresh_from_db()
    assert offering.seats_taken == 1


def test_another_broken_rule_is_not_taken_for_that() -> None:
    offering, booker = make_offering(), make_user()
    nobody = make_booking(offering, booker, [], {}, now=NOW)

    with pytest.raises(IntegrityError, match="party_not_empty"):
        write(nobody, booker, offering)


def test_a_full_offering_leaves_nothing_of_what_was_made() -> None:
    offering, booker = make_offering(capacity=1), make_user()
    late = make_booking(offering, booker, [make_person()], {}, now=NOW)
    first = make_booking(offering, booker, [make_person()], {}, now=NOW)
    write(first, booker, offering)

    with pytest.raises(Full):
        write(late, booker, offering)

    assert Reservation.objects.get() == first.places[0]
    assert IdempotencyKey.objects.count() == 1
    assert not OutboxMessage.objects.exists()


def test_the_transaction_makes_nothing_and_reads_nothing() -> None:
    offering, booker = make_offering(), make_user()
    made = make_booking(offering, booker, [make_person()], {}, now=NOW)
    with CaptureQueriesContext(connection) as captured:
        write(made, booker, offering)

    kinds = [query["sql"].split()[0] for query in captured.captured_queries]
    inside = [kind for kind in kinds if kind not in ("BEGIN", "COMMIT")]
    # On PostgreSQL all but the form's key and the seat are one statement.
    others = ["WITH"] if connection.vendor == "postgresql" else ["INSERT"] * 3
    result = [] if connection.vendor == "postgresql" else ["UPDATE"]
    assert inside == ["INSERT", *others, *result, "UPDATE"]
