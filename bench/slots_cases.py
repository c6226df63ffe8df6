"""Consultants with full books, and what bench/slots asks of them.

Runs where Django is set up. Meetings are written straight into the tables, because the
services refuse the past and would take hours for so many.
"""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Model
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, TeachingProfile
from booking.ledger import cells_between
from booking.models import BlockKind, BusyCell, Claim, Offering, Resource, TimeBlock
from consulting.models import ConsultantCaps, Meeting, Service, Weekday
from consulting.services.availability import WeeklyHours, set_weekly_availability
from consulting.services.catalogue import create_service
from consulting.slots import (
    CENTRE_ZONE,
    SlotQuery,
    days_with_free_slots,
    free_slots,
    next_free_slot,
)

# A Sunday morning in the centre.
NOW = dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)
HORIZON_DAYS = 90
OPENS, CLOSES = 8, 20
HOUR = dt.timedelta(hours=1)
AFTER = dt.timedelta(minutes=15)
# Of the twelve hours of a day eleven are taken where a book is full.
TAKEN_A_DAY = CLOSES - OPENS - 1
BATCH = 2000


def make_world(consultants: int, appointments: int, name: str) -> int:
    """A service whose consultants share so many past and so many future meetings.

    Gives the key of the service.
    """
    people = [_consultant(f"{name} {n}") for n in range(consultants)]
    service = create_service(
        code=name,
        slug=name,
        title_fa=name,
        problem_fa=name,
        duration_minutes=45,
        buffer_after_minutes=15,
        horizon_days=HORIZON_DAYS,
        modes={"phone": 0},
        consultants=people,
        now=NOW,
    )
    with transaction.atomic():
        _fill(service, people, appointments)
    _analyze()
    return service.pk


def _consultant(name: str) -> Person:
    person = Person.objects.create(name=name)
    TeachingProfile.objects.create(person=person, consults=True)
    hours = [WeeklyHours(d, dt.time(OPENS), dt.time(CLOSES)) for d in Weekday.values]
    set_weekly_availability(person=person, hours=hours, now=NOW)
    ConsultantCaps.objects.create(
        person=person, per_day=12, per_week=84, changed_at=NOW
    )
    return person


def _fill(service: Service, people: list[Person], appointments: int) -> None:
    resources = dict(Resource.objects.values_list("person", "pk"))
    share, rest = divmod(appointments, len(people))
    for number, person in enumerate(people):
        count = share + (number < rest)
        for direction in (1, -1):
            starts = list(itertools.islice(_starts(direction), count))
            _write(service, person, resources[person.pk], starts)


def _starts(direction: int) -> Iterator[dt.datetime]:
    """Hours from tomorrow on, or from yesterday back, eleven a day."""
    today = NOW.astimezone(CENTRE_ZONE).date()
    for day in itertools.count(1):
        on = today + direction * dt.timedelta(days=day)
        first = dt.datetime.combine(on, dt.time(OPENS), CENTRE_ZONE)
        for number in range(TAKEN_A_DAY):
            yield (first + number * HOUR).astimezone(dt.UTC)


def _write(
    service: Service, person: Person, resource: int, starts: list[dt.datetime]
) -> None:
    length = service.length
    offerings = _insert(
        Offering(kind="meeting", capacity=1, seats_taken=1, starts_at=at, is_open=True)
        for at in starts
    )
    blocks = _insert(
        TimeBlock(
            kind=BlockKind.MEETING, starts_at=at, ends_at=at + length, created_at=NOW
        )
        for at in starts
    )
    claims = _insert(
        Claim(
            block=block,
            resource_id=resource,
            from_at=block.starts_at,
            to_at=block.ends_at + AFTER,
        )
        for block in blocks
    )
    _insert(
        _meeting(service, person, offering, block)
        for offering, block in zip(offerings, blocks, strict=True)
    )
    # Cells of the past are swept every day.
    _insert(
        BusyCell(resource_id=resource, cell=cell, claim=claim)
        for claim in claims
        if claim.to_at > NOW
        for cell in cells_between(claim.from_at, claim.to_at)
    )


def _meeting(
    service: Service, person: Person, offering: Offering, block: TimeBlock
) -> Meeting:
    wall = block.starts_at.astimezone(CENTRE_ZONE)
    return Meeting(
        service=service,
        consultant=person,
        offering=offering,
        block=block,
        mode="phone",
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        wall_on=wall.date(),
        wall_start=wall.time(),
        wall_end=block.ends_at.astimezone(CENTRE_ZONE).time(),
        zone=CENTRE_ZONE.key,
        created_at=NOW,
        changed_at=NOW,
    )


def _insert(rows: Iterable[Any]) -> list[Any]:
    """Write rows with keys of our own, so that every database gives them back."""
    made: list[Any] = list(rows)
    if not made:
        return made
    model: type[Model] = type(made[0])
    last = model._default_manager.aggregate(n=Max("pk"))["n"] or 0
    for number, row in enumerate(made, start=last + 1):
        row.pk = number
    model._default_manager.bulk_create(made, batch_size=BATCH)
    return made


def _analyze() -> None:
    """What a database does by itself after a while."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(service_id: int, seconds: float) -> dict[str, dict[str, float]]:
    """Median and worst milliseconds, queries and free times of each question."""
    service = Service.objects.prefetch_related("modes").get(pk=service_id)
    query: SlotQuery = {
        "service": service,
        "mode": "phone",
        "consultant": None,
        "now": NOW,
    }
    today = NOW.astimezone(CENTRE_ZONE).date()
    day = today + dt.timedelta(days=3)
    questions: dict[str, Callable[[], int]] = {
        "a day": lambda: len(free_slots(day, 1, **query)),
        "a month": lambda: len(free_slots(today, 30, **query)),
        "90 days": lambda: len(free_slots(today, HORIZON_DAYS, **query)),
        "next 7 free days": lambda: len(days_with_free_slots(today, **query).days),
        "next free": lambda: int(next_free_slot(**query) is not None),
    }
    return {name: _time(ask, seconds) for name, ask in questions.items()}


def _time(ask: Callable[[], int], seconds: float) -> dict[str, float]:
    with CaptureQueriesContext(connection) as captured:
        found = ask()
    took: list[float] = []
    until = time.perf_counter() + seconds
    while len(took) < 3 or time.perf_counter() < until:
        start = time.perf_counter()
        ask()
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    return {
        "p50_ms": statistics.median(took),
        "p99_ms": took[int(len(took) * 0.99)],
        "queries": len(captured),
        "found": found,
    }
