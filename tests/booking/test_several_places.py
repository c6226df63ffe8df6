from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Person, User
from booking import audit, audit_history
from booking.exceptions import (
    AlreadyBooked,
    CancelTooLate,
    Full,
    HoldOver,
    NamesNeeded,
    NamesTooLate,
    PartyTooLarge,
    PlaceEnded,
    PlaceNamed,
    TooFew,
    TransferTooLate,
)
from booking.models import Offering, Party, Reservation, WaitingEntry
from booking.owners import Event
from booking.services import parties, transfers, waiting
from booking.services.naming import name_place
from core.audit import run_audit
from tests.booking.conftest import Recorder
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def book(
    offering: Offering,
    *people: Person | None,
    booker: User | None = None,
    **more: object,
) -> list[Reservation]:
    fields = {"booker": booker or make_user(), "key": uuid4(), "now": NOW, **more}
    return parties.book(offering_id=offering.pk, people=list(people), **fields)


def wait(offering: Offering, *people: Person | None, **more: object) -> WaitingEntry:
    fields = {"booker": make_user(), "key": uuid4(), "now": NOW, **more}
    return waiting.join_list(offering_id=offering.pk, people=list(people), **fields)


def hold(offering: Offering, booker: User, size: int = 1) -> Party:
    return parties.hold_places(
        offering_id=offering.pk, booker=booker, size=size, now=NOW
    )


def taken(offering: Offering) -> int:
    offering.refresh_from_db()
    return offering.seats_taken


def states(offering: Offering) -> list[str]:
    rows = Reservation.objects.filter(offering=offering).order_by("pk")
    return list(rows.values_list("state", flat=True))


@pytest.fixture(autouse=True)
def audit_is_clean_afterwards() -> object:
    yield
    assert [r for r in run_audit() if r.violations and r.invariant <= 6] == []


def test_party_takes_places_with_names_now_and_later(recorder: Recorder) -> None:
    offering = make_offering(capacity=3)

    booked = book(offering, make_person(), None, None)

    assert [r.state for r in booked] == ["confirmed"] * 3
    assert [r.person_id is None for r in booked] == [False, True, True]
    assert taken(offering) == 3
    assert [event for event, _pk in recorder.told] == [Event.BOOKED] * 3


def test_too_few_places_are_none_and_say_what_is_left() -> None:
    offering = make_offering(capacity=3)
    book(offering, None)

    with pytest.raises(TooFew) as refused:
        book(offering, None, None, None)

    assert refused.value.left == 2
    assert taken(offering) == 1


def test_own_hold_counts_in_what_is_left() -> None:
    offering, booker = make_offering(capacity=2), make_user()
    hold(offering, booker)

    with pytest.raises(TooFew) as refused:
        book(offering, None, None, None, booker=booker)

    assert refused.value.left == 2
    assert [r.state for r in book(offering, None, None, booker=booker)] == [
        "confirmed",
        "confirmed",
    ]


def test_nothing_beyond_the_own_hold_is_left_while_somebody_waits() -> None:
    offering, booker = make_offering(capacity=2), make_user()
    hold(offering, booker)
    book(offering, None)
    wait(offering, None)

    with pytest.raises(TooFew) as refused:
        book(offering, None, None, booker=booker)

    assert refused.value.left == 1


def test_hold_of_many_booked_by_few_gives_the_rest_to_the_list() -> None:
    offering, booker = make_offering(capacity=3), make_user()
    hold(offering, booker, 3)
    entry = wait(offering, None)

    booked = book(offering, make_person(), booker=booker)

    entry.refresh_from_db()
    assert entry.state == "offered"
    assert len(booked) == 1
    assert booked[0].party.size == 1
    assert states(offering).count("cancelled") == 2
    # One booked, one on offer, one free.
    assert taken(offering) == 2


def test_hold_of_few_grows_to_what_is_booked() -> None:
    offering, booker = make_offering(capacity=3), make_user()
    party = hold(offering, booker)

    booked = book(offering, make_person(), None, None, booker=booker)

    assert {r.party_id for r in booked} == {party.pk}
    assert taken(offering) == 3


def test_resizing_a_hold_keeps_its_end() -> None:
    offering, booker = make_offering(capacity=3), make_user()
    party = hold(offering, booker)

    later = NOW + dt.timedelta(minutes=5)
    grown = parties.resize_hold(party_id=party.pk, size=3, now=later)
    more = taken(offering)
    parties.resize_hold(party_id=party.pk, size=2, now=later)

    assert (grown.held_until, more) == (party.held_until, 3)
    assert taken(offering) == 2
    with pytest.raises(TooFew):
        parties.resize_hold(party_id=party.pk, size=4, now=later)
    with pytest.raises(HoldOver):
        parties.resize_hold(party_id=party.pk, size=1, now=NOW + HOUR)
    parties.release_expired_holds(NOW + HOUR)


