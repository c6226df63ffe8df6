from __future__ import annotations

import datetime as dt

import pytest
from icalendar import Calendar

from booking.services.parties import cancel_reservation
from courses.calendars import (
    person_entries,
    reservation_entries,
    reservation_file,
    teacher_entries,
)
from courses.services.enrolment import enrol, join_waiting_list
from courses.services.schedule import cancel_class_session, move_class_session
from tests.courses.helpers import new_key
from tests.factories import NOW, make_person, make_run, make_user

pytestmark = pytest.mark.django_db


def test_uid_stays_and_sequence_rises_with_every_change() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    booker = make_user()
    person = make_person(user=booker)
    (reservation,) = enrol(
        run_id=run.pk, booker=booker, people=[person], key=new_key(), now=NOW
    )
    first = reservation_entries(reservation)[0]

    session = run.sessions.get(number=1)
    move_class_session(
        session_id=session.pk,
        on=dt.date(2026, 11, 29),
        start=dt.time(9),
        end=dt.time(12),
        by=None,
        now=NOW,
    )
    moved = reservation_entries(reservation)[0]
    cancel_class_session(session_id=session.pk, by=None, reason="برف", now=NOW)
    called_off = person_entries(person)[0]
    cancel_reservation(reservation_id=reservation.pk, by=booker, now=NOW)
    ended = person_entries(person)

    assert first.uid == moved.uid == called_off.uid == ended[0].uid
    sequences = [e.sequence for e in (first, moved, called_off, ended[0])]
    assert sequences == sorted(set(sequences))
    assert [first.status, called_off.status] == ["CONFIRMED", "CANCELLED"]
    assert {e.status for e in ended} == {"CANCELLED"}
    taught = teacher_entries(teacher)
    assert [e.status for e in taught] == ["CANCELLED", "CONFIRMED", "CONFIRMED"]


def test_file_holds_every_class_session_and_nobody_else() -> None:
    run = make_run()
    booker = make_user()
    (reservation,) = enrol(
        run_id=run.pk,
        booker=booker,
        people=[make_person(user=booker)],
        key=new_key(),
        now=NOW,
    )

    content = reservation_file(reservation)

    calendar = Calendar.from_ical(content)
    assert calendar["METHOD"] == "PUBLISH"
    assert len(calendar.events) == 3
    assert b"ATTENDEE" not in content
    assert content == reservation_file(reservation)


def test_turn_in_line_is_not_in_the_calendar() -> None:
    run = make_run(capacity=1)
    for _ in range(2):
        booker = make_user()
        person = make_person(user=booker)
        form = {
            "run_id": run.pk,
            "booker": booker,
            "people": [person],
            "key": new_key(),
            "now": NOW,
        }
        if run.offering.seats_taken == 0:
            enrol(**form)
            run.offering.refresh_from_db()
        else:
            join_waiting_list(**form)

    assert person_entries(person) == []


def test_who_comes_back_keeps_the_cancelled_entries_in_the_feed() -> None:
    run, booker = make_run(), make_user()
    form = {"run_id": run.pk, "booker": booker, "people": [make_person(user=booker)]}
    (left,) = enrol(**form, key=new_key(), now=NOW)
    before = {e.uid for e in person_entries(left.person)}
    cancel_reservation(reservation_id=left.pk, by=booker, now=NOW)

    enrol(**form, key=new_key(), now=NOW)

    entries = person_entries(left.person)
    gone = {e.uid for e in entries if e.status == "CANCELLED"}
    assert gone == before
    assert len({e.uid for e in entries}) == len(entries) == 2 * len(before)
