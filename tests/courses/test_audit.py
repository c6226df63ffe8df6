from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from booking.models import Offer, Reservation
from booking.services.line_acts import leave_alone
from booking.services.naming import pass_on
from booking.services.parties import cancel_party, cancel_reservation
from booking.services.waiting import accept_offer, expire_offer
from courses import audit, audit_history
from courses.models import ClassSession, CourseRun, SessionNotice
from courses.services.enrolment import enrol, join_waiting_list
from courses.services.schedule import cancel_class_session, move_class_session
from notifications.models import OutboxMessage
from tests.courses.helpers import new_key
from tests.factories import NOW, make_person, make_run, make_user

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def run() -> CourseRun:
    return make_run()


@pytest.fixture
def enrolled(run: CourseRun) -> Reservation:
    booker = make_user()
    people = [make_person(user=booker, contact_phone=booker.phone)]
    return enrol(run_id=run.pk, booker=booker, people=people, key=new_key(), now=NOW)[0]


def move_first(run: CourseRun) -> ClassSession:
    return move_class_session(
        session_id=run.sessions.get(number=1).pk,
        on=dt.date(2026, 11, 30),
        start=dt.time(9),
        end=dt.time(13),
        by=None,
        now=NOW + dt.timedelta(hours=1),
    )


def test_place_without_a_message_is_found(enrolled: Reservation) -> None:
    OutboxMessage.objects.all().delete()

    assert audit.changes_were_told() == [f"reservation {enrolled.pk}: not told"]


def test_change_without_a_message_is_found(
    run: CourseRun, enrolled: Reservation
) -> None:
    session = move_first(run)
    OutboxMessage.objects.filter(kind="class_session_moved").delete()
    notice = SessionNotice.objects.get()

    assert audit.session_changes_were_told() == [f"notice {notice.pk}: no message"]

    notice.delete()
    assert audit.session_changes_were_told() == [
        f"session {session.pk} reservation {enrolled.pk}: not told"
    ]


def test_version_without_history_is_found(run: CourseRun) -> None:
    session = run.sessions.get(number=2)
    ClassSession.objects.filter(pk=session.pk).update(schedule_version=3)

    assert len(audit.versions_match_history()) == 1


def test_time_that_left_its_wall_is_found(run: CourseRun) -> None:
    out = StringIO()
    call_command("check_times", stdout=out)
    assert "match" in out.getvalue()
    session = run.sessions.get(number=2)
    later = session.starts_at + dt.timedelta(hours=1)
    ClassSession.objects.filter(pk=session.pk).update(starts_at=later)

    (line,) = audit.times_match_walls()
    assert f"class session {session.pk}" in line
    with pytest.raises(CommandError):
        call_command("check_times", stdout=out)


def test_run_that_left_its_class_sessions_is_found(run: CourseRun) -> None:
    later = run.last_session_at + dt.timedelta(hours=1)
    CourseRun.objects.filter(pk=run.pk).update(last_session_at=later)

    assert len(audit.runs_match_sessions()) == 1


def test_class_session_without_its_claims_is_found(run: CourseRun) -> None:
    session = run.sessions.get(number=1)
    session.block.claims.update(ended_at=NOW)

    assert audit.sessions_have_their_claims() == [
        f"session {session.pk}: its time is not taken"
    ]


def test_cancelled_class_session_that_takes_time_is_found(run: CourseRun) -> None:
    session = run.sessions.get(number=1)
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)
    session.block.claims.update(ended_at=None)

    assert audit.sessions_have_their_claims() == [
        f"session {session.pk}: cancelled, but takes time"
    ]


def test_whoever_left_a_party_is_not_missed_when_its_offer_passes() -> None:
    run, first, second = make_run(capacity=2), make_user(), make_user()
    taken = enrol(
        run_id=run.pk,
        booker=first,
        people=[make_person(user=first), make_person()],
        key=new_key(),
        now=NOW,
    )
    entry = join_waiting_list(
        run_id=run.pk,
        booker=second,
        people=[make_person(user=second), make_person()],
        key=new_key(),
        now=NOW,
    )
    left = entry.party.reservations.order_by("-pk")[0]
    leave_alone(reservation_id=left.pk, by=second, now=NOW)
    cancel_party(party_id=taken[0].party_id, by=first, now=NOW + HOUR)
    offer = Offer.objects.get()

    expire_offer(offer_id=offer.pk, now=offer.expires_at)

    assert audit_history.offers_were_told() == []
    OutboxMessage.objects.filter(kind__endswith="offer_expired").delete()
    told = [f"offer {offer.pk}: its end was not told"]
    assert audit_history.offers_were_told() == told


def test_whoever_takes_a_place_over_is_not_missed_when_an_offer_passed() -> None:
    run, first, second = make_run(capacity=1), make_user(), make_user()
    (taken,) = enrol(
        run_id=run.pk,
        booker=first,
        people=[make_person(user=first)],
        key=new_key(),
        now=NOW,
    )
    waits = {"booker": second, "people": [make_person(user=second)], "now": NOW}
    entry = join_waiting_list(run_id=run.pk, key=new_key(), **waits)
    cancel_reservation(reservation_id=taken.pk, by=first, now=NOW)
    expire_offer(offer_id=Offer.objects.get().pk, now=Offer.objects.get().expires_at)
    accept_offer(offer_id=Offer.objects.open().get().pk, by=second, now=NOW)

    pass_on(
        reservation_id=entry.party.reservations.get().pk,
        person=make_person(),
        by=second,
        now=NOW,
    )

    assert audit_history.offers_were_told() == []
