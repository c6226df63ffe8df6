from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Person
from booking import audit_decisions
from booking.exceptions import BookingError, NotOver, ReasonNeeded, WrongTransition
from booking.models import NoShowForgiven, Reservation, StatusChange
from booking.owners import Event
from booking.services import approval, no_shows, parties
from booking.services.endings import end_place
from booking.services.needs import Need
from core.audit import run_audit
from tests.booking.conftest import Recorder
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def book(
    person: Person | None = None,
    *,
    at: dt.datetime = NOW + DAY,
    need: Need | None = None,
) -> Reservation:
    """A firm place in something of its own that begins at a moment."""
    person = person or make_person()
    booked = parties.book(
        offering_id=make_offering(starts_at=at).pk,
        booker=make_user(),
        people=[person],
        key=uuid4(),
        now=at - DAY,
        needs={person.pk: need} if need else None,
    )[0]
    if need:
        approval.approve(reservation_id=booked.pk, by=make_user(), now=at - DAY)
    return booked


def end(reservation: Reservation, to: str, reason: str = "") -> Reservation:
    starts_at = reservation.offering.starts_at
    assert starts_at is not None
    return end_place(
        reservation_id=reservation.pk,
        to=to,
        by=make_user(),
        reason=reason,
        now=starts_at + DAY,
    )


def miss(person: Person, *, at: dt.datetime = NOW + DAY) -> Reservation:
    return end(book(person, at=at), "no_show")


def seats_of(reservation: Reservation) -> int:
    reservation.offering.refresh_from_db()
    return reservation.offering.seats_taken


def assert_audit_clean() -> None:
    booking_alone = {1, 2, 4, 5, 6, 16, 17}
    assert [
        r for r in run_audit() if r.violations and r.invariant in booking_alone
    ] == []


@pytest.mark.parametrize("to", ["completed", "incomplete", "no_show"])
def test_end_keeps_the_seat_and_the_same_twice_is_quiet(to: str) -> None:
    reservation = book()

    for _ in range(2):
        ended = end(reservation, to)

    assert ended.state == to
    assert ended.ended_at is not None
    assert seats_of(reservation) == 1
    assert StatusChange.objects.filter(to_state=to).count() == 1
    assert_audit_clean()


def test_end_before_the_start_is_refused() -> None:
    reservation = book()

    with pytest.raises(NotOver):
        end_place(reservation_id=reservation.pk, to="completed", by=None, now=NOW)


def test_end_of_a_cancelled_place_is_refused() -> None:
    reservation = book()
    parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)

    with pytest.raises(WrongTransition):
        end(reservation, "completed")


def test_end_is_mended_with_a_reason_and_who_missed_hears_both(
    recorder: Recorder,
) -> None:
    reservation = book()
    end(reservation, "no_show")

    with pytest.raises(ReasonNeeded):
        end(reservation, "completed")
    mended = end(reservation, "completed", "در فهرست اشتباه بود")

    assert mended.state == "completed"
    assert seats_of(reservation) == 1
    assert recorder.events_of(reservation) == [
        Event.BOOKED,
        Event.NO_SHOW,
        Event.NO_SHOW_LIFTED,
    ]
    assert_audit_clean()


def test_two_no_shows_within_a_year_need_approval() -> None:
    person = make_person()
    miss(person)
    once = no_shows.needs_approval(person, NOW + 3 * DAY)
    miss(person, at=NOW + 10 * DAY)

    assert not once
    assert no_shows.needs_approval(person, NOW + 20 * DAY)
    assert no_shows.needs_approval(person, NOW + 366 * DAY)
    assert not no_shows.needs_approval(person, NOW + 367 * DAY)
    assert not no_shows.needs_approval(make_person(), NOW + 20 * DAY)


def test_coming_to_what_was_approved_ends_the_ladder() -> None:
    person, need = make_person(), Need(("no_shows",))
    miss(person)
    miss(person, at=NOW + 10 * DAY)
    end(book(person, at=NOW + 20 * DAY), "completed")
    before = no_shows.needs_approval(person, NOW + 25 * DAY)

    end(book(person, at=NOW + 30 * DAY, need=need), "completed")

    assert before
    assert not no_shows.needs_approval(person, NOW + 40 * DAY)


def test_forgiven_no_show_does_not_count_and_stays(recorder: Recorder) -> None:
    person, staff = make_person(), make_user()
    first = miss(person)
    miss(person, at=NOW + 10 * DAY)

    rows = [
        no_shows.forgive(
            reservation_id=first.pk, by=staff, reason="بیمار بود", now=NOW + 12 * DAY
        )
        for _ in range(2)
    ]

    first.refresh_from_db()
    assert rows[0] == rows[1]
    assert (rows[0].by, rows[0].reason) == (staff, "بیمار بود")
    assert first.state == "no_show"
    assert not no_shows.needs_approval(person, NOW + 12 * DAY)
    assert recorder.events_of(first)[-1] == Event.NO_SHOW_LIFTED
    assert len(recorder.events_of(first)) == 3
    assert_audit_clean()


def test_forgiving_needs_a_no_show_and_a_reason() -> None:
    person, staff = make_person(), make_user()
    missed, came = miss(person), end(book(person), "completed")

    with pytest.raises(ReasonNeeded):
        no_shows.forgive(reservation_id=missed.pk, by=staff, reason=" ", now=NOW)
    with pytest.raises(BookingError):
        no_shows.forgive(reservation_id=came.pk, by=staff, reason="خوب", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        NoShowForgiven.objects.create(reservation=missed, by=staff, at=NOW, reason="")


def test_audit_finds_wrong_ends() -> None:
    early, came = book(at=NOW + 2 * DAY), end(book(), "completed")
    end(early, "completed")
    Reservation.objects.filter(pk=early.pk).update(changed_at=NOW)
    NoShowForgiven.objects.create(reservation=came, by=make_user(), at=NOW, reason="چه")

    assert audit_decisions.ends_follow_the_start() == [
        f"reservation {early.pk}: completed before the start"
    ]
    assert audit_decisions.only_no_shows_are_forgiven() == [
        f"reservation {came.pk}: forgiven, never missed"
    ]
