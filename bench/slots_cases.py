"""Consultants with full books, and what bench/slots asks of them.

Runs where Django is set up. Meetings are written straight into the tables, because the
services refuse the past and would take hours for so many.
"""

from __future__ import annotations

import datetime as dt
import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Model
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, TeachingProfile
from bench.report import percentile
from booking.ledger import cells_between
from booking.models import BlockKind, BusyCell, Claim, Offering, Resource, TimeBlock
from consulting.models import ConsultantCaps, Meeting, Service, Weekday
from consulting.services.availability import WeeklyHours, set_weekly_availability
from consulting.services.catalogue import create_service
from consulting.slots import (
    CENTRE_ZONE,
    SlotQuery,
    days_with_free_slots,
    next_free_slot,
    slots_once,
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
# Questions are asked so often at least.
LEAST = 3


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
    """Deal the meetings out, to each consultant the same hours."""
    resources = dict(Resource.objects.values_list("person", "pk"))
    share, rest = divmod(appointments, len(people))
    taken = [
        (person, at)
        for number, person in enumerate(people)
        for direction in (1, -1)
        for at in itertools.islice(_starts(direction), share + (number < rest))
    ]
    _write(service, taken, resources)


def _starts(direction: int) -> Iterator[dt.datetime]:
    """Hours from tomorrow on, or from yesterday back, eleven a day."""
    today = NOW.astimezone(CENTRE_ZONE).date()
    for day in itertools.count(1):
        on = today + direction * dt.timedelta(days=day)
        first = dt.datetime.combine(on, dt.time(OPENS), CENTRE_ZONE)
        for number in range(TAKEN_A_DAY):
            yield (first + number * HOUR).astimezone(dt.UTC)


def _write(
    service: Service,
    taken: list[tuple[Person, dt.datetime]],
    resources: dict[int | None, int],
) -> None:
    """One row of each table for a meeting, under the same key in all of them."""
    length = service.length
    first = 1 + max(_last_key(model) for model in (Offering, TimeBlock, Claim, Meeting))
    rows = list(enumerate(taken, start=first))
    _insert(
        Offering(kind="meeting", capacity=1, seats_taken=1, is_open=True),
        ({"id": pk, "starts_at": at} for pk, (_who, at) in rows),
    )
    _insert(
        TimeBlock(kind=BlockKind.MEETING, created_at=NOW),
        (
            {"id": pk, "starts_at": at, "ends_at": at + length}
            for pk, (_who, at) in rows
        ),
    )
    _insert(
        Claim(is_standing=False),
        (
            {
                "id": pk,
                "block_id": pk,
                "resource_id": resources[who.pk],
                "from_at": at,
                "to_at": at + length + AFTER,
            }
            for pk, (who, at) in rows
        ),
    )
    _insert(
        Meeting(service=service, mode="phone", zone=CENTRE_ZONE.key, created_at=NOW),
        (_meeting(pk, who, at, length) for pk, (who, at) in rows),
    )
    # Cells of the past are swept every day.
    _insert(
        BusyCell(),
        (
            {"resource_id": resources[who.pk], "cell": cell, "claim_id": pk}
            for pk, (who, at) in rows
            if at > NOW
            for cell in cells_between(at, at + length + AFTER)
        ),
    )


def _meeting(
    pk: int, who: Person, at: dt.datetime, length: dt.timedelta
) -> dict[str, Any]:
    wall = at.astimezone(CENTRE_ZONE)
    return {
        "id": pk,
        "offering_id": pk,
        "block_id": pk,
        "consultant_id": who.pk,
        "starts_at": at,
        "ends_at": at + length,
        "wall_on": wall.date(),
        "wall_start": wall.time(),
        "wall_end": (wall + length).time(),
        "uid": uuid.uuid4(),
        "changed_at": NOW,
    }


def _last_key(model: type[Model]) -> int:
    return int(model._default_manager.aggregate(n=Max("pk"))["n"] or 0)


def _insert(like: Model, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows that are `like` this one but for some columns; objects cost more."""
    meta = type(like)._meta
    names = {field.attname: field for field in meta.concrete_fields}
    if isinstance(like, BusyCell):
        # Its own key is the database's.
        del names["id"]
    same = {
        name: field.get_db_prep_save(getattr(like, name), connection)
        for name, field in names.items()
    }
    columns = ", ".join(str(field.column) for field in names.values())
    marks = ", ".join(["%s"] * len(names))
    query = f"INSERT INTO {meta.db_table} ({columns}) VALUES ({marks})"
    values = (
        [
            field.get_db_prep_save(row[name], connection) if name in row else same[name]
            for name, field in names.items()
        ]
        for row in rows
    )
    with connection.cursor() as cursor:
        for batch in _batches(values):
            cursor.executemany(query, batch)


def _batches(values: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    left = iter(values)
    while batch := list(itertools.islice(left, BATCH)):
        yield batch


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
        "a day": lambda: len(slots_once(day, 1, **query)),
        "a month": lambda: len(slots_once(today, 30, **query)),
        "90 days": lambda: len(slots_once(today, HORIZON_DAYS, **query)),
        "next 7 free days": lambda: len(days_with_free_slots(today, **query).days),
        "next free": lambda: int(next_free_slot(**query) is not None),
    }
    return {name: _time(ask, seconds) for name, ask in questions.items()}


def _time(ask: Callable[[], int], seconds: float) -> dict[str, float]:
    with CaptureQueriesContext(connection) as captured:
        found = ask()
    took: list[float] = []
    until, cpu = time.perf_counter() + seconds, time.process_time()
    while len(took) < LEAST or time.perf_counter() < until:
        start = time.perf_counter()
        ask()
        took.append((time.perf_counter() - start) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / len(took)
    took.sort()
    return {
        "queries": len(captured),
        "p50_ms": percentile(took, 50),
        "p99_ms": percentile(took, 99),
        "cpu_ms": cpu_ms,
        "free_times": found,
    }
