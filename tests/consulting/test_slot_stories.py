"""Free times from the tables against a reference that looks at every quarter.

Zones with changing clocks, weekly hours with dates, exceptions of one day, classes,
meetings, groups, caps, pauses, travel, a room, notice and horizon, all drawn at random.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, seed, settings
from hypothesis import strategies as st

from accounts.models import Person
from booking import ledger
from booking.ledger import Want
from booking.models import Resource
from booking.services.resources import resource_of_person, resource_of_room
from consulting.models import (
    AvailabilityOverride,
    ConsultantCaps,
    Meeting,
    Service,
    WeeklyAvailability,
)
from consulting.services.appointments import try_hold
from consulting.slots import Hours, Slot, free_slots
from tests.consulting.reference import QUARTER, ZONES, moment_of, open_quarters, walls
from tests.factories import make_block, make_person, make_room, make_service, make_user

pytestmark = pytest.mark.django_db

EXAMPLES = 1_500 if os.environ.get("HIDAJ_NIGHT") else 20
SPAN = 9
DAY = dt.timedelta(days=1)
MIDNIGHT = dt.time(0)

quarters = st.integers(0, 95)
days = st.integers(0, SPAN)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[dt.time, dt.time]:
    """From one wall time to another of the same day."""
    start = draw(quarters)
    end = min(start + draw(st.integers(4, 40)), 96)
    return _time(start), _time(end % 96)


def _time(quarter: int) -> dt.time:
    return dt.time(quarter // 4, quarter % 4 * 15)


# From 7 on: every day.
rules = st.tuples(st.integers(4, 12), stretches(), st.none() | days, st.none() | days)
overrides = st.tuples(days, stretches(), st.booleans())
classes = st.tuples(
    st.integers(0, 2), st.integers(0, 96 * SPAN), st.integers(1, 24), st.booleans()
)
caps = st.tuples(st.none() | st.integers(1, 2), st.none() | st.integers(1, 4)).filter(
    lambda pair: None in pair or pair[1] >= pair[0]
)

stories = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(sorted(ZONES)),
        "people": st.lists(
            st.fixed_dictionaries(
                {
                    "rules": st.lists(rules, min_size=1, max_size=4),
                    "overrides": st.lists(overrides, max_size=3),
                    "caps": caps,
                }
            ),
            min_size=1,
            max_size=3,
        ),
        "classes": st.lists(classes, max_size=4),
        "meetings": st.integers(0, 4),
        "mode": st.sampled_from(["phone", "on_site", "in_person"]),
        "length": st.integers(1, 8),
        "step": st.integers(1, 4),
        "before": st.integers(0, 35),
        "after": st.integers(0, 35),
        "travel": st.integers(0, 50),
        "notice": st.integers(0, 24),
        "horizon": st.integers(2, SPAN),
        "group": st.sampled_from([1, 1, 3]),
        "now": st.integers(0, 2 * 96 * 15),
        "from": st.integers(0, 3),
        "days": st.integers(2, SPAN),
    }
)


@dataclass
class World:
    """What a story made, written down a second time for the reference."""

    zone: ZoneInfo
    service: Service
    mode: str
    travel: int
    now: dt.datetime
    people: list[Person]
    more: dict[int, list[Hours]] = field(default_factory=dict)
    fewer: dict[int, list[Hours]] = field(default_factory=dict)
    caps: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)
    # (resource key, from, to), pauses and travel included.
    taken: list[tuple[int, dt.datetime, dt.datetime]] = field(default_factory=list)
    meetings: list[Slot] = field(default_factory=list)

    def day(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.zone).date()

    def around(self, start: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """What a meeting that starts then takes of consultant and room."""
        service = self.service
        before = service.buffer_before_minutes + self.travel
        after = service.buffer_after_minutes + self.travel
        return (
            start - dt.timedelta(minutes=before),
            start + service.length + dt.timedelta(minutes=after),
        )

    def needs(self, person: Person) -> list[int]:
        """Resources that a meeting with this person binds with its pauses."""
        found = [Resource.objects.get(person=person).pk]
        if self.mode == "in_person":
            found.append(Resource.objects.get(room=self.service.room).pk)
        return found


def make_world(story: dict[str, Any]) -> World:
    zone = ZoneInfo(story["zone"])
    first_on = ZONES[story["zone"]] - 2 * DAY
    midnight = dt.datetime.combine(first_on, MIDNIGHT, zone).astimezone(dt.UTC)
    now = midnight + dt.timedelta(minutes=story["now"])
    room = make_room()
    people = [make_person() for _ in story["people"]]
    service = make_service(
        consultants=people,
        room=room,
        modes={"phone": 0, "in_person": 0, "on_site": story["travel"]},
        duration_minutes=15 * story["length"],
        start_step_minutes=15 * story["step"],
        buffer_before_minutes=story["before"],
        buffer_after_minutes=story["after"],
        notice_hours=story["notice"],
        horizon_days=story["horizon"],
        group_size=story["group"],
        now=now,
    )
    travel = story["travel"] if story["mode"] == "on_site" else 0
    world = World(zone, service, story["mode"], travel, now, people)
    for person, told in zip(people, story["people"], strict=True):
        _give_hours(world, person, told, first_on)
    resources = [resource_of_person(p, now=now) for p in people]
    resources.append(resource_of_room(room, now=now))
    for number, place, length, _flag in story["classes"]:
        start = midnight.replace(minute=midnight.minute // 15 * 15) + place * QUARTER
        _class(world, resources[number % len(resources)], start, length)
    for _number in range(story["meetings"]):
        _meet(world, first_on)
    return world


def _give_hours(
    world: World, person: Person, told: dict[str, Any], first_on: dt.date
) -> None:
    more: list[Hours] = []
    fewer: list[Hours] = []
    all_days = [first_on + n * DAY for n in range(SPAN + 8)]
    for weekday, (start, end), since, until in told["rules"]:
        since_on = None if since is None else first_on + since * DAY
        until_on = None if until is None else first_on + until * DAY
        if since_on and until_on and until_on < since_on:
            since_on, until_on = until_on, since_on
        WeeklyAvailability.objects.bulk_create(
            WeeklyAvailability(
                person=person,
                weekday=number,
                start_time=start,
                end_time=end,
                valid_from=since_on,
                valid_to=until_on,
            )
            for number in _weekdays(weekday)
        )
        more += [
            Hours(day, start, end)
            for day in all_days
            if day.weekday() in _weekdays(weekday)
            and (since_on is None or since_on <= day)
            and (until_on is None or day <= until_on)
        ]
    known = set()
    for number, (start, end), is_available in told["overrides"]:
        on = first_on + number * DAY
        if (on, start, end) in known:
            continue
        known.add((on, start, end))
        AvailabilityOverride.objects.create(
            person=person,
            on=on,
            start_time=start,
            end_time=end,
            is_available=is_available,
        )
        (more if is_available else fewer).append(Hours(on, start, end))
    per_day, per_week = told["caps"]
    if told["caps"] != (None, None):
        ConsultantCaps.objects.create(
            person=person, per_day=per_day, per_week=per_week, changed_at=world.now
        )
    world.more[person.pk], world.fewer[person.pk] = more, fewer
    world.caps[person.pk] = told["caps"]


def _weekdays(number: int) -> list[int]:
    return list(range(7)) if number >= 7 else [number]


def _class(world: World, resource: Resource, start: dt.datetime, length: int) -> None:
    """A class takes a person or the room; one that finds them taken is left out."""
    end = start + length * QUARTER
    if any(pk == resource.pk and _touch(start, end, a, b) for pk, a, b in world.taken):
        return
    block = make_block(starts_at=start, ends_at=end)
    ledger.claim(block, [Want(resource.pk)])
    world.taken.append((resource.pk, start, end))


def _meet(world: World, first_on: dt.date) -> None:
    """Take the first time that the reference calls free, by the service that does."""
    free = [s for s in reference(world, first_on, SPAN + 1) if s.meeting_id is None]
    if not free:
        return
    slot = free[len(free) // 3]
    party = try_hold(world.service, world.mode, slot, make_user(), now=world.now)
    assert party is not None
    meeting = Meeting.objects.get(offering=party.offering_id)
    # The centre of this story stands in its zone, and so does the wall date.
    meeting.wall_on, meeting.zone = world.day(slot.starts_at), world.zone.key
    meeting.save()
    person = next(p for p in world.people if p.pk == slot.consultant_id)
    from_at, to_at = world.around(slot.starts_at)
    world.taken += [(pk, from_at, to_at) for pk in world.needs(person)]
    world.meetings.append(
        Slot(slot.starts_at, slot.ends_at, slot.consultant_id, meeting.pk)
    )


def _touch(a: dt.datetime, b: dt.datetime, c: dt.datetime, d: dt.datetime) -> bool:
    """Whether two intervals share a quarter of an hour."""
    return bool(_quarters(a, b) & _quarters(c, d))


def _quarters(from_at: dt.datetime, to_at: dt.datetime) -> set[dt.datetime]:
    moment = from_at.replace(minute=from_at.minute // 15 * 15)
    found = set()
    while moment < to_at:
        found.add(moment)
        moment += QUARTER
    return found


def reference(world: World, from_on: dt.date, count: int) -> list[Slot]:
    """Walk over every wall time of everybody, and ask every question of each."""
    hours = {person.pk: _open(world, person) for person in world.people}
    busy = {person.pk: _busy(world, person) for person in world.people}
    found = [
        Slot(start, start + world.service.length, person.pk)
        for person in world.people
        for start in _grid(world, person)
        if _is_asked(world, start, from_on, count)
        and _quarters(start, start + world.service.length) <= hours[person.pk]
        and not _quarters(*world.around(start)) & busy[person.pk]
        and not _is_full(world, person, start)
    ]
    if world.service.group_size > 1:
        found += [
            meeting
            for meeting in world.meetings
            if _is_asked(world, meeting.starts_at, from_on, count)
        ]
    return sorted(set(found), key=lambda s: (s.starts_at, s.ends_at, s.consultant_id))


def _grid(world: World, person: Person) -> set[dt.datetime]:
    step = world.service.start_step_minutes // 15
    moments = {
        moment_of(wall, world.zone)
        for hours in world.more[person.pk]
        for number, wall in enumerate(walls(hours))
        if number % step == 0
    }
    return {moment for moment in moments if moment is not None}


def _is_asked(world: World, start: dt.datetime, from_on: dt.date, count: int) -> bool:
    service, day = world.service, world.day(start)
    return (
        start >= world.now + dt.timedelta(hours=service.notice_hours)
        and from_on <= day < from_on + count * DAY
        and day <= world.day(world.now) + service.horizon_days * DAY
    )


def _open(world: World, person: Person) -> set[dt.datetime]:
    closed = open_quarters(world.fewer[person.pk], world.zone)
    return open_quarters(world.more[person.pk], world.zone) - closed


def _busy(world: World, person: Person) -> set[dt.datetime]:
    """Quarters in which the person, or the room that is needed, is taken."""
    needs = world.needs(person)
    return {
        quarter
        for pk, from_at, to_at in world.taken
        if pk in needs
        for quarter in _quarters(from_at, to_at)
    }


def _is_full(world: World, person: Person, start: dt.datetime) -> bool:
    per_day, per_week = world.caps[person.pk]
    mine = [
        world.day(m.starts_at) for m in world.meetings if m.consultant_id == person.pk
    ]
    day = world.day(start)
    weeks = Counter(_saturday(on) for on in mine)
    return (per_day is not None and mine.count(day) >= per_day) or (
        per_week is not None and weeks[_saturday(day)] >= per_week
    )


def _saturday(on: dt.date) -> dt.date:
    while on.weekday() != 5:
        on -= DAY
    return on


class _Undo(Exception):
    """Ends an example without a trace in the tables."""


@seed(20261125)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(stories)
def test_free_times_are_those_of_the_reference(story: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            world = make_world(story)
            from_on = ZONES[story["zone"]] - 2 * DAY + story["from"] * DAY
            expected = reference(world, from_on, story["days"])
            got = free_slots(
                from_on,
                story["days"],
                service=world.service,
                mode=world.mode,
                consultant=None,
                now=world.now,
                zone=world.zone,
            )
            event("some free" if got else "nothing free")
            event(f"{len(world.meetings)} meetings")
            assert [_key(slot) for slot in got] == [_key(slot) for slot in expected]
            raise _Undo
    except _Undo:
        pass


def _key(slot: Slot) -> tuple[dt.datetime, dt.datetime, int, int | None]:
    return slot.starts_at, slot.ends_at, slot.consultant_id, slot.meeting_id
