"""A place goes to another person; a turn does not."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest

from booking.exceptions import AlreadyBooked, NamesTooLate, PlaceEnded, TurnStays
from booking.owners import Event
from booking.services import draws, waiting
from booking.services.naming import pass_on
from tests.booking.conftest import Recorder
from tests.booking.test_several_places import book, taken, wait
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def test_place_is_passed_on_with_its_history(recorder: Recorder) -> None:
    offering, new = make_offering(fee_rial=1_000_000), make_person()
    (old,) = book(offering, make_person())

    first, again = (
        pass_on(reservation_id=old.pk, person=new, by=None, now=NOW) for _ in range(2)
    )

    old.refresh_from_db()
    assert first == again
    assert (old.state, old.end_reason) == ("transferred", "passed_on")
    assert (first.state, first.person, first.previous) == ("confirmed", new, old)
    assert (first.party, first.fee_rial) == (old.party, 1_000_000)
    assert taken(offering) == 1
    assert recorder.events_of(old)[-1:] == [Event.PASSED_ON]
    assert recorder.events_of(first) == [Event.NAMED]


def test_place_is_passed_on_to_nobody_who_stands_there() -> None:
    offering, person = make_offering(), make_person()
    place, _other = book(offering, make_person(), person)

    with pytest.raises(AlreadyBooked):
        pass_on(reservation_id=place.pk, person=person, by=None, now=NOW)

    place.refresh_from_db()
    assert place.state == "confirmed"


@pytest.mark.parametrize("by_centre", [False, True])
def test_turn_in_line_is_not_passed_on(by_centre: bool) -> None:
    offering, person = make_offering(capacity=1), make_person()
    book(offering, None)
    entry = wait(offering, person)
    turn = entry.party.reservations.get()

    with pytest.raises(TurnStays):
        pass_on(
            reservation_id=turn.pk,
            person=make_person(),
            by=None,
            now=NOW,
            by_centre=by_centre,
        )

    (still,) = waiting.waiting_reservations(entry)
    assert (still.pk, still.person) == (turn.pk, person)


def test_application_for_a_draw_is_not_passed_on() -> None:
    offering, person = make_offering(), make_person()
    draws.set_up_draw(
        offering_id=offering.pk,
        opens_at=NOW + HOUR,
        closes_at=NOW + 25 * HOUR,
        by=None,
        now=NOW,
    )
    entry = draws.apply_for_draw(
        offering_id=offering.pk,
        booker=make_user(),
        people=[person],
        key=uuid4(),
        now=NOW + 2 * HOUR,
    )
    application = entry.party.reservations.get()

    with pytest.raises(TurnStays):
        pass_on(
            reservation_id=application.pk,
            person=make_person(),
            by=None,
            now=NOW + 2 * HOUR,
        )

    application.refresh_from_db()
    assert (application.state, application.person) == ("waiting", person)


def test_passing_on_after_the_start_is_the_centres() -> None:
    offering, new = make_offering(starts_at=NOW + HOUR), make_person()
    (old,) = book(offering, make_person())
    begun = NOW + 2 * HOUR

    with pytest.raises(NamesTooLate):
        pass_on(reservation_id=old.pk, person=new, by=None, now=begun)
    place = pass_on(
        reservation_id=old.pk, person=new, by=None, now=begun, by_centre=True
    )
    with pytest.raises(PlaceEnded):
        pass_on(reservation_id=old.pk, person=make_person(), by=None, now=NOW)

    assert place.person == new
