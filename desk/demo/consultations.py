"""Consulting services of the demo centre, and appointments of the past and future."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from accounts.models import Person
from booking.models import MachineKind, ReservationState, Room
from booking.services.endings import end_place
from booking.services.parties import cancel_reservation
from consulting.models import Mode, Service
from consulting.services.appointments import book_appointment
from consulting.services.availability import (
    WeeklyHours,
    set_caps,
    set_weekly_availability,
)
from consulting.services.catalogue import Question, create_service
from consulting.services.earlier.wishes import ask_for_earlier
from consulting.slots import Slot, free_slots
from desk.demo.fixture import (
    CENTRE_ZONE,
    Fixture,
    Row,
    both_languages,
    hours,
    rial,
    weekdays,
)
from desk.demo.people import People, user_of

TEXTS = ("title", "problem", "description", "bring")
BOOKED_BEFORE = dt.timedelta(days=12)
BOOKED_LATEST = dt.timedelta(hours=30)
SEARCHED_DAYS = 14


def make_services(
    fixture: Fixture, rooms: Mapping[str, Room], people: People, *, now: dt.datetime
) -> dict[str, Service]:
    """The services by their codes, and when their consultants can be met."""
    for row in fixture.rows("instructors"):
        set_weekly_availability(
            person=people.teachers[row["code"]],
            hours=_week(row["weekly_availability"]),
            now=now,
        )
        if caps := row.get("most_meetings"):
            set_caps(person=people.teachers[row["code"]], now=now, **caps)
    rules = fixture.section("slot_rules")
    return {
        row["code"]: _make_service(row, rules, rooms, people, now)
        for row in fixture.rows("consulting_services")
    }


def _week(rows: Mapping[str, list[str]]) -> list[WeeklyHours]:
    return [
        WeeklyHours(weekday, *hours(text))
        for day, texts in rows.items()
        for weekday in weekdays([day])
        for text in texts
    ]


def _make_service(
    row: Row,
    rules: Row,
    rooms: Mapping[str, Room],
    people: People,
    now: dt.datetime,
) -> Service:
    modes = {mode: _travel(row, mode) for mode in row["mode"]}
    kinds = MachineKind.objects.filter(code__in=row.get("equipment", ()))
    texts = zip(row["intake_fa"], row["intake_en"], strict=True)
    return create_service(
        code=row["code"],
        slug=row["slug"],
        duration_minutes=row["duration_min"],
        buffer_after_minutes=0 if any(modes.values()) else row["buffer_min"],
        start_step_minutes=rules["slot_granularity_min"],
        notice_hours=rules["book_at_least_hours_before"],
        horizon_days=rules["book_at_most_days_ahead"],
        cancel_notice_hours=rules["free_cancel_until_hours_before"],
        fee_rial=rial(row["fee_toman"]),
        support_percent=row["subsidy_percent"],
        room=rooms[row["room"]] if row["room"] else None,
        max_people=row["max_people"],
        modes=modes,
        consultants=[people.teachers[code] for code in row["consultants"]],
        questions=[Question(text_fa, text_en) for text_fa, text_en in texts],
        machines=dict.fromkeys(kinds, 1),
        now=now,
        **both_languages(row, *TEXTS),
    )


def _travel(row: Row, mode: str) -> int:
    """The pause of a visit is the consultant's way there and back."""
    travel: int = row["buffer_min"] if mode == Mode.ON_SITE else 0
    return travel


def make_appointments(
    fixture: Fixture, services: Mapping[str, Service], people: People
) -> None:
    """Each at the first free time from its day on, booked some days before."""
    for row in fixture.rows("appointments"):
        service = services[row["service"]]
        person = people.named[row["person"]]
        wanted = fixture.now + dt.timedelta(days=row["days"])
        booked_at = min(wanted - BOOKED_BEFORE, fixture.now - BOOKED_LATEST)
        slot = _first_free(service, row["mode"], wanted, booked_at)
        _book(row, service, slot, person, booked_at)


def _first_free(
    service: Service, mode: str, wanted: dt.datetime, booked_at: dt.datetime
) -> Slot:
    day = wanted.astimezone(CENTRE_ZONE).date()
    free = free_slots(
        day, SEARCHED_DAYS, service=service, mode=mode, consultant=None, now=booked_at
    )
    if not free:
        raise LookupError(f"no free time for {service.code}")
    return free[0]


def _book(
    row: Row, service: Service, slot: Slot, person: Person, booked_at: dt.datetime
) -> None:
    questions = service.questions.filter(is_active=True)
    answers = zip(questions, row.get("answers_fa", ()), strict=False)
    reservation = book_appointment(
        service_id=service.pk,
        mode=row["mode"],
        consultant_id=slot.consultant_id,
        starts_at=slot.starts_at,
        booker=user_of(person),
        person=person,
        answers={question.pk: text for question, text in answers},
        key=uuid.uuid4(),
        now=booked_at,
        by_centre=False,
    )
    ends = {"came": ReservationState.COMPLETED, "missed": ReservationState.NO_SHOW}
    if end := ends.get(row["outcome"]):
        end_place(reservation_id=reservation.pk, to=end, by=None, now=slot.ends_at)
    if row.get("wants_earlier"):
        ask_for_earlier(
            reservation_id=reservation.pk,
            consultant_id=None,
            by=user_of(person),
            now=booked_at,
        )
    if row["outcome"] == "cancelled":
        cancel_reservation(
            reservation_id=reservation.pk,
            by=user_of(person),
            now=booked_at + dt.timedelta(hours=5),
        )
