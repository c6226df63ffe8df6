from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from booking.deadlines import line_moves_at, night_ends_at, offer_deadline
from booking.exceptions import Full, LineActRefused, OfferGone
from booking.models import Offer, Offering, StatusChange
from booking.owners import Event
from booking.services import line_acts, offerings, parties, waiting
from core.audit import run_audit
from tests.booking.conftest import Recorder
from tests.booking.test_parties import book, seats_of
from tests.booking.test_waiting import HOUR, TEHRAN, cancel, full_offering, join
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def broken(now: dt.datetime) -> set[str]:
    """The names of the checks of booking that find something at this moment."""
    with time_machine.travel(now, tick=False):
        return {r.name for r in run_audit() if r.violations and r.invariant <= 6}


def states_of(*entries: object) -> list[str]:
    for entry in entries:
        entry.refresh_from_db()  # type: ignore[attr-defined]
    return [entry.state for entry in entries]  # type: ignore[attr-defined]


# -- A party that does not fit -------------------------------------------------------


def test_free_place_waits_for_a_larger_party_and_then_goes_on() -> None:
    offering, reservations = full_offering(2)
    pair = join(offering, make_person(), make_person())
    first, second = join(offering), join(offering)
    cancel(reservations[0])
    offering.refresh_from_db()
    moves_at = offering.line_moves_at

    assert moves_at == offer_deadline(NOW, offering.starts_at)
    assert waiting.move_lines(moves_at - MINUTE) == 0
    assert broken(moves_at - MINUTE) == set()
    assert waiting.move_lines(moves_at) == 1
    assert waiting.move_lines(moves_at) == 0

    assert states_of(pair, first, second) == ["waiting", "offered", "waiting"]
    assert waiting.place_in_line(pair) == 1
    assert first.offers.get().passed_from_at == moves_at
    offering.refresh_from_db()
    assert offering.line_moves_at is None
    assert broken(moves_at) == set()


def test_larger_party_is_asked_when_enough_is_free_in_time() -> None:
    offering, reservations = full_offering(2)
    pair = join(offering, make_person(), make_person())
    single = join(offering)
    cancel(reservations[0])

    cancel(reservations[1], NOW + HOUR)

    assert states_of(pair, single) == ["offered", "waiting"]
    assert pair.offers.get().passed_from_at is None
    assert broken(NOW + HOUR) == set()


def test_clock_starts_anew_for_the_next_free_place() -> None:
    offering, reservations = full_offering(3)
    trio = join(offering, make_person(), make_person(), make_person())
    join(offering), join(offering)
    cancel(reservations[0])
    offering.refresh_from_db()
    waiting.move_lines(offering.line_moves_at)

    later = offering.line_moves_at + HOUR
    cancel(reservations[1], later)

    offering.refresh_from_db()
    assert offering.line_moves_at > later
    assert states_of(trio) == ["waiting"]


def test_small_party_that_comes_after_the_wait_is_asked_at_once() -> None:
    offering, reservations = full_offering(2)
    pair = join(offering, make_person(), make_person())
    cancel(reservations[0])
    offering.refresh_from_db()
    late = offering.line_moves_at + HOUR

    single = join(offering, now=late)

    assert states_of(pair, single) == ["waiting", "offered"]
    assert broken(late) == set()


def test_public_finds_it_full_while_a_place_waits_for_a_party() -> None:
    offering, reservations = full_offering(2)
    join(offering, make_person(), make_person())
    cancel(reservations[0])

    with pytest.raises(Full):
        book(offering)


def test_larger_party_that_leaves_lets_the_line_go_on() -> None:
    offering, reservations = full_offering(2)
    pair = join(offering, make_person(), make_person())
    single = join(offering)
    cancel(reservations[0])

    waiting.leave_list(entry_id=pair.pk, by=None, now=NOW)

    assert states_of(single) == ["offered"]
    assert single.offers.get().passed_from_at is None


def test_one_person_of_a_party_leaves_and_the_rest_fits() -> None:
    offering, reservations = full_offering(2)
    pair = join(offering, make_person(), make_person())
    cancel(reservations[0])
    gone, left = pair.party.reservations.order_by("pk")

    line_acts.leave_alone(reservation_id=gone.pk, by=None, now=NOW)
    line_acts.leave_alone(reservation_id=gone.pk, by=None, now=NOW)

    assert states_of(pair) == ["offered"]
    assert states_of(gone, left) == ["cancelled", "waiting"]
    with pytest.raises(LineActRefused):
        line_acts.leave_alone(reservation_id=left.pk, by=None, now=NOW)
    [taken] = waiting.accept_offer(
        offer_id=pair.offers.get().pk, by=None, now=NOW + HOUR
    )
    assert taken == left
    assert broken(NOW + HOUR) == set()


def test_last_person_of_a_party_ends_the_turn() -> None:
    offering, _ = full_offering()
    entry = join(offering)

    line_acts.leave_alone(
        reservation_id=entry.party.reservations.get().pk, by=None, now=NOW
    )

    assert states_of(entry) == ["left"]
    assert seats_of(offering) == (1, 0)


@pytest.mark.parametrize(
    ("freed", "start", "moves"),
    [
        ("2026-11-22 10:00", "2026-12-22 16:00", "2026-11-23 20:30"),
        ("2026-11-22 10:00", "2026-11-24 09:00", "2026-11-22 13:00"),
        # An hour before the last offers at the latest, at once when that is over.
        ("2026-11-22 10:00", "2026-11-22 16:00", "2026-11-22 12:00"),
        ("2026-11-22 10:00", "2026-11-22 13:30", "2026-11-22 10:00"),
    ],
)
def test_patience_with_a_larger_party_ends_before_the_last_offers(
    freed: str, start: str, moves: str
) -> None:
    at = [
        dt.datetime.fromisoformat(text).replace(tzinfo=TEHRAN)
        for text in (freed, start, moves)
    ]

    assert line_moves_at(at[0], at[1]) == at[2]


