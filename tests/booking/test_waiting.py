from __future__ import annotations

import datetime as dt
import itertools
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Person
from booking.deadlines import offer_deadline
from booking.exceptions import (
    AlreadyBooked,
    CapacityBelowTaken,
    Full,
    OfferGone,
    PlacesFree,
)
from booking.models import Offer, Offering, Reservation, WaitingEntry
from booking.owners import Event
from booking.services import offerings, parties, waiting
from core.audit import run_audit
from core.links import digest
from tests.booking.conftest import Recorder
from tests.booking.test_parties import assert_audit_clean, book, seats_of
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
TEHRAN = ZoneInfo("Asia/Tehran")


def join(offering: Offering, *people: Person, now: dt.datetime = NOW) -> WaitingEntry:
    return waiting.join_list(
        offering_id=offering.pk,
        booker=make_user(),
        people=list(people) or [make_person()],
        key=uuid4(),
        now=now,
    )


def full_offering(capacity: int = 1) -> tuple[Offering, list[Reservation]]:
    offering = make_offering(capacity=capacity)
    return offering, [book(offering) for _ in range(capacity)]


def cancel(reservation: Reservation, now: dt.datetime = NOW) -> None:
    parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=now)


def test_join_waits_at_the_end(recorder: Recorder) -> None:
    offering, _ = full_offering()

    first, second = join(offering), join(offering)

    assert waiting.place_in_line(first) == 1
    assert waiting.place_in_line(second) == 2
    assert seats_of(offering) == (1, 2)
    reservation = first.party.reservations.get()
    assert recorder.events_of(reservation) == [Event.WAITLISTED]
    assert_audit_clean()


def test_join_is_refused_while_a_place_is_free() -> None:
    with pytest.raises(PlacesFree):
        join(make_offering())


def test_join_twice_is_refused() -> None:
    offering, _ = full_offering()
    person = make_person()
    join(offering, person)

    with pytest.raises(AlreadyBooked):
        join(offering, person)

    assert seats_of(offering) == (1, 1)


def test_nobody_passes_the_line() -> None:
    offering, (reservation,) = full_offering()
    join(offering), join(offering)

    cancel(reservation)

    with pytest.raises(Full):
        book(offering)


def test_freed_seat_goes_to_the_first_in_the_same_transaction(
    recorder: Recorder,
) -> None:
    offering, (reservation,) = full_offering()
    first, second = join(offering), join(offering)

    cancel(reservation)

    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("offered", "waiting")
    assert seats_of(offering) == (1, 1)
    waiter = first.party.reservations.get()
    assert recorder.events_of(waiter) == [Event.WAITLISTED, Event.OFFERED]
    offer = first.offers.get()
    assert offer.link_digest == digest(waiting.offer_link_secret(offer))
    assert_audit_clean()


def test_offer_accepted_twice_is_one_place() -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)
    cancel(reservation)
    offer = entry.offers.get()

    first = waiting.accept_offer(offer_id=offer.pk, by=None, now=NOW + HOUR)
    second = waiting.accept_offer(offer_id=offer.pk, by=None, now=NOW + HOUR)

    assert first == second
    assert first[0].state == "confirmed"
    assert seats_of(offering) == (1, 0)
    assert_audit_clean()


def test_offer_is_not_accepted_after_its_deadline() -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)
    cancel(reservation)
    offer = entry.offers.get()

    with pytest.raises(OfferGone):
        waiting.accept_offer(offer_id=offer.pk, by=None, now=offer.expires_at)


def test_offer_declined_goes_to_the_next() -> None:
    offering, (reservation,) = full_offering()
    first, second = join(offering), join(offering)
    cancel(reservation)
    offer = first.offers.get()

    waiting.decline_offer(offer_id=offer.pk, by=None, now=NOW)
    waiting.decline_offer(offer_id=offer.pk, by=None, now=NOW)

    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("declined", "offered")
    with pytest.raises(OfferGone):
        waiting.accept_offer(offer_id=offer.pk, by=None, now=NOW)
    assert_audit_clean()


def test_silence_once_waits_behind_the_others_and_twice_leaves(
    recorder: Recorder,
) -> None:
    offering = make_offering(capacity=1, starts_at=NOW + dt.timedelta(days=60))
    reservation = book(offering)
    first, second = join(offering), join(offering)
    cancel(reservation)
    now = first.offers.get().expires_at

    assert waiting.expire_offers(now) == 1
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("waiting", "offered")
    for _ in range(3):
        now += 48 * HOUR
        waiting.expire_offers(now)

    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("left", "left")
    assert seats_of(offering) == (0, 0)
    waiter = first.party.reservations.get()
    assert recorder.events_of(waiter) == [
        Event.WAITLISTED,
        Event.OFFERED,
        Event.OFFER_EXPIRED,
        Event.OFFERED,
        Event.LEFT_LIST,
    ]
    assert_audit_clean()


