"""Every kind of calendar file that the site makes, read by readers of other makers."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import caldav
import icalendar
import pytest
import recurring_ical_events
import vobject
from django.utils import translation

from accounts.models import Person, User
from booking.models import Reservation
from booking.services.parties import cancel_reservation
from booking.services.resources import close_centre, take_leave
from consulting.calendars import appointment_file
from consulting.calendars import invitation as appointment_invitation
from consulting.models import Meeting
from consulting.services.meetings import move_meeting
from courses.calendars import reservation_file, reservation_file_by_id
from courses.models import CourseRun
from courses.services.enrolment import enrol
from courses.services.schedule import cancel_class_session, move_class_session
from desk.feeds import PERSON, ROOM, TEACHER
from notifications.calendars import method_of
from notifications.feeds import build_feed, create_feed
from tests.consulting.helpers import book_one, make_booker, slots_of
from tests.factories import (
    NOW,
    make_person,
    make_plan,
    make_room,
    make_run,
    make_service,
)
from tests.support.calendar_checkers import (
    calendar_server,
    ical_js_events,
    libical_faults,
)

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(minutes=5)
NAME = "زهرا «بانو» کفش‌گر؛ هیدجی, اصل"


def enrolled(run: CourseRun, user: User, person: Person) -> Reservation:
    (reservation,) = enrol(
        run_id=run.pk, booker=user, people=[person], key=uuid.uuid4(), now=NOW
    )
    return reservation


def changed_course(user: User, person: Person, teacher: Person) -> Reservation:
    """A run with a class session that moved and one that was cancelled."""
    run = make_run(room=make_room(code="W1"), instructors=[teacher])
    reservation = enrolled(run, user, person)
    move_class_session(
        session_id=run.sessions.get(number=1).pk,
        on=dt.date(2026, 11, 29),
        start=dt.time(9),
        end=dt.time(12),
        by=None,
        now=LATER,
    )
    second = run.sessions.get(number=2)
    cancel_class_session(session_id=second.pk, by=None, reason="برف", now=LATER)
    return reservation


def moved_appointment(user: User, person: Person) -> tuple[bytes, Reservation, bytes]:
    """The invitation as it was, the appointment, and its update after a move."""
    service = make_service()
    slots = slots_of(service)
    reservation = book_one(service, slots[0].starts_at, booker=user, person=person)
    before = appointment_invitation(reservation.pk, person.language)
    meeting = Meeting.objects.get(offering=reservation.offering_id)
    move_meeting(
        meeting_id=meeting.pk,
        starts_at=slots[-1].starts_at,
        consultant_id=None,
        by=None,
        now=LATER,
    )
    return before, reservation, appointment_invitation(reservation.pk, person.language)


def feed_of(kind: str, subject_id: int) -> bytes:
    token, _secret = create_feed(subject_kind=kind, subject_id=subject_id, now=NOW)
    return build_feed(token, LATER).content


def every_file(language: str) -> dict[str, bytes]:
    """One of each kind, with changes, cancellations, leave and a closure in them."""
    with translation.override(language):
        user, person = make_booker(
            name=NAME, email="zahra@kafsh.example", language=language
        )
        teacher = make_person(name="استاد الگوساز", language=language)
        course = changed_course(user, person, teacher)
        day = make_run(sessions=make_plan(count=1, start_on=dt.date(2026, 12, 5)))
        one_day = enrolled(day, user, person)
        first, appointment, update = moved_appointment(user, person)
        start = NOW + dt.timedelta(days=40)
        block = {"starts_at": start, "ends_at": start + dt.timedelta(days=1)}
        take_leave(person=teacher, by=user, now=NOW, reason="سفر", **block)
        close_centre(by=None, now=NOW, reason="برف سنگین", **block)
        files = {
            "course": reservation_file(course),
            "one-day request": reservation_file_by_id(one_day.pk, language),
            "appointment": appointment_file(appointment),
            "request": first,
            "update": update,
            "feed of a person": feed_of(PERSON, person.pk),
            "feed of a teacher": feed_of(TEACHER, teacher.pk),
            "feed of a room": feed_of(ROOM, course.offering.course_run.room_id),
        }
        for ended in (one_day, appointment):
            cancel_reservation(reservation_id=ended.pk, by=user, now=LATER)
        return files | {
            "one-day cancel": reservation_file_by_id(one_day.pk, language),
            "cancel": appointment_invitation(appointment.pk, language),
            "feed with cancellations": feed_of(PERSON, person.pk),
        }


_made: dict[str, dict[str, bytes]] = {}


@pytest.fixture(params=["fa", "en"])
def files(request: pytest.FixtureRequest, db: None) -> dict[str, bytes]:
    """The files of one language; they are bytes, so that one making serves all."""
    language = request.param
    if language not in _made:
        _made[language] = every_file(language)
    return _made[language]


def events_of(content: bytes) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(content).events


def test_libical_accepts_grammar_and_rules_of_every_file(files: dict[str, bytes]):
    assert {name: libical_faults(content) for name, content in files.items()} == {
        name: [] for name in files
    }


def test_libical_finds_what_is_wrong(files: dict[str, bytes]):
    """The control: a checker that accepts everything would prove nothing."""
    cancel = files["cancel"]
    sequence = next(p for p in cancel.split(b"\r\n") if p.startswith(b"SEQUENCE"))
    broken = [
        cancel.replace(sequence + b"\r\n", b""),
        files["request"].replace(b"METHOD:REQUEST", b"METHOD:PUBLISH"),
        files["course"].replace(b"BEGIN:VCALENDAR\r\n", b""),
    ]

    assert all(libical_faults(content) for content in broken)


def test_methods_are_what_mail_programs_need(files: dict[str, bytes]):
    methods = {name: method_of(content) for name, content in files.items()}

    for name in ("request", "update", "one-day request"):
        assert methods.pop(name) == "REQUEST"
        assert len(events_of(files[name])) == 1
    for name in ("cancel", "one-day cancel"):
        assert methods.pop(name) == "CANCEL"
        assert len(events_of(files[name])) == 1
    assert set(methods.values()) == {"PUBLISH"}


def test_update_and_cancel_speak_of_the_same_event_with_a_higher_sequence(
    files: dict[str, bytes],
):
    steps = [events_of(files[name])[0] for name in ("request", "update", "cancel")]

    assert len({str(step["UID"]) for step in steps}) == 1
    sequences = [int(step["SEQUENCE"]) for step in steps]
    assert sequences == sorted(set(sequences))
    assert steps[0]["DTSTART"].dt != steps[1]["DTSTART"].dt


def test_ical_js_reads_the_same_times_and_words(files: dict[str, bytes]):
    read = ical_js_events(list(files.values()))
    for content, theirs in zip(files.values(), read, strict=True):
        ours = events_of(content)

        assert [event["uid"] for event in theirs] == [str(e["UID"]) for e in ours]
        assert [event["summary"] for event in theirs] == [e["SUMMARY"] for e in ours]
        starts = [dt.datetime.fromisoformat(event["start"]) for event in theirs]
        assert starts == [event["DTSTART"].dt for event in ours]


def test_vobject_finds_every_file_valid(files: dict[str, bytes]):
    for content in files.values():
        assert vobject.readOne(content.decode()).validate(raiseException=True)


def test_recurring_ical_events_finds_every_event(files: dict[str, bytes]):
    window = (NOW.date(), NOW.date() + dt.timedelta(days=90))
    for content in files.values():
        calendar = icalendar.Calendar.from_ical(content)

        found = recurring_ical_events.of(calendar).between(*window)

        assert len(found) == len(calendar.events)


@pytest.fixture(scope="module")
def server() -> Iterator[caldav.Principal]:
    with calendar_server() as principal:
        yield principal


def test_calendar_server_keeps_every_event_and_its_changes(
    files: dict[str, bytes], server: caldav.Principal
):
    calendar = server.make_calendar(f"c-{uuid.uuid4().hex}")
    newest: dict[str, icalendar.Event] = {}
    for content in files.values():
        for event in events_of(content):
            uid = str(event["UID"])
            known = newest.get(uid)
            if known is None or int(known["SEQUENCE"]) <= int(event["SEQUENCE"]):
                keep(calendar, alone(content, event))
                newest[uid] = event

    kept = {
        str(event["UID"]): event
        for stored in calendar.events()
        for event in icalendar.Calendar.from_ical(stored.data).events
    }

    assert facts(kept) == facts(newest)


def keep(calendar: caldav.Calendar, text: str) -> None:
    """Store it as it is: `save_event` would count the SEQUENCE up by itself."""
    uid = icalendar.Calendar.from_ical(text).events[0]["UID"]
    address = calendar.url.join(f"{uid}.ics")
    answer = calendar.client.put(address, text, {"Content-Type": "text/calendar"})
    assert answer.status in (201, 204)


def alone(content: bytes, event: icalendar.Event) -> str:
    """One event with the zones of its file; a server keeps neither METHOD nor more."""
    calendar = icalendar.Calendar.from_ical(content)
    calendar.pop("METHOD")
    zones = [part for part in calendar.subcomponents if part.name == "VTIMEZONE"]
    calendar.subcomponents = [*zones, event]
    return str(calendar.to_ical().decode())


def facts(events: dict[str, icalendar.Event]) -> dict[str, tuple[object, ...]]:
    return {
        uid: (e["SUMMARY"], e["DTSTART"].dt, e["SEQUENCE"], e.get("STATUS"))
        for uid, e in events.items()
    }


def test_feeds_name_only_whom_their_reader_may_know(files: dict[str, bytes]):
    for name in ("feed of a teacher", "feed of a room"):
        text = files[name].decode().replace("\r\n ", "")

        assert "زهرا" not in text
        assert "ATTENDEE" not in text


def test_teachers_leave_and_closures_are_in_the_feeds(files: dict[str, bytes]):
    teacher = [str(e["SUMMARY"]) for e in events_of(files["feed of a teacher"])]
    room = [str(e["SUMMARY"]) for e in events_of(files["feed of a room"])]

    assert sum("سفر" in words for words in teacher) == 1
    assert sum("برف سنگین" in words for words in teacher) == 1
    assert sum("برف سنگین" in words for words in room) == 1
    assert not any("سفر" in words for words in room)
