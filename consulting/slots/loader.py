"""From the tables to free times, in at most four queries whatever is asked.

1. who and what a meeting takes, with the caps of the consultants
2. the taken quarters, as one row for each claim
3. weekly hours and exceptions of one day, together
4. the meetings themselves, only where caps or places in groups ask for them

Each reads the asked days alone through an index, so that neither the past nor a far
future is paid for.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings

from booking.ledger import cell_of, cell_start, cells_between
from booking.models import ResourceKind
from consulting.models import Service
from consulting.slots import queries
from consulting.slots.caps import Caps, week_start
from consulting.slots.engine import (
    DAY,
    QUARTERS_OF_DAY,
    Availability,
    Clock,
    Hours,
    Shape,
    Slot,
    availability_of,
    bits,
    midnight,
    places_of,
    starts_that_clash,
    starts_that_fit,
    starts_with_enough,
)

CENTRE_ZONE = ZoneInfo(settings.TIME_ZONE)
WEEK = 7 * DAY


class SlotQuery(TypedDict):
    """What free times are asked for.

    `consultant` None is "any of them". `ignoring_block` is the time block of a
    meeting that shall move; `by_centre` passes over the notice.
    """

    service: Service
    mode: str
    consultant: int | None
    now: dt.datetime
    zone: NotRequired[ZoneInfo]
    ignoring_block: NotRequired[int | None]
    by_centre: NotRequired[bool]


@dataclass
class Frame:
    """The stretch of time in question, and what is known of it."""

    query: SlotQuery
    shape: Shape
    first_on: dt.date
    last_on: dt.date
    earliest: dt.datetime
    clock: Clock
    busy: dict[int, int] = field(default_factory=dict)
    consultants: dict[int, int] = field(default_factory=dict)
    caps: dict[int, Caps] = field(default_factory=dict)
    rooms: list[int] = field(default_factory=list)
    machines: dict[int, tuple[int, list[int]]] = field(default_factory=dict)
    taken: list[_Taken] = field(default_factory=list)

    @property
    def service(self) -> Service:
        return self.query["service"]

    @property
    def ignoring(self) -> int:
        """The key of the block that counts as free; nobody has the key 0."""
        return self.query.get("ignoring_block") or 0

    @property
    def days(self) -> list[dt.date]:
        count = (self.last_on - self.first_on).days + 1
        return [self.first_on + number * DAY for number in range(count)]

    @property
    def opens_at(self) -> dt.datetime:
        """The earliest start, by the first day and the notice."""
        return max(self.earliest, midnight(self.first_on, self.clock.zone))

    @property
    def closes_at(self) -> dt.datetime:
        """The end of the last day."""
        return midnight(self.last_on + DAY, self.clock.zone)

    def window(self) -> int:
        """Starts inside the asked days, not before the notice is over."""
        first = cells_between(self.opens_at, self.opens_at).stop
        return bits(range(first, cell_of(self.closes_at)), self.clock.origin)

    def place_free(self) -> int:
        """Starts at which the room and the machines are free; all bits when none."""
        free = -1
        for room in self.rooms:
            free &= ~self._clash(room)
        for count, ids in self.machines.values():
            length = self.shape.length
            clear = [~starts_that_clash(self.busy[pk], length) for pk in ids]
            free &= starts_with_enough(clear, count)
        return free

    def person_free(self, person: int) -> int:
        """Starts at which a consultant is free and no cap is reached."""
        full = self._days_full(person) if self.caps[person] else 0
        return ~self._clash(self.consultants[person]) & ~full

    def _clash(self, resource: int) -> int:
        """Starts whose meeting, with its pauses, would touch what is taken."""
        shape = self.shape
        return starts_that_clash(
            self.busy[resource], shape.length, shape.before, shape.after
        )

    def _days_full(self, person: int) -> int:
        taken: Counter[dt.date] = Counter()
        for row in self.taken:
            if row.consultant_id == person:
                taken[row.on] += row.meetings
        full = 0
        for day in self.caps[person].full_days(taken, self.days):
            full |= self.clock.days(day, day)
        return full


@dataclass(frozen=True, slots=True)
class _Taken:
    """Meetings of one consultant on one wall date; one with a place comes alone."""

    consultant_id: int
    on: dt.date
    with_place: int | None
    meetings: int
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True)
class Free:
    """The starts of each consultant as bits, and the places in groups."""

    origin: int
    length: dt.timedelta
    starts: Mapping[int, int]
    groups: Sequence[Slot]

    def slots(self) -> list[Slot]:
        """Every free time in order, one for each consultant."""
        found = [
            self._slot(p, who) for who, n in self.starts.items() for p in places_of(n)
        ]
        return sorted([*found, *self.groups])

    def each_start_once(self) -> Iterator[Slot]:
        """Free times in order, without others who are free at the same time."""
        owner: dict[int, Slot | int] = {}
        seen = 0
        for who in sorted(self.starts):
            for place in places_of(self.starts[who] & ~seen):
                owner[place] = who
            seen |= self.starts[who]
        for slot in self.groups:
            owner.setdefault(cell_of(slot.starts_at) - self.origin, slot)
        for place in sorted(owner):
            one = owner[place]
            yield self._slot(place, one) if isinstance(one, int) else one

    def _slot(self, place: int, who: int) -> Slot:
        starts_at = cell_start(self.origin + place)
        return Slot(starts_at, starts_at + self.length, who)


def find_free(from_on: dt.date, days: int, query: SlotQuery) -> Free:
    """What is free on some days; `from_on` is a wall date of the zone.

    Notice and horizon of the service limit it. A mode that the service does not have
    gives nothing.
    """
    service = query["service"]
    frame = _frame(from_on, days, query)
    if frame is None:
        return Free(0, service.length, {}, [])
    _load_resources(frame)
    _load_busy(frame)
    availability = _load_availability(frame)
    if service.group_size > 1 or any(frame.caps.values()):
        frame.taken = _load_meetings(frame)
    possible = frame.window() & frame.place_free()
    starts = {
        person: possible & _fitting(frame, when) & frame.person_free(person)
        for person, when in availability.items()
    }
    return Free(frame.clock.origin, service.length, starts, _places_in_groups(frame))


def _frame(from_on: dt.date, days: int, query: SlotQuery) -> Frame | None:
    service, now = query["service"], query["now"]
    zone = query.get("zone", CENTRE_ZONE)
    ways = {way.mode: way for way in service.modes.all()}
    today = now.astimezone(zone).date()
    first_on = max(from_on, today)
    last_on = min(
        from_on + (days - 1) * DAY, today + dt.timedelta(days=service.horizon_days)
    )
    if query["mode"] not in ways or last_on < first_on or not service.is_active:
        return None
    shape = Shape.of(service, ways[query["mode"]].travel_minutes)
    hours = 0 if query.get("by_centre") else service.notice_hours
    return Frame(
        query=query,
        shape=shape,
        first_on=first_on,
        last_on=last_on,
        earliest=now + dt.timedelta(hours=hours),
        clock=Clock(zone, cell_of(midnight(first_on, zone)) - shape.before),
    )


def _load_resources(frame: Frame) -> None:
    query = frame.query
    for pk, kind, person, machine, need, *caps in queries.resources_with_caps(
        frame.service, query["mode"], query["consultant"]
    ):
        frame.busy[pk] = 0
        if kind == ResourceKind.PERSON:
            frame.consultants[person] = pk
            frame.caps[person] = Caps(*caps)
        elif kind == ResourceKind.ROOM:
            frame.rooms.append(pk)
        else:
            frame.machines.setdefault(machine, (need, []))[1].append(pk)


def _load_busy(frame: Frame) -> None:
    """Taken quarters; what only an expired hold keeps counts as free here.

    From its first to its last taken quarter nobody else can have anything that a claim
    lacks: what is missing inside leave or a closure is taken by what was booked there.
    """
    shape, origin = frame.shape, frame.clock.origin
    for resource, first, last in queries.BUSY(
        resources=frame.busy,
        first=origin,
        end=cell_of(frame.closes_at) + shape.length + shape.after,
        ignoring=frame.ignoring,
        now=frame.query["now"],
    ):
        frame.busy[resource] |= ((1 << (last - first + 1)) - 1) << (first - origin)


def _load_availability(frame: Frame) -> dict[int, Availability]:
    """So many days more than asked as a meeting may run past midnight."""
    people = list(frame.consultants)
    last_on = frame.last_on + DAY * (1 + frame.shape.length // QUARTERS_OF_DAY)
    return {
        person: availability_of(*hours, clock=frame.clock, step=frame.shape.step)
        for person, hours in hours_of(people, frame.first_on, last_on).items()
    }


def hours_of(
    people: Sequence[int], first_on: dt.date, last_on: dt.date
) -> Mapping[int, tuple[list[Hours], list[Hours]]]:
    """When people can be met on some days, and when not, in one query."""
    found: dict[int, tuple[list[Hours], list[Hours]]] = {p: ([], []) for p in people}
    days: dict[int, list[dt.date]] = defaultdict(list)
    for number in range((last_on - first_on).days + 1):
        day = first_on + number * DAY
        days[day.weekday()].append(day)
    for row in queries.HOURS(people=people, first=first_on, last=last_on):
        person, start, end, weekday, valid_from, valid_to, on, is_available = row
        more, fewer = found[person]
        if on is None:
            more += [
                Hours(day, start, end)
                for day in days[weekday]
                if (valid_from or day) <= day <= (valid_to or day)
            ]
        else:
            (more if is_available else fewer).append(Hours(on, start, end))
    return found


def _fitting(frame: Frame, when: Availability) -> int:
    return when.grid & starts_that_fit(when.open, frame.shape.length)


def _load_meetings(frame: Frame) -> list[_Taken]:
    """The live meetings of the weeks in question, for caps and places in groups."""
    query, zone = frame.query, frame.clock.zone
    rows = queries.MEETINGS(
        people=frame.consultants,
        first=midnight(week_start(frame.first_on), zone),
        end=midnight(week_start(frame.last_on) + WEEK, zone),
        service=frame.service.pk,
        mode=query["mode"],
        ignoring=frame.ignoring,
        now=query["now"],
    )
    return [_Taken(*row) for row in rows]


def _places_in_groups(frame: Frame) -> list[Slot]:
    """Meetings of a group service that have a place left."""
    if frame.service.group_size == 1:
        return []
    return [
        Slot(row.starts_at, row.ends_at, row.consultant_id, row.with_place)
        for row in frame.taken
        if row.with_place and frame.opens_at <= row.starts_at < frame.closes_at
    ]
