"""The runs of the demo centre, booked by people at moments of the past."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import Gender, Person, User
from accounts.services import add_managed_person
from booking.models import Reservation, Room
from booking.services.approval import approve
from booking.services.draws import run_due_draws
from courses.models import Approval, Audience, Course, CourseRun, Mark
from courses.planner import PlannedSession, plan_sessions
from courses.services.attendance import mark_attendance, start_roll
from courses.services.closing import close_run
from courses.services.draws import set_up_draw
from courses.services.enrolment import apply_for_draw, enrol, join_waiting_list
from courses.services.runs import cancel_run, create_run, publish_run
from desk.demo.fixture import CENTRE_ZONE, Fixture, Row, hours, weekdays
from desk.demo.people import People

CREATED_BEFORE_START = dt.timedelta(days=42)
CREATED_BEFORE_NOW = dt.timedelta(days=12)
PUBLISHED_AFTER = dt.timedelta(days=2)
LAST_BOOKING_BEFORE_START = dt.timedelta(days=4)
LAST_BOOKING_BEFORE_NOW = dt.timedelta(days=2)
CANCELLED_BEFORE_START = dt.timedelta(days=3)
ANSWERED_AFTER = dt.timedelta(hours=20)
ASKED_BEFORE_NOW = dt.timedelta(hours=9)
DRAWN_BEFORE_NOW = dt.timedelta(hours=1)
CLOSED_AFTER = dt.timedelta(hours=18)
OPENS_BEFORE_START = dt.timedelta(days=21)
# Two bookings never fall on one moment, and nobody books by night.
FIRST_HOUR, WAKING_MINUTES, MINUTES_APART = 9, 11 * 60, 173


@dataclass
class Setting:
    """What the runs need of what was made before."""

    fixture: Fixture
    rooms: dict[str, Room]
    courses: dict[str, Course]
    people: People


def make_runs(setting: Setting) -> dict[str, CourseRun]:
    """Every run of the fixture with its people and its past, by its code."""
    return {
        row["code"]: _make_run(setting, row, number)
        for number, row in enumerate(setting.fixture.rows("runs"))
    }


def _make_run(setting: Setting, row: Row, number: int) -> CourseRun:
    planner = setting.people.staff["planner"]
    course = setting.courses[row["course"]]
    sessions = _plan(setting.fixture, row, course)
    starts_at = sessions[0].starts_at
    now = setting.fixture.now
    created_at = min(starts_at - CREATED_BEFORE_START, now - CREATED_BEFORE_NOW)
    is_announced = row["state"] == "announced"
    note_fa, note_en = _note(row, sessions)
    run = create_run(
        course=course,
        code=row["code"],
        room=setting.rooms[row["room"]],
        instructors=[setting.people.teachers[row["instructor"]]],
        sessions=sessions,
        audience=Audience(row["audience"]),
        approval=Approval(row.get("approval", Approval.NONE)),
        opens_at=starts_at - OPENS_BEFORE_START if is_announced else None,
        by=planner,
        now=created_at,
        note_fa=note_fa,
        note_en=note_en,
    )
    published_at = created_at + PUBLISHED_AFTER
    if "applied" in row:
        _announce_draw(setting, row, run, published_at)
    publish_run(run_id=run.pk, by=planner, now=published_at)
    last_at = min(starts_at - LAST_BOOKING_BEFORE_START, now - LAST_BOOKING_BEFORE_NOW)
    _book_all(setting, row, run, _moments(published_at, last_at, row), number)
    run_due_draws(now - DRAWN_BEFORE_NOW / 2)
    _live_through(setting, row, run)
    return run


def _announce_draw(
    setting: Setting, row: Row, run: CourseRun, published_at: dt.datetime
) -> None:
    """Applications open at its publication; closing in no days is an hour ago."""
    now = setting.fixture.now
    days = row["closes_days"]
    closes_at = now + dt.timedelta(days=days) if days else now - DRAWN_BEFORE_NOW
    set_up_draw(
        run_id=run.pk,
        opens_at=published_at + dt.timedelta(minutes=1),
        closes_at=closes_at.replace(minute=0, second=0, microsecond=0),
        by=setting.people.staff["planner"],
        now=published_at,
    )


def _plan(fixture: Fixture, row: Row, course: Course) -> list[PlannedSession]:
    start_time, end_time = hours(row["time"])
    return plan_sessions(
        start_on=fixture.day(row["start"]),
        weekdays=weekdays(row["days"]),
        start_time=start_time,
        end_time=end_time,
        count=course.session_count,
    )


def _note(row: Row, sessions: list[PlannedSession]) -> tuple[str, str]:
    """The note counts holidays, so it holds only where the dates hit as many."""
    skipped = sum(len(session.skipped) for session in sessions)
    if row.get("note_if_skipped") != skipped:
        return "", ""
    return row["note_fa"], row["note_en"]


def _moments(first: dt.datetime, last: dt.datetime, row: Row) -> Iterator[dt.datetime]:
    """When people came: spread over the time of booking, in order, by day."""
    total = row["confirmed"] + row.get("waiting", 0) + row.get("applied", 0)
    for number in range(total):
        moment = first + (last - first) * (number + 1) / (total + 1)
        minutes = FIRST_HOUR * 60 + number * MINUTES_APART % WAKING_MINUTES
        day = moment.astimezone(CENTRE_ZONE).date()
        wall = dt.datetime.combine(day, dt.time(), CENTRE_ZONE)
        yield wall + dt.timedelta(minutes=minutes)


def _book_all(
    setting: Setting,
    row: Row,
    run: CourseRun,
    moments: Iterator[dt.datetime],
    number: int,
) -> None:
    """Confirmed first, then those in line; employers bring their workers."""
    people = _choose(setting.people, row, number)
    booked = 0
    if workers := row.get("workers"):
        booked = _book_workers(setting.people, workers, run, next(moments))
    reception = setting.people.staff["reception"]
    is_announced = row["state"] == "announced"
    for _ in range(row["confirmed"] - booked):
        person = next(people)
        enrol(
            run_id=run.pk,
            booker=reception if is_announced else _booker(person),
            people=[person],
            key=uuid.uuid4(),
            now=next(moments),
            by_centre=is_announced,
        )
    _answer_and_ask(setting, row, run)
    for _ in range(row.get("applied", 0)):
        person = next(people)
        apply_for_draw(
            run_id=run.pk,
            booker=_booker(person),
            people=[person],
            key=uuid.uuid4(),
            now=next(moments),
        )
    for _ in range(row.get("waiting", 0)):
        person = next(people)
        join_waiting_list(
            run_id=run.pk,
            booker=_booker(person),
            people=[person],
            key=uuid.uuid4(),
            now=next(moments),
        )


def _answer_and_ask(setting: Setting, row: Row, run: CourseRun) -> None:
    """Earlier requests were approved; the newest ones still wait for the staff."""
    reception = setting.people.staff["reception"]
    for booking in run.offering.reservations.pending().order_by("pk"):
        answered_at = booking.created_at + ANSWERED_AFTER
        approve(reservation_id=booking.pk, by=reception, now=answered_at)
    for turn, asked in enumerate(row.get("asks", ()), start=1):
        person = setting.people.named[asked["person"]]
        enrol(
            run_id=run.pk,
            booker=_booker(person),
            people=[person],
            key=uuid.uuid4(),
            now=setting.fixture.now - ASKED_BEFORE_NOW * turn,
            statements={person.pk: asked["statement_fa"]},
        )


def _booker(person: Person) -> User:
    booker = person.user or person.managed_by
    if booker is None:
        raise LookupError("nobody books for this person")
    return booker


def _choose(people: People, row: Row, number: int) -> Iterator[Person]:
    """The named ones at their places in the order, and others between them."""
    confirmed = [people.named[code] for code in row.get("confirmed_people", ())]
    in_line = [*row.get("waiting_people", ()), *row.get("applied_people", ())]
    waiting = [people.named[code] for code in in_line]
    is_for_women = row["audience"] == Audience.WOMEN
    others = [p for p in people.further if not is_for_women or p.gender == Gender.WOMAN]
    start = number * 5 % len(others)
    others = others[start:] + others[:start]
    workers = row.get("workers")
    brought = 1 + len(workers["names_fa"]) + workers["unnamed"] if workers else 0
    between = row["confirmed"] - brought - len(confirmed)
    yield from [*confirmed, *others[:between], *waiting, *others[between:]]


def _book_workers(people: People, row: Row, run: CourseRun, now: dt.datetime) -> int:
    """An employer books for themselves and for workers; some are named later."""
    employer = people.named[row["booker"]]
    booker = _booker(employer)
    workers = [
        add_managed_person(by=booker, name=name, now=now) for name in row["names_fa"]
    ]
    party = [employer, *workers, *[None] * row["unnamed"]]
    enrol(run_id=run.pk, booker=booker, people=party, key=uuid.uuid4(), now=now)
    return len(party)


def _live_through(setting: Setting, row: Row, run: CourseRun) -> None:
    """What has happened since: a cancellation, or the rolls of past class sessions."""
    if row["state"] == "cancelled":
        cancel_run(
            run_id=run.pk,
            by=setting.people.staff["manager"],
            reason=row["cancel_reason_fa"],
            now=run.first_session_at - CANCELLED_BEFORE_START,
        )
        return
    teacher = _booker(setting.people.teachers[row["instructor"]])
    reservations = list(run.offering.reservations.confirmed().order_by("pk"))
    faithful = row.get("attended_full", len(reservations) - 1)
    past = run.sessions.planned().filter(ends_at__lt=setting.fixture.now)
    for session in past.order_by("starts_at"):
        start_roll(session_id=session.pk, by=teacher, now=session.starts_at)
        gone = reservations[len(reservations) - row.get("never_came", 0) :]
        unsteady = _absent(reservations[faithful:], session.number)
        for reservation in dict.fromkeys([*unsteady, *gone]):
            mark_attendance(
                session_id=session.pk,
                reservation_id=reservation.pk,
                mark=Mark.ABSENT,
                by=teacher,
                now=session.starts_at + dt.timedelta(minutes=20),
            )

    if row["state"] == "finished":
        close_run(
            run_id=run.pk,
            by=setting.people.staff["reception"],
            now=run.last_session_at + CLOSED_AFTER,
        )


def _absent(unsteady: list[Reservation], session_number: int) -> list[Reservation]:
    """Each of these misses the first class session and every other one after it."""
    return unsteady if session_number % 2 else []
