"""Rooms, machines and the course catalogue of the demo centre."""

from __future__ import annotations

import datetime as dt

from booking.models import MachineKind, Room
from booking.services.resources import provide_machines, resource_of_room
from courses.models import Course
from courses.services.catalogue import create_course
from desk.demo.fixture import Fixture, Row, both_languages, rial

COURSE_TEXTS = ("title", "audience", "summary", "bring", "outcomes", "syllabus")


def make_rooms(fixture: Fixture, *, now: dt.datetime) -> dict[str, Room]:
    """The rooms by their codes, and the machines that can be booked in them."""
    rooms = {row["code"]: _make_room(row, now) for row in fixture.rows("rooms")}
    for row in fixture.rows("equipment"):
        if row["bookable"]:
            kind = MachineKind.objects.create(
                code=row["code"], room=rooms[row["room"]], **both_languages(row, "name")
            )
            provide_machines(kind, quantity=row["quantity"], now=now)
    return rooms


def _make_room(row: Row, now: dt.datetime) -> Room:
    room = Room.objects.create(
        code=row["code"],
        capacity=row["capacity"],
        is_step_free=row["step_free"],
        **both_languages(row, "name", "location"),
    )
    resource_of_room(room, now=now)
    return room


def make_courses(fixture: Fixture) -> dict[str, Course]:
    """The catalogue by its codes; a course comes after those that it needs."""
    kinds = {kind.code: kind for kind in MachineKind.objects.all()}
    quantities = {row["code"]: row["quantity"] for row in fixture.rows("equipment")}
    courses: dict[str, Course] = {}
    for row in fixture.rows("courses"):
        needs = {
            kinds[code]: min(quantities[code], row["capacity"])
            for code in row.get("equipment", ())
        }
        courses[row["code"]] = create_course(
            code=row["code"],
            slug=row["slug"],
            level=row["level"],
            session_count=row["sessions"],
            session_minutes=row["session_hours"] * 60,
            capacity=row["capacity"],
            min_to_run=row["min_to_run"],
            fee_rial=rial(row["fee_toman"]),
            support_percent=row["subsidy_percent"],
            prerequisites=[courses[code] for code in row["prerequisites"]],
            machines=needs,
            **both_languages(row, *COURSE_TEXTS),
        )
    return courses
