"""What all stories begin with: two runs, one consultant, three users, six people.

The first run is full, about one of its places the staff have to decide, and somebody
waits. In the second one a place is offered, and a free one waits for two who come
together. One person has both appointments that one may have. So the first steps of a
story already meet the rules that are hard to keep.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import uuid4
from zoneinfo import ZoneInfo

from accounts.models import Person, User
from booking.ledger import cell_of
from booking.models import Reservation, Resource, WaitingEntry
from booking.services import offerings, parties, waiting
from booking.services.needs import Need
from consulting.models import Service
from consulting.services.appointments import book_appointment
from consulting.services.availability import WeeklyHours
from courses.models import ClassSession, CourseRun
from courses.planner import PlannedSession
from tests.factories import (
    NOW,
    make_consultant,
    make_person,
    make_room,
    make_run,
    make_service,
    make_user,
)
from tests.stories.hours import Appointment, Hours
from tests.stories.line import APPROVAL, Line, Turn

TEHRAN = ZoneInfo("Asia/Tehran")
# So far away that no story comes near a start.
DAY = dt.date(2027, 6, 12)
MIDNIGHT = dt.datetime.combine(DAY, dt.time(), TEHRAN)
FIRST_CELL = cell_of(MIDNIGHT)
QUARTER = dt.timedelta(minutes=15)
CAPACITY = 2
# What the second run gets when both of its places are taken and people wait.
LARGER = 4
# Who waits: the run, the order of arrival there, and the people.
IN_LINE = ((0, 1, (2,)), (1, 1, (2,)), (1, 2, (4, 5)))
USERS, PEOPLE = 3, 6
# 09:00 and 10:15, both of one person, who may have no more.
BOOKED = (36, 41)
HOURS = [WeeklyHours(day, dt.time(9), dt.time(12, 30)) for day in range(7)]


@dataclass(frozen=True)
class World:
    """The rows that stories play with; each story is undone after it."""

    users: list[User]
    people: list[Person]
    runs: list[CourseRun]
    session: ClassSession
    service: Service
    consultant: Person
    resource: Resource
    # By their run and the order of arrival there.
    entries: dict[tuple[int, int], WaitingEntry]
    # By their start.
    appointments: dict[int, Reservation]

    def lines(self) -> list[Line]:
        """The models of both runs at the beginning."""
        asked = {1: (NOW + APPROVAL, 1)}
        full = Line(CAPACITY, NOW, confirmed={0: 0}, pending=asked)
        waits = Line(LARGER, NOW, confirmed={3: 1, 0: 0})
        for run, arrived, party in IN_LINE:
            line = (full, waits)[run]
            line.line.append(Turn(user=2, people=party, arrived=arrived))
            line.arrivals = arrived
        for line in (full, waits):
            line.fill()
        return [full, waits]

    def hours(self) -> Hours:
        """The model of the consultant's day at the beginning."""
        return Hours(
            NOW, [Appointment(user=0, start=start, person=0) for start in BOOKED]
        )


def at(quarter: int) -> dt.datetime:
    """When a quarter of the day begins."""
    return MIDNIGHT + quarter * QUARTER


def make_world() -> World:
    """By services, at NOW."""
    consultant = make_consultant(hours=HOURS)
    service = make_service(
        consultants=[consultant], buffer_after_minutes=15, horizon_days=365
    )
    runs = [open_run(consultant), open_run(make_person())]
    users = [make_user() for _ in range(USERS)]
    people = [make_person() for _ in range(PEOPLE)]
    asks = {people[1].pk: Need(("prerequisite",))}
    for run, user, person in ((0, 0, 0), (0, 1, 1), (1, 1, 3), (1, 0, 0)):
        parties.book(
            offering_id=runs[run].offering_id,
            booker=users[user],
            people=[people[person]],
            key=uuid4(),
            now=NOW,
            needs=asks,
        )
    entries = {
        (run, arrived): waiting.join_list(
            offering_id=runs[run].offering_id,
            booker=users[2],
            people=[people[number] for number in party],
            key=uuid4(),
            now=NOW,
        )
        for run, arrived, party in IN_LINE
    }
    offerings.change_capacity(offering_id=runs[1].offering_id, capacity=LARGER, now=NOW)
    return World(
        users=users,
        people=people,
        runs=runs,
        session=runs[0].sessions.get(number=2),
        service=service,
        consultant=consultant,
        resource=Resource.objects.get(person=consultant),
        entries=entries,
        appointments={
            start: book_appointment(
                service_id=service.pk,
                mode="phone",
                consultant_id=None,
                starts_at=at(start),
                booker=users[0],
                person=people[0],
                key=uuid4(),
                now=NOW,
            )
            for start in BOOKED
        },
    )


def open_run(instructor: Person) -> CourseRun:
    days = [DAY + dt.timedelta(days=number) for number in (7, 8, 9)]
    return make_run(
        capacity=CAPACITY,
        room=make_room(),
        instructors=[instructor],
        sessions=[PlannedSession(day, dt.time(13), dt.time(15)) for day in days],
        now=NOW,
    )