def test_hold_that_is_given_up_is_no_booking() -> None:
    offering, booker = make_offering(), make_user()
    party = hold(offering, booker, 2)

    parties.give_up_hold(party_id=party.pk, by=booker, now=NOW)

    assert taken(offering) == 0
    assert not party.reservations.without_holds().exists()


def test_party_waits_with_all_and_gives_its_hold_back() -> None:
    offering, booker = make_offering(capacity=2), make_user()
    book(offering, None)
    hold(offering, booker)

    entry = wait(offering, make_person(), None, booker=booker)

    assert (entry.places, entry.state) == (2, "waiting")
    assert taken(offering) == 1


def test_party_takes_its_offer_with_unnamed_places() -> None:
    offering = make_offering(capacity=2)
    booked = book(offering, None, None)
    entry = wait(offering, make_person(), None)
    parties.cancel_party(party_id=booked[0].party_id, by=None, now=NOW)
    entry.refresh_from_db()

    offer = entry.offers.get()
    places = waiting.accept_offer(offer_id=offer.pk, by=None, now=NOW)

    assert [r.state for r in places] == ["confirmed"] * 2
    assert taken(offering) == 2


def test_party_has_a_largest_size_for_bookers_only() -> None:
    offering, person = make_offering(capacity=30), make_person()

    for act in (book, wait):
        with pytest.raises(PartyTooLarge):
            act(offering, *[None] * 11)
    with pytest.raises(PartyTooLarge):
        hold(offering, make_user(), 11)

    assert len(book(offering, person, *[None] * 11, by_centre=True)) == 12


def test_names_are_needed_when_their_time_is_over() -> None:
    offering = make_offering(starts_at=NOW + 23 * HOUR, names_notice_hours=24)

    with pytest.raises(NamesNeeded):
        book(offering, None)

    assert book(offering, make_person())[0].state == "confirmed"


def test_name_is_written_once_and_told(recorder: Recorder) -> None:
    offering, person = make_offering(), make_person()
    (place,) = book(offering, None)

    for _ in range(2):
        name_place(reservation_id=place.pk, person=person, by=None, now=NOW)

    place.refresh_from_db()
    assert (place.person, place.version) == (person, 1)
    assert recorder.events_of(place) == [Event.BOOKED, Event.NAMED]
    assert list(place.status_changes.values_list("to_state", "reason")) == [
        ("confirmed", ""),
        ("confirmed", "named"),
    ]
    with pytest.raises(PlaceNamed):
        name_place(reservation_id=place.pk, person=make_person(), by=None, now=NOW)


def test_name_of_one_who_stands_there_is_refused() -> None:
    offering, person = make_offering(), make_person()
    _named, place = book(offering, person, None)

    with pytest.raises(AlreadyBooked):
        name_place(reservation_id=place.pk, person=person, by=None, now=NOW)


def test_names_after_their_time_are_the_centres() -> None:
    offering = make_offering(starts_at=NOW + 30 * HOUR)
    (place,) = book(offering, None)
    late, person = NOW + 7 * HOUR, make_person()

    with pytest.raises(NamesTooLate):
        name_place(reservation_id=place.pk, person=person, by=None, now=late)
    named = name_place(
        reservation_id=place.pk, person=person, by=None, now=late, by_centre=True
    )

    assert named.person == person


def test_turn_without_a_name_is_still_named() -> None:
    offering, person = make_offering(capacity=1), make_person()
    book(offering, None)
    turn = wait(offering, None).party.reservations.get()

    named = name_place(reservation_id=turn.pk, person=person, by=None, now=NOW)

    assert (named.state, named.person) == ("waiting", person)


def test_party_is_cancelled_as_a_whole(recorder: Recorder) -> None:
    offering = make_offering(capacity=3)
    places = book(offering, make_person(), None, None)
    entry = wait(offering, None, None, None)

    for _ in range(2):
        parties.cancel_party(party_id=places[0].party_id, by=None, now=NOW)

    entry.refresh_from_db()
    assert entry.state == "offered"
    assert [recorder.events_of(p)[-1] for p in places] == [
        Event.CANCELLED_BY_PERSON
    ] * 3


