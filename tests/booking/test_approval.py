from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from booking import audit_decisions
from booking.exceptions import CancelTooLate, DecisionTooLate, ReasonNeeded
from booking.models import Offer, Offering, Reservation, StatusChange
from booking.owners import Event
from booking.services import approval, offerings, parties, waiting
from booking.services.needs import Need, deadline
from core.audit import run_audit
from tests.booking.conftest import Recorder
from tests.factories import NOW, make_offering, make_person, make_user

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
NEED = Need(("prerequisite",), "پنج سال در کارگاه الگو کشیده‌ام.")


def ask(offering: Offering, *, now: dt.datetime = NOW) -> Reservation:
    person = make_person()
    return parties.book(
        offering_id=offering.pk,
        booker=make_user(),
        people=[person],
        key=uuid4(),
        now=now,
        needs={person.pk: NEED},
    )[0]


def line_up(offering: Offering, need: Need | None = None) -> Reservation:
    person = make_person()
    entry = waiting.join_list(
        offering_id=offering.pk,
        booker=make_user(),
        people=[person],
        key=uuid4(),
        now=NOW,
        needs={person.pk: need} if need else None,
    )
    return entry.party.reservations.get()


def seats_of(offering: Offering) -> tuple[int, int]:
    offering.refresh_from_db()
    return offering.seats_taken, offering.waiting_parties


def states_of(reservation: Reservation) -> list[str]:
    rows = StatusChange.objects.filter(reservation=reservation).order_by("pk")
    return list(rows.values_list("to_state", flat=True))


def assert_audit_clean() -> None:
    booking_alone = {1, 2, 4, 5, 6, 16, 17}
    assert [
        r for r in run_audit() if r.violations and r.invariant in booking_alone
    ] == []


def test_request_counts_as_taken_and_has_a_deadline(recorder: Recorder) -> None:
    offering = make_offering(capacity=1)

    request = ask(offering)

    assert request.state == "pending"
    assert request.approval_until == NOW + 72 * HOUR
    assert request.approval_reasons == ("prerequisite",)
    assert request.statement == NEED.statement
    assert seats_of(offering) == (1, 0)
    assert recorder.events_of(request) == [Event.ASKED]
    assert_audit_clean()


def test_request_of_a_hold_becomes_pending(recorder: Recorder) -> None:
    offering, booker, person = make_offering(capacity=1), make_user(), make_person()
    parties.hold_places(offering_id=offering.pk, booker=booker, now=NOW)

    request = parties.book(
        offering_id=offering.pk,
        booker=booker,
        people=[person],
        key=uuid4(),
        now=NOW,
        needs={person.pk: NEED},
    )[0]

    assert states_of(request) == ["held", "pending"]
    assert seats_of(offering) == (1, 0)
    assert recorder.events_of(request) == [Event.ASKED]
    assert_audit_clean()


@pytest.mark.parametrize(
    ("starts_in", "hours"), [(None, 72), (100, 72), (50, 47), (2, 2), (-5, 72)]
)
def test_deadline_is_never_later_than_the_start(
    starts_in: int | None, hours: int
) -> None:
    starts_at = None if starts_in is None else NOW + starts_in * HOUR

    assert deadline(NOW, starts_at) == NOW + hours * HOUR


def test_deadline_follows_a_start_that_moves_nearer() -> None:
    offering = make_offering()
    request = ask(offering)

    offerings.set_start(offering_id=offering.pk, starts_at=NOW + 5 * HOUR, now=NOW)

    request.refresh_from_db()
    assert request.approval_until == NOW + 5 * HOUR


def test_approve_makes_the_place_firm_and_twice_is_quiet(recorder: Recorder) -> None:
    offering = make_offering(capacity=1)
    request, staff = ask(offering), make_user()

    for _ in range(2):
        done = approval.approve(reservation_id=request.pk, by=staff, now=NOW + HOUR)

    assert done.state == "confirmed"
    assert states_of(request) == ["pending", "confirmed"]
    assert seats_of(offering) == (1, 0)
    assert recorder.events_of(request) == [Event.ASKED, Event.APPROVED]
    assert StatusChange.objects.get(to_state="confirmed").by == staff
    assert_audit_clean()


def test_refuse_sends_its_reason_and_frees_the_seat_for_the_line(
    recorder: Recorder,
) -> None:
    offering = make_offering(capacity=1)
    request, waits = ask(offering), line_up(offering)

    for _ in range(2):
        done = approval.refuse(
            reservation_id=request.pk, by=make_user(), reason="پیش‌نیاز", now=NOW
        )

    assert (done.state, done.end_reason) == ("refused", "پیش‌نیاز")
    assert recorder.events_of(request) == [Event.ASKED, Event.REFUSED]
    assert recorder.events_of(waits) == [Event.WAITLISTED, Event.OFFERED]
    assert seats_of(offering) == (1, 0)
    assert_audit_clean()