def test_night_ends_at_eight() -> None:
    evening = dt.datetime(2026, 11, 22, 21, 30, tzinfo=TEHRAN)

    assert night_ends_at(evening - MINUTE) is None
    assert night_ends_at(evening) == dt.datetime(2026, 11, 23, 8, tzinfo=TEHRAN)
    assert night_ends_at(evening + 10 * HOUR) == dt.datetime(
        2026, 11, 23, 8, tzinfo=TEHRAN
    )
    assert night_ends_at(evening + 10.5 * HOUR) is None


# -- The audit sees it ---------------------------------------------------------------


def stalled() -> Offering:
    offering, reservations = full_offering(2)
    join(offering, make_person(), make_person())
    join(offering)
    cancel(reservations[0])
    offering.refresh_from_db()
    return offering


def test_audit_sees_a_line_whose_clock_does_not_run() -> None:
    offering = stalled()
    Offering.objects.filter(pk=offering.pk).update(line_moves_at=None)

    assert broken(NOW) == {"list served"}


def test_audit_sees_a_line_that_no_tick_moved() -> None:
    offering = stalled()

    assert broken(offering.line_moves_at + MINUTE) == set()
    assert broken(offering.line_moves_at + 3 * MINUTE) == {"list served"}


def test_audit_sees_an_offer_past_the_line() -> None:
    offering = stalled()
    waiting.move_lines(offering.line_moves_at)
    Offer.objects.update(passed_from_at=None)

    assert broken(offering.line_moves_at) == {"offers in order"}


# -- What staff do -------------------------------------------------------------------


def test_withdrawn_turn_is_told_and_the_next_is_asked(recorder: Recorder) -> None:
    offering, (reservation,) = full_offering()
    first, second = join(offering), join(offering)
    cancel(reservation)

    with pytest.raises(LineActRefused):
        line_acts.withdraw_entry(entry_id=first.pk, by=None, reason=" ", now=NOW)
    line_acts.withdraw_entry(entry_id=first.pk, by=None, reason="تماس گرفت", now=NOW)
    line_acts.withdraw_entry(entry_id=first.pk, by=None, reason="دوباره", now=NOW)

    assert states_of(first, second) == ["withdrawn", "offered"]
    waiter = first.party.reservations.get()
    assert waiter.end_reason == "تماس گرفت"
    assert recorder.events_of(waiter)[-1] == Event.CANCELLED_BY_CENTRE
    assert broken(NOW) == set()


def test_extended_offer_is_told_and_holds_longer(recorder: Recorder) -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)
    cancel(reservation)
    offer, staff = entry.offers.get(), make_user()
    until = offer.expires_at + 5 * HOUR

    line_acts.extend_offer(offer_id=offer.pk, until=until, by=staff, now=NOW)

    assert waiting.expire_offers(offer.expires_at) == 0
    assert recorder.events_of(entry.party.reservations.get())[-1] == (
        Event.OFFER_EXTENDED
    )
    change = StatusChange.objects.filter(offer=offer).latest("pk")
    assert (change.by, change.reason) == (staff, "extended")
    waiting.accept_offer(offer_id=offer.pk, by=None, now=until - MINUTE)
    assert broken(NOW) == set()


def test_offer_is_not_shortened_nor_carried_past_the_start() -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)
    cancel(reservation)
    offer = entry.offers.get()

    for until in (offer.expires_at, offering.starts_at - 59 * MINUTE):
        with pytest.raises(LineActRefused):
            line_acts.extend_offer(offer_id=offer.pk, until=until, by=None, now=NOW)
    with pytest.raises(OfferGone):
        line_acts.extend_offer(
            offer_id=offer.pk,
            until=offer.expires_at + HOUR,
            by=None,
            now=offer.expires_at,
        )


def test_party_lets_an_offer_pass_and_stays(recorder: Recorder) -> None:
    offering, (reservation,) = full_offering()
    first, second = join(offering), join(offering)
    cancel(reservation)
    offer = first.offers.get()

    line_acts.let_offer_pass(offer_id=offer.pk, by=None, now=NOW)
    line_acts.let_offer_pass(offer_id=offer.pk, by=None, now=NOW)

    assert states_of(first, second, offer) == ["waiting", "offered", "withdrawn"]
    assert first.missed_offers == 1
    with pytest.raises(OfferGone):
        waiting.accept_offer(offer_id=offer.pk, by=None, now=NOW)
    assert broken(NOW) == set()


# -- The start moves -----------------------------------------------------------------


def test_later_start_sets_the_line_going_again() -> None:
    offering = make_offering(capacity=1, starts_at=NOW + 26 * HOUR)
    reservation = book(offering)
    entry = join(offering)
    late = NOW + 24 * HOUR
    parties.cancel_reservation(
        reservation_id=reservation.pk, by=None, now=late, by_centre=True
    )
    assert states_of(entry) == ["waiting"]

    offerings.set_start(
        offering_id=offering.pk, starts_at=late + dt.timedelta(days=7), now=late
    )

    assert states_of(entry) == ["offered"]


def test_offer_does_not_outlive_an_earlier_start() -> None:
    offering, (reservation,) = full_offering()
    entry = join(offering)
    cancel(reservation)
    start = NOW + 4 * HOUR

    offerings.set_start(offering_id=offering.pk, starts_at=start, now=NOW)

    with pytest.raises(OfferGone):
        waiting.accept_offer(offer_id=entry.offers.get().pk, by=None, now=start)
