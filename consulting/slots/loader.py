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
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    BooleanField,
    DateField,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
)
from django.db.models.functions import Cast

from booking.ledger import cell_of, cell_start, cells_between
from booking.models import BusyCell, Claim, Resource, ResourceKind
from consulting.models import (
    AvailabilityOverride,
    Meeting,
    Mode,
    Service,
    ServiceMachine,
    WeeklyAvailability,
    offerings_of_expired_holds,
)
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
    meetings: list[_MeetingRow] = field(default_factory=list)

    @property
    def service(self) -> Service:
        return self.query["service"]

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
        zone = self.clock.zone
        taken = [
            row.starts_at.astimezone(zone).date()
            for row in self.meetings
            if row.consultant_id == person
        ]
        full = 0
        for day in self.caps[person].full_days(taken, self.days):
            full |= self.clock.days(day, day)
        return full


@dataclass(frozen=True, slots=True)
class _MeetingRow:
    starts_at: dt.datetime
    ends_at: dt.datetime
    consultant_id: int
    pk: int
    has_place: bool


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
        frame.meetings = list(_load_meetings(frame))
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


def resources_for(
    service: Service, mode: str, consultant_id: int | None
) -> QuerySet[Resource]:
    """Who and what a meeting may take; room and machines only in the centre.

    Without a consultant all of the service are meant.
    """
    wanted = Q(person__consulting_services=service)
    if consultant_id is not None:
        wanted &= Q(person=consultant_id)
    if mode == Mode.IN_PERSON:
        if service.room_id:
            wanted |= Q(room=service.room_id)
        wanted |= Q(machine_kind__services=service)
    return Resource.objects.filter(wanted)


def _load_resources(frame: Frame) -> None:
    query = frame.query
    rows = resources_for(frame.service, query["mode"], query["consultant"])
    for pk, kind, person, machine, need, *caps in (
        rows.annotate(need=_machines_needed(frame))
        .order_by("pk")
        .values_list(
            "pk",
            "kind",
            "person",
            "machine_kind",
            "need",
            "person__consulting_caps__per_day",
            "person__consulting_caps__per_week",
        )
    ):
        frame.busy[pk] = 0
        if kind == ResourceKind.PERSON:
            frame.consultants[person] = pk
            frame.caps[person] = Caps(*caps)
        elif kind == ResourceKind.ROOM:
            frame.rooms.append(pk)
        else:
            frame.machines.setdefault(machine, (need, []))[1].append(pk)


def _machines_needed(frame: Frame) -> Value | Subquery:
    """How many of its kind a meeting needs, for a machine."""
    if frame.query["mode"] != Mode.IN_PERSON:
        return Value(0)
    needs = ServiceMachine.objects.filter(
        service=frame.service, kind=OuterRef("machine_kind")
    )
    return Subquery(needs.values("count")[:1])


def _load_busy(frame: Frame) -> None:
    """Taken quarters; what only an expired hold keeps counts as free here.

    From its first to its last taken quarter nobody else can have anything that a claim
    lacks: what is missing inside leave or a closure is taken by what was booked there.
    """
    shape, query = frame.shape, frame.query
    expired = offerings_of_expired_holds(query["now"])
    gone = Q(block__meeting__offering__in=expired)
    if query.get("ignoring_block") is not None:
        gone |= Q(block=query["ignoring_block"])
    rows = (
        BusyCell.objects.filter(
            resource__in=list(frame.busy),
            cell__gte=frame.clock.origin,
            cell__lt=cell_of(frame.closes_at) + shape.length + shape.after,
        )
        .exclude(claim__in=Claim.objects.filter(gone, ended_at=None))
        .values("resource", "claim")
        .annotate(first=Min("cell"), last=Max("cell"))
    )
    for resource, first, last in rows.values_list("resource", "first", "last"):
        stretch = (1 << (last - first + 1)) - 1
        frame.busy[resource] |= stretch << (first - frame.clock.origin)


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
    for row in _hours_rows(people, first_on, last_on):
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


def _hours_rows(
    people: Sequence[int], first_on: dt.date, last_on: dt.date
) -> Iterable[tuple[Any, ...]]:
    """Weekly rules and exceptions of one day in one list of like rows."""
    no_day = Cast(Value(None), DateField())
    weekly = (
        WeeklyAvailability.objects.touching(first_on, last_on)
        .filter(person__in=people)
        .annotate(day=no_day, more=Cast(Value(None), BooleanField()))
        .values_list(
            "person",
            "start_time",
            "end_time",
            "weekday",
            "valid_from",
            "valid_to",
            "day",
            "more",
        )
    )
    single = (
        AvailabilityOverride.objects.filter(
            person__in=people, on__gte=first_on, on__lte=last_on
        )
        .annotate(
            weekday=Cast(Value(None), SmallIntegerField()), since=no_day, until=no_day
        )
        .values_list(
            "person",
            "start_time",
            "end_time",
            "weekday",
            "since",
            "until",
            "on",
            "is_available",
        )
    )
    return weekly.order_by().union(single.order_by(), all=True)


def _fitting(frame: Frame, when: Availability) -> int:
    return when.grid & starts_that_fit(when.open, frame.shape.length)


def _load_meetings(frame: Frame) -> Iterator[_MeetingRow]:
    """The live meetings of the weeks in question, for caps and places in groups."""
    query, zone = frame.query, frame.clock.zone
    rows = (
        Meeting.objects.live()
        .filter(
            consultant__in=list(frame.consultants),
            starts_at__gte=midnight(week_start(frame.first_on), zone),
            starts_at__lt=midnight(week_start(frame.last_on) + WEEK, zone),
        )
        .exclude(offering__in=offerings_of_expired_holds(query["now"]))
        .annotate(
            has_place=Q(
                service=frame.service,
                mode=query["mode"],
                offering__is_open=True,
                offering__seats_taken__lt=F("offering__capacity"),
            )
        )
    )
    if query.get("ignoring_block") is not None:
        rows = rows.exclude(block=query["ignoring_block"])
    names = ("starts_at", "ends_at", "consultant", "pk", "has_place")
    for row in rows.values_list(*names):
        yield _MeetingRow(*row)


def _places_in_groups(frame: Frame) -> list[Slot]:
    """Meetings of a group service that have a place left."""
    if frame.service.group_size == 1:
        return []
    return [
        Slot(row.starts_at, row.ends_at, row.consultant_id, row.pk)
        for row in frame.meetings
        if row.has_place and frame.opens_at <= row.starts_at < frame.closes_at
    ]
