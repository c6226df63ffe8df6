"""One mail with one calendar entry for each class session, for those who asked."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from typing import Any

import pytest
from django.core import mail
from icalendar import Calendar

from accounts.models import Person
from booking.models import Reservation
from booking.services.parties import cancel_reservation
from core.audit import run_audit
from courses.calendars import reservation_file_by_id
from courses.invitations import plan_invitations
from courses.models import CourseRun
from courses.services.enrolment import enrol
from courses.services.schedule import cancel_class_session, move_class_session
from notifications.models import OutboxMessage
from notifications.services import drain
from tests.courses.helpers import new_key
from tests.factories import NOW, make_person, make_plan, make_run, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + dt.timedelta(minutes=1)
EMAIL = "zahra@kafsh.example"


def enrolled(run: CourseRun, **overrides: Any) -> Reservation:
    """Somebody with a place, who asked for invitations."""
    booker = make_user()
    fields = {"user": booker, "email": EMAIL, "wants_invitations": True, **overrides}
    person = make_person(**fields)
    (reservation,) = enrol(
        run_id=run.pk, booker=booker, people=[person], key=new_key(), now=NOW
    )
    return reservation


def move_first(run: CourseRun) -> None:
    move_class_session(
        session_id=run.sessions.get(number=1).pk,
        on=dt.date(2026, 11, 29),
        start=dt.time(9),
        end=dt.time(12),
        by=None,
        now=LATER,
    )


def invitations() -> list[str]:
    """The kinds of the mails about single class sessions, oldest first."""
    rows = OutboxMessage.objects.filter(kind__contains="invited").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def sent_entries() -> list[tuple[str, str, int]]:
    """UID, method and SEQUENCE of every invitation that a mail program would act on."""
    found = []
    for sent in mail.outbox:
        for part in message_from_bytes(sent.message().as_bytes()).walk():
            if part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_payload(decode=True))
                (event,) = calendar.events
                method = str(calendar["METHOD"])
                assert part.get_param("method") == method
                found.append((str(event["UID"]), method, int(event["SEQUENCE"])))
    return sorted(found, key=lambda entry: (entry[0], entry[2]))


def test_each_class_session_has_one_invitation_however_often_the_tick_runs() -> None:
    enrolled(make_run())

    made = [plan_invitations(NOW), plan_invitations(NOW), plan_invitations(LATER)]
    drain(now=LATER)

    assert made == [3, 0, 0]
    entries = sent_entries()
    assert [method for _uid, method, _sequence in entries] == ["REQUEST"] * 3
    assert len({uid for uid, _method, _sequence in entries}) == 3


@pytest.mark.parametrize(
    "without", [{"wants_invitations": False}, {"email": ""}], ids=str
)
def test_nobody_else_is_invited(without: dict[str, Any]) -> None:
    enrolled(make_run(), **without)

    assert plan_invitations(NOW) == 0


def test_whoever_asks_later_is_invited_then() -> None:
    reservation = enrolled(make_run(), wants_invitations=False)
    plan_invitations(NOW)

    Person.objects.filter(pk=reservation.person_id).update(wants_invitations=True)

    assert plan_invitations(LATER) == 3


def test_move_updates_the_invitation_and_the_end_takes_it_back() -> None:
    run = make_run()
    reservation = enrolled(run)
    plan_invitations(NOW)
    drain(now=NOW)

    move_first(run)
    drain(now=LATER)
    cancel_reservation(reservation_id=reservation.pk, by=None, now=LATER)
    assert plan_invitations(LATER) == 3
    assert plan_invitations(LATER) == 0
    drain(now=LATER)

    entries = sent_entries()
    moved_uid = f"{run.sessions.get(number=1).uid}.{reservation.uid}"
    moved = [e[1:] for e in entries if e[0].startswith(moved_uid)]
    assert [method for method, _sequence in moved] == ["REQUEST", "REQUEST", "CANCEL"]
    sequences = [sequence for _method, sequence in moved]
    assert sequences == sorted(set(sequences))
    assert [method for _u, method, _s in entries].count("CANCEL") == 3
    assert [line for r in run_audit() for line in r.violations] == []


def test_class_session_that_is_cancelled_ends_its_own_invitation_once() -> None:
    run = make_run()
    reservation = enrolled(run)
    plan_invitations(NOW)
    drain(now=NOW)
    session = run.sessions.get(number=2)

    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=LATER)
    plan_invitations(LATER)
    drain(now=LATER)

    ended = [e for e in sent_entries() if e[1] == "CANCEL"]
    assert [uid.split(".")[0] for uid, _m, _s in ended] == [str(session.uid)]
    assert invitations() == ["class_session_invited"] * 3
    assert reservation.session_notices.count() == 4


def test_run_of_one_day_is_an_invitation_by_itself() -> None:
    run = make_run(sessions=make_plan(count=1))
    reservation = enrolled(run, wants_invitations=False)
    first = Calendar.from_ical(reservation_file_by_id(reservation.pk, "fa"))

    cancel_reservation(reservation_id=reservation.pk, by=None, now=LATER)
    last = Calendar.from_ical(reservation_file_by_id(reservation.pk, "fa"))

    assert [str(c["METHOD"]) for c in (first, last)] == ["REQUEST", "CANCEL"]
    assert first.events[0]["UID"] == last.events[0]["UID"]
    assert first.events[0]["SEQUENCE"] < last.events[0]["SEQUENCE"]
    assert plan_invitations(LATER) == 0
