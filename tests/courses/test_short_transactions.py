"""How little a booking asks the database, and how early a full run says so."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Consent, User
from booking.exceptions import AlreadyBooked, Full
from booking.models import Party, Reservation
from booking.services import parties
from core.keys import BLOCK, next_keys
from core.models import IdempotencyKey
from courses.models import CourseRun
from courses.services.applications import CourseApplicant, apply_for_place
from courses.services.enrolment import enrol, hold_place
from notifications.models import OutboxMessage
from tests.factories import NOW, make_person, make_run, make_user

BOUNDS = ("BEGIN", "COMMIT")
SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK")
needs_commit = pytest.mark.django_db(transaction=True)


def make_booker() -> User:
    """Somebody who was here before: a name and a consent are known."""
    user = make_user()
    person = make_person(user=user, contact_phone=user.phone)
    Consent.objects.create(
        person=person, kind="booking", given_by=user, given_at=NOW, is_given=True
    )
    # As the view has them: it read the person for the page, the guard the roles.
    user = User.objects.select_related("person").get(pk=user.pk)
    assert user.roles == frozenset()
    return user


def apply(run: CourseRun, booker: User, key=None):
    return apply_for_place(
        run_id=run.pk,
        booker=booker,
        applicant=CourseApplicant(is_self=True, has_no_firm=True),
        key=key or uuid4(),
        now=NOW,
    )


def statements(call, *args) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        call(*args)
    return [query["sql"] for query in captured.captured_queries]


def stock_up_on_keys() -> None:
    """One in so many bookings fetches new keys before; the next one need not."""
    for model in (Party, Reservation):
        next_keys(model, BLOCK)
        next_keys(model, 1)


@needs_commit
def test_free_place_takes_seven_statements_in_its_transaction():
    run, booker = make_run(), make_booker()
    stock_up_on_keys()

    sent = statements(apply, run, booker)

    begin = next(n for n, sql in enumerate(sent) if sql.startswith("BEGIN"))
    before, inside = sent[:begin], sent[begin + 1 : sent.index("COMMIT")]
    assert len(inside) <= 7, inside
    assert not [sql for sql in inside if sql.startswith(SAVEPOINTS)]
    assert len(before) <= 4, before
    assert all(sql.startswith("SELECT") for sql in before)
    assert inside[-1].startswith('UPDATE "booking_offering"'), "the seat comes last"
    assert OutboxMessage.objects.filter(kind="enrolment_confirmed").exists()


@needs_commit
def test_full_run_is_answered_without_a_transaction():
    run, late = make_run(), make_booker()
    for _place in range(2):
        apply(run, make_booker())

    def refused() -> None:
        with pytest.raises(Full):
            apply(run, late)

    sent = statements(refused)

    assert all(sql.startswith("SELECT") for sql in sent), sent
    assert len(sent) <= 3
    assert not IdempotencyKey.objects.filter(actor=f"user:{late.pk}").exists()
    with pytest.raises(Full):
        hold_place(run_id=run.pk, booker=late, now=NOW)


@pytest.mark.django_db
def test_early_look_knows_who_has_something_here_already():
    run, mine, other = make_run(), make_booker(), make_booker()
    key = uuid4()
    first = apply(run, mine, key)
    enrol(
        run_id=run.pk,
        booker=make_user(),
        people=[other.person],
        key=uuid4(),
        now=NOW,
    )

    assert apply(run, mine, key) == first, "the same form has the same answer"
    with pytest.raises(AlreadyBooked):
        apply(run, mine)
    with pytest.raises(AlreadyBooked):
        apply(run, other)


@pytest.mark.django_db
def test_early_look_leaves_expired_holds_to_the_transaction():
    run, booker = make_run(), make_booker()
    for _place in range(2):
        parties.hold_places(offering_id=run.offering_id, booker=make_user(), now=NOW)
    with pytest.raises(Full):
        apply(run, booker)

    later = NOW + dt.timedelta(minutes=16)
    booked = apply_for_place(
        run_id=run.pk,
        booker=booker,
        applicant=CourseApplicant(is_self=True, has_no_firm=True),
        key=uuid4(),
        now=later,
    )

    assert booked.reservations.get().state == "confirmed"


@needs_commit
def test_form_that_is_sent_asks_little_around_the_booking(client):
    run, booker = make_run(), make_booker()
    client.force_login(booker)
    sent_form = {
        "who": "me",
        "no_firm": "on",
        "places": "1",
        "shown": "1",
        "key": str(uuid4()),
    }

    stock_up_on_keys()
    with time_machine.travel(NOW, tick=False):
        client.get("/")
        sent = statements(client.post, f"/runs/{run.code}/book/", sent_form)

    begin = next(n for n, sql in enumerate(sent) if sql.startswith("BEGIN"))
    before, after = sent[:begin], sent[sent.index("COMMIT") + 1 :]
    assert booker.parties.count() == 1
    assert len(before) <= 11, before
    assert all(sql.startswith("SELECT") for sql in before)
    assert after == []


@pytest.mark.django_db
def test_booking_takes_the_place_that_its_form_kept():
    run, booker = make_run(), make_booker()
    held = hold_place(run_id=run.pk, booker=booker, now=NOW)

    assert apply(run, booker) == held
    run.offering.refresh_from_db()
    assert run.offering.seats_taken == 1