def test_refuse_needs_a_reason() -> None:
    request = ask(make_offering())

    with pytest.raises(ReasonNeeded):
        approval.refuse(reservation_id=request.pk, by=make_user(), reason=" ", now=NOW)


def test_deadline_ends_the_request_and_the_line_has_its_seat(
    recorder: Recorder,
) -> None:
    offering = make_offering(capacity=1)
    request, waits = ask(offering), line_up(offering)

    early = approval.expire_requests(NOW + 72 * HOUR - dt.timedelta(seconds=1))
    ended = [approval.expire_requests(NOW + 72 * HOUR) for _ in range(2)]

    request.refresh_from_db()
    assert (early, ended) == (0, [1, 0])
    assert request.state == "expired"
    assert recorder.events_of(request) == [Event.ASKED, Event.APPROVAL_EXPIRED]
    assert recorder.events_of(waits) == [Event.WAITLISTED, Event.OFFERED]
    assert seats_of(offering) == (1, 0)
    assert_audit_clean()


def test_nothing_is_approved_after_its_deadline() -> None:
    request, staff = ask(make_offering()), make_user()

    for decide in (approval.approve, approval.refuse):
        with pytest.raises(DecisionTooLate):
            decide(
                reservation_id=request.pk, by=staff, reason="دیر", now=NOW + 72 * HOUR
            )

    request.refresh_from_db()
    assert request.state == "pending"


def test_nothing_is_decided_about_a_cancelled_request() -> None:
    request, staff = ask(make_offering()), make_user()
    parties.cancel_reservation(reservation_id=request.pk, by=None, now=NOW)

    for decide in (approval.approve, approval.refuse):
        with pytest.raises(DecisionTooLate):
            decide(reservation_id=request.pk, by=staff, reason="نه", now=NOW)

    assert not approval.expire_request(reservation_id=request.pk, now=NOW + 72 * HOUR)
    assert_audit_clean()


def test_person_may_cancel_a_request_when_a_firm_place_is_too_late() -> None:
    offering = make_offering(capacity=2, starts_at=NOW + 20 * HOUR)
    request, firm = ask(offering), ask(offering)
    approval.approve(reservation_id=firm.pk, by=make_user(), now=NOW)

    parties.cancel_reservation(reservation_id=request.pk, by=None, now=NOW)
    with pytest.raises(CancelTooLate):
        parties.cancel_reservation(reservation_id=firm.pk, by=None, now=NOW)

    assert seats_of(offering) == (1, 0)
    assert_audit_clean()


def test_accepted_offer_of_who_needs_approval_is_a_request(recorder: Recorder) -> None:
    offering = make_offering(capacity=1)
    first, waits = ask(offering), line_up(offering, NEED)
    approval.refuse(reservation_id=first.pk, by=make_user(), reason="نه", now=NOW)
    offer = Offer.objects.get()

    for _ in range(2):
        got = waiting.accept_offer(offer_id=offer.pk, by=None, now=NOW + HOUR)

    assert [(r.pk, r.state) for r in got] == [(waits.pk, "pending")]
    assert got[0].approval_until == NOW + 73 * HOUR
    assert seats_of(offering) == (1, 0)
    assert recorder.events_of(waits) == [
        Event.WAITLISTED,
        Event.OFFERED,
        Event.ASKED,
    ]
    assert_audit_clean()


def test_database_refuses_a_request_without_deadline() -> None:
    request = ask(make_offering())

    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.filter(pk=request.pk).update(approval_until=None)


def test_audit_finds_wrong_decisions() -> None:
    late, slipped, long = (ask(make_offering()) for _ in range(3))
    approval.approve(reservation_id=late.pk, by=make_user(), now=NOW)
    StatusChange.objects.filter(to_state="confirmed").update(at=NOW + 80 * HOUR)
    StatusChange.objects.filter(reservation=slipped).update(to_state="confirmed")
    Reservation.objects.filter(pk=long.pk).update(approval_until=NOW + 1000 * HOUR)

    assert audit_decisions.late_decisions_never_confirm() == [
        f"reservation {late.pk}: approved too late"
    ]
    assert audit_decisions.nobody_slips_past_approval() == [
        f"reservation {slipped.pk}: firm without approval"
    ]
    assert audit_decisions.requests_end_before_the_start() == [
        f"reservation {long.pk}: waits until after the start"
    ]