def test_leaving_with_an_offer_frees_the_place() -> None:
    offering, (reservation,) = full_offering()
    first, second = join(offering), join(offering)
    cancel(reservation)

    waiting.leave_list(entry_id=first.pk, by=None, now=NOW)
    waiting.leave_list(entry_id=first.pk, by=None, now=NOW)

    second.refresh_from_db()
    assert second.state == "offered"
    assert first.offers.get().state == "withdrawn"
    assert_audit_clean()


def test_place_in_line_is_counted_by_silence_rank_and_arrival(
    django_assert_num_queries: Any,
) -> None:
    offering, _ = full_offering()
    other, _ = full_offering()
    entries = [join(offering) for _ in range(8)]
    join(other)
    # Silences, ranks of a draw: more of both stand behind.
    for entry, (missed, rank) in zip(
        entries, itertools.product((1, 0), (2, 1, 1, 0)), strict=True
    ):
        entry.missed_offers, entry.rank = missed, rank
        entry.save()
    line = list(WaitingEntry.objects.filter(offering=offering).in_line())

    assert [waiting.place_in_line(entry) for entry in line] == list(range(1, 9))
    with django_assert_num_queries(2):
        waiting.place_in_line(line[-1])


def test_leaving_the_line_moves_the_others_up() -> None:
    offering, _ = full_offering()
    first, second = join(offering), join(offering)

    waiting.leave_list(entry_id=first.pk, by=None, now=NOW)

    assert waiting.place_in_line(second) == 1
    assert waiting.place_in_line(first) == 0
    assert seats_of(offering) == (1, 1)


def test_party_that_does_not_fit_keeps_its_turn() -> None:
    offering, reservations = full_offering(2)
    pair = join(offering, make_person(), make_person())
    single = join(offering)

    cancel(reservations[0])

    pair.refresh_from_db(), single.refresh_from_db()
    assert (pair.state, single.state) == ("waiting", "waiting")
    cancel(reservations[1])
    pair.refresh_from_db()
    assert pair.state == "offered"
    assert seats_of(offering) == (2, 1)
    assert_audit_clean()


def test_capacity_raised_serves_the_list_and_lowered_is_guarded() -> None:
    offering, _ = full_offering(2)
    entry = join(offering)

    offerings.change_capacity(offering_id=offering.pk, capacity=3, now=NOW)

    entry.refresh_from_db()
    assert entry.state == "offered"
    with pytest.raises(CapacityBelowTaken):
        offerings.change_capacity(offering_id=offering.pk, capacity=2, now=NOW)
    assert_audit_clean()


def test_cancelled_offering_ends_everyone(recorder: Recorder) -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)

    offerings.cancel_offering(
        offering_id=offering.pk, by=None, reason="به حد نصاب نرسید", now=NOW
    )

    entry.refresh_from_db(), reservation.refresh_from_db()
    assert (entry.state, reservation.state) == ("withdrawn", "cancelled")
    assert recorder.events_of(reservation)[-1] == Event.CANCELLED_BY_CENTRE
    assert seats_of(offering) == (0, 0)
    assert_audit_clean()


def test_no_offer_short_before_the_start_and_the_list_ends() -> None:
    offering = make_offering(capacity=1, starts_at=NOW + 26 * HOUR)
    reservation = book(offering)
    entry = join(offering)
    late = NOW + 24 * HOUR
    parties.cancel_reservation(
        reservation_id=reservation.pk, by=None, now=late, by_centre=True
    )

    entry.refresh_from_db()
    assert entry.state == "waiting"
    assert waiting.end_lists_of_started(NOW + 26 * HOUR) == 1
    entry.refresh_from_db()
    assert entry.state == "withdrawn"


@pytest.mark.parametrize(
    ("made", "start", "deadline"),
    [
        # 24 waking hours: 11:30 left of the first day, 12:30 of the second.
        ("2026-11-22 10:00", "2026-12-22 16:00", "2026-11-23 20:30"),
        # Within 48 hours of the start: 3 hours.
        ("2026-11-22 10:00", "2026-11-24 09:00", "2026-11-22 13:00"),
        # The clock stands still at night.
        ("2026-11-22 21:00", "2026-11-24 16:00", "2026-11-23 10:30"),
        ("2026-11-22 23:00", "2026-11-24 16:00", "2026-11-23 11:00"),
        # Never later than an hour before the start.
        ("2026-11-22 10:00", "2026-11-22 13:30", "2026-11-22 12:30"),
    ],
)
def test_offer_deadline_counts_waking_hours(
    made: str, start: str, deadline: str
) -> None:
    at = [
        dt.datetime.fromisoformat(text).replace(tzinfo=TEHRAN)
        for text in (made, start, deadline)
    ]

    assert offer_deadline(at[0], at[1]) == at[2]


def test_audit_sees_a_stranded_list() -> None:
    offering, _ = full_offering()
    join(offering)
    # Raw: the services would never leave it so.
    Offering.objects.filter(pk=offering.pk).update(capacity=2)

    names = {r.name for r in run_audit() if r.violations}

    assert "list served" in names


def test_offers_are_never_open_twice_for_one_entry() -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)
    cancel(reservation)

    assert Offer.objects.filter(entry=entry).open().count() == 1