def test_party_is_not_cancelled_after_the_window() -> None:
    offering = make_offering(starts_at=NOW + 25 * HOUR)
    (place,) = book(offering, None)
    late = NOW + 2 * HOUR

    with pytest.raises(CancelTooLate):
        parties.cancel_party(party_id=place.party_id, by=None, now=late)


def move(place: Reservation, to: Offering, **more: object) -> Reservation:
    fields = {"by": None, "now": NOW, **more}
    return transfers.transfer(
        reservation_ids=[place.pk], to_offering_id=to.pk, **fields
    )[0]


def test_transfer_moves_the_seat_and_serves_the_list(recorder: Recorder) -> None:
    old, new = make_offering(capacity=1), make_offering(capacity=1)
    person = make_person()
    (place,) = book(old, person)
    entry = wait(old, make_person())

    first, again = move(place, new), move(place, new)

    place.refresh_from_db()
    entry.refresh_from_db()
    assert first == again
    assert (place.state, entry.state) == ("transferred", "offered")
    assert (first.state, first.person, first.previous) == ("confirmed", person, place)
    assert (taken(old), taken(new)) == (1, 1)
    assert recorder.events_of(first) == [Event.MOVED]


def test_transfer_passes_nobody_who_waits_and_no_capacity() -> None:
    old, new = make_offering(), make_offering(capacity=1)
    (place,) = book(old, make_person())
    book(new, None)
    wait(new, None)

    for by_centre in (False, True):
        with pytest.raises(Full):
            move(place, new, by_centre=by_centre)

    place.refresh_from_db()
    assert place.state == "confirmed"
    assert (taken(old), taken(new)) == (1, 1)


def test_transfer_of_one_who_stands_there_changes_nothing() -> None:
    old, new, person = make_offering(), make_offering(), make_person()
    (place,) = book(old, person)
    book(new, person)

    with pytest.raises(AlreadyBooked):
        move(place, new)

    assert (taken(old), taken(new)) == (1, 1)


def test_transfer_after_the_window_is_the_centres_at_the_old_price() -> None:
    old = make_offering(starts_at=NOW + 25 * HOUR, fee_rial=500)
    new = make_offering(fee_rial=900, closes_at=NOW)
    (place,) = book(old, make_person())
    late = NOW + 2 * HOUR

    with pytest.raises(TransferTooLate):
        move(place, new, now=late)
    moved = move(place, new, now=late, by_centre=True, reason="برف")

    place.refresh_from_db()
    assert (moved.fee_rial, place.end_reason) == (500, "برف")


def test_transfer_by_the_person_takes_the_new_price() -> None:
    old, new = make_offering(fee_rial=500), make_offering(fee_rial=900)
    (place,) = book(old, make_person())

    assert move(place, new).fee_rial == 900


def test_transfer_of_a_whole_party_is_all_or_none() -> None:
    old, new = make_offering(capacity=3), make_offering(capacity=2)
    places = book(old, make_person(), None, None)
    ids = [p.pk for p in places]

    with pytest.raises(TooFew) as refused:
        transfers.transfer(reservation_ids=ids, to_offering_id=new.pk, by=None, now=NOW)
    moved = transfers.transfer(
        reservation_ids=ids[:2], to_offering_id=new.pk, by=None, now=NOW
    )

    assert refused.value.left == 2
    assert [m.party.size for m in moved] == [2, 2]
    assert (taken(old), taken(new)) == (1, 2)


def test_transfer_of_an_ended_place_is_refused() -> None:
    old, new = make_offering(), make_offering()
    (place,) = book(old, make_person())
    parties.cancel_reservation(reservation_id=place.pk, by=None, now=NOW)

    with pytest.raises(PlaceEnded):
        move(place, new)


def test_database_lets_a_place_have_one_successor() -> None:
    old, new = make_offering(), make_offering()
    (place,) = book(old, make_person())
    moved = move(place, new)
    twin = Reservation(
        party=moved.party,
        offering=new,
        state="confirmed",
        previous=place,
        created_at=NOW,
        changed_at=NOW,
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_audit_finds_a_wrong_size_and_a_lost_transfer() -> None:
    (place,) = book(make_offering(), make_person())
    Party.objects.filter(pk=place.party_id).update(size=2)
    Reservation.objects.filter(pk=place.pk).update(state="transferred")

    assert audit_history.parties_have_their_places() == [
        f"party {place.party_id}: size 2, 1 places"
    ]
    assert audit.transfers_have_one_successor() == [
        f"reservation {place.pk}: transferred to nowhere"
    ]
    Party.objects.filter(pk=place.party_id).update(size=1)
    Reservation.objects.filter(pk=place.pk).update(state="confirmed")
