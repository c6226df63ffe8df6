"""Free slots: computed whenever they are asked for, never stored.

Quarters of an hour are bits of one long number for each person, room and machine, so
that a month costs a few shifts and not a walk over its quarters. Bit 0 is `origin`,
a quarter as `booking.ledger` counts them (in UTC). Wall times that a change of the
clocks skips do not exist; of the doubled ones the first is taken.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict, Unpack
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, OuterRef, Q, Subquery

from booking.ledger import cell_of, cell_start, cells_between
from booking.models import BusyCell, Resource, ResourceKind
from consulting.models import (
    MIDNIGHT,
    QUARTER,
    AvailabilityOverride,
    Meeting,
    Mode,
    Service,
    ServiceMachine,
    WeeklyAvailability,
)

CENTRE_ZONE = ZoneInfo(settings.TIME_ZONE)
DAY = dt.timedelta(days=1)
QUARTERS_OF_DAY = 24 * 60 // QUARTER
DAYS_SHOWN = 7
NEAREST_SHOWN = 3


@dataclass(frozen=True, order=True)
class Slot:
    """A free time (UTC) of one consultant; `meeting_id` where a group has a place."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    consultant_id: int
    meeting_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Hours:
    """From one wall time to another on one day; an end at 00:00 is midnight."""

    on: dt.date
    start: dt.time
    end: dt.time


@dataclass(frozen=True)
class Shape:
    """What one meeting takes, in quarters; the pauses bind consultant and room."""

    length: int
    before: int
    after: int
    step: int

    @classmethod
    def of(cls, service: Service, travel_minutes: int) -> Shape:
        """The shape of a service's meetings; minutes are rounded outward."""
        return cls(
            length=_quarters(service.duration_minutes),
            before=_quarters(service.buffer_before_minutes + travel_minutes),
            after=_quarters(service.buffer_after_minutes + travel_minutes),
            step=_quarters(service.start_step_minutes),
        )


def _quarters(minutes: int) -> int:
    return -(-minutes // QUARTER)


@dataclass
class Availability:
    """When one consultant can be met, and where the grid allows a start."""

    open: int = 0
    grid: int = 0


# The engine: numbers in, numbers out.


def has_plain_clock(on: dt.date, zone: ZoneInfo) -> bool:
    """Whether the clocks do not change on this day."""
    offsets = {
        dt.datetime.combine(day, MIDNIGHT, zone).utcoffset() for day in (on, on + DAY)
    }
    return len(offsets) == 1


def quarters_of(hours: Hours, zone: ZoneInfo) -> list[int | None]:
    """The quarter of each quarter of the wall clock; None where the clocks skip it."""
    first = _minute(hours.start) // QUARTER
    last = _minute(hours.end) // QUARTER or QUARTERS_OF_DAY
    walls = [
        dt.datetime.combine(hours.on, MIDNIGHT) + dt.timedelta(minutes=QUARTER * n)
        for n in range(first, last)
    ]
    if walls and has_plain_clock(hours.on, zone):
        start = cell_of(walls[0].replace(tzinfo=zone))
        return list(range(start, start + len(walls)))
    return [_quarter_at(wall, zone) for wall in walls]


def _minute(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def _quarter_at(wall: dt.datetime, zone: ZoneInfo) -> int | None:
    moment = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    exists = moment.astimezone(zone).replace(tzinfo=None) == wall
    return cell_of(moment) if exists else None


def availability_of(
    more: Iterable[Hours],
    fewer: Iterable[Hours],
    *,
    origin: int,
    step: int,
    zone: ZoneInfo,
) -> Availability:
    """Hours as bits: all of `more` without those of `fewer`.

    The grid of starts begins anew with each stretch of hours.
    """
    found = Availability()
    for hours in more:
        quarters = quarters_of(hours, zone)
        found.open |= bits(quarters, origin)
        found.grid |= bits(quarters[::step], origin)
    for hours in fewer:
        found.open &= ~bits(quarters_of(hours, zone), origin)
    return found


def bits(quarters: Iterable[int | None], origin: int) -> int:
    """A number with these quarters set; what lies before the origin is dropped."""
    places = [q - origin for q in quarters if q is not None and q >= origin]
    if places and places[-1] - places[0] == len(places) - 1:
        return ((1 << len(places)) - 1) << places[0]
    number = 0
    for place in places:
        number |= 1 << place
    return number


def starts_that_fit(open_: int, length: int) -> int:
    """Starts from which `length` quarters in a row are set."""
    fits = open_
    for shift in range(1, length):
        fits &= open_ >> shift
    return fits


def starts_that_clash(busy: int, length: int, before: int = 0, after: int = 0) -> int:
    """Starts whose meeting, with its pauses, would touch a busy quarter."""
    clash = busy << before
    for shift in range(1 - before, length + after):
        clash |= busy >> shift if shift >= 0 else busy << -shift
    return clash


def starts_with_enough(free: Iterable[int], count: int) -> int:
    """Starts at which at least `count` of these are free."""
    at_least = [-1] + [0] * count
    for one in free:
        for number in range(count, 0, -1):
            at_least[number] |= at_least[number - 1] & one
    return at_least[count]


def places_of(number: int) -> list[int]:
    """The places of the bits that are set, lowest first."""
    text = bin(number)[:1:-1]
    places, place = [], text.find("1")
    while place >= 0:
        places.append(place)
        place = text.find("1", place + 1)
    return places


# The loader: four queries whatever the number of consultants and days.


@dataclass
class Frame:
    """The stretch of time in question, and what is known of it."""

    service: Service
    shape: Shape
    first_on: dt.date
    last_on: dt.date
    earliest: dt.datetime
    zone: ZoneInfo
    origin: int
    busy: dict[int, int] = field(default_factory=dict)
    consultants: dict[int, int] = field(default_factory=dict)
    rooms: list[int] = field(default_factory=list)
    machines: dict[int, tuple[int, list[int]]] = field(default_factory=dict)

    def window(self) -> int:
        """Starts inside the asked days, not before the notice is over."""
        first = max(
            cell_of(_midnight(self.first_on, self.zone)),
            cells_between(self.earliest, self.earliest).stop,
        )
        last = cell_of(_midnight(self.last_on + DAY, self.zone))
        return bits(range(first, last), self.origin)

    def place_free(self) -> int:
        """Starts at which the room and the machines are free; all bits when none."""
        free = -1
        shape = self.shape
        for room in self.rooms:
            free &= ~starts_that_clash(
                self.busy[room], shape.length, shape.before, shape.after
            )
        for count, ids in self.machines.values():
            clear = [~starts_that_clash(self.busy[pk], shape.length) for pk in ids]
            free &= starts_with_enough(clear, count)
        return free


def _midnight(on: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(on, MIDNIGHT, zone)


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


def free_slots(from_on: dt.date, days: int, **query: Unpack[SlotQuery]) -> list[Slot]:
    """Every free time of a service on some days, in order; one for each consultant.

    `from_on` is a wall date of the zone; notice and horizon of the service limit what
    comes. A mode that the service does not have gives nothing.
    """
    frame = _frame(from_on, days, query)
    if frame is None:
        return []
    _load_resources(frame, query["mode"], query["consultant"])
    _load_busy(frame, query["now"], query.get("ignoring_block"))
    slots = _slots(frame, _load_availability(frame))
    if frame.service.group_size > 1:
        slots += _places_in_groups(frame, query["mode"])
    return sorted(slots)


def _frame(from_on: dt.date, days: int, query: SlotQuery) -> Frame | None:
    service, now = query["service"], query["now"]
    zone = query.get("zone", CENTRE_ZONE)
    ways = {way.mode: way for way in service.modes.all()}
    today = now.astimezone(zone).date()
    first_on = max(from_on, today)
    last_on = min(
        from_on + dt.timedelta(days=days - 1),
        today + dt.timedelta(days=service.horizon_days),
    )
    if query["mode"] not in ways or last_on < first_on or not service.is_active:
        return None
    shape = Shape.of(service, ways[query["mode"]].travel_minutes)
    hours = 0 if query.get("by_centre") else service.notice_hours
    return Frame(
        service=service,
        shape=shape,
        first_on=first_on,
        last_on=last_on,
        earliest=now + dt.timedelta(hours=hours),
        zone=zone,
        origin=cell_of(_midnight(first_on, zone)) - shape.before,
    )


def _load_resources(frame: Frame, mode: str, consultant_id: int | None) -> None:
    """Who and what a meeting takes; the room and the machines only in the centre."""
    service = frame.service
    people = service.consultants.through.objects.filter(service=service)
    if consultant_id is not None:
        people = people.filter(person=consultant_id)
    wanted = Q(person__in=people.values("person"))
    needs = ServiceMachine.objects.filter(
        service=service, kind=OuterRef("machine_kind")
    )
    if mode == Mode.IN_PERSON:
        if service.room_id:
            wanted |= Q(room=service.room_id)
        kinds = ServiceMachine.objects.filter(service=service).values("kind")
        wanted |= Q(machine_kind__in=kinds)
    rows = Resource.objects.filter(wanted).annotate(
        need=Subquery(needs.values("count")[:1])
    )
    for row in rows.order_by("pk"):
        frame.busy[row.pk] = 0
        if row.kind == ResourceKind.PERSON:
            frame.consultants[row.person_id] = row.pk  # type: ignore[index]
        elif row.kind == ResourceKind.ROOM:
            frame.rooms.append(row.pk)
        else:
            need = frame.machines.setdefault(row.machine_kind_id, (row.need, []))  # type: ignore[arg-type]
            need[1].append(row.pk)


def _load_busy(frame: Frame, now: dt.datetime, ignoring_block: int | None) -> None:
    """Taken quarters; what only an expired hold keeps counts as free here."""
    shape = frame.shape
    last = cell_of(_midnight(frame.last_on + DAY, frame.zone))
    expired = Meeting.objects.holds_expired(now).values("block")
    rows = BusyCell.objects.filter(
        resource__in=list(frame.busy),
        cell__gte=frame.origin,
        cell__lt=last + shape.length + shape.after,
    ).exclude(claim__block__in=expired)
    if ignoring_block is not None:
        rows = rows.exclude(claim__block=ignoring_block)
    taken: dict[int, list[int]] = defaultdict(list)
    for resource_id, cell in rows.order_by("cell").values_list("resource", "cell"):
        taken[resource_id].append(cell)
    for resource_id, cells in taken.items():
        frame.busy[resource_id] = bits(cells, frame.origin)


def _load_availability(frame: Frame) -> dict[int, Availability]:
    """One day more than asked: a meeting may run past midnight."""
    people = list(frame.consultants)
    last_on = frame.last_on + DAY
    hours = hours_of(people, frame.first_on, last_on)
    return {
        person: availability_of(
            *hours[person],
            origin=frame.origin,
            step=frame.shape.step,
            zone=frame.zone,
        )
        for person in people
    }


def hours_of(
    people: Sequence[int], first_on: dt.date, last_on: dt.date
) -> Mapping[int, tuple[list[Hours], list[Hours]]]:
    """When people can be met on some days, and when not, in two queries."""
    found: dict[int, tuple[list[Hours], list[Hours]]] = {p: ([], []) for p in people}
    days: dict[int, list[dt.date]] = defaultdict(list)
    for number in range((last_on - first_on).days + 1):
        day = first_on + number * DAY
        days[day.weekday()].append(day)
    rules = WeeklyAvailability.objects.touching(first_on, last_on)
    for rule in rules.filter(person__in=people):
        found[rule.person_id][0].extend(
            Hours(day, rule.start_time, rule.end_time)
            for day in days[rule.weekday]
            if _is_valid(rule, day)
        )
    exceptions = AvailabilityOverride.objects.filter(
        person__in=people, on__gte=first_on, on__lte=last_on
    )
    for row in exceptions:
        part = found[row.person_id][0 if row.is_available else 1]
        part.append(Hours(row.on, row.start_time, row.end_time))
    return found


def _is_valid(rule: WeeklyAvailability, day: dt.date) -> bool:
    return (rule.valid_from is None or rule.valid_from <= day) and (
        rule.valid_to is None or day <= rule.valid_to
    )


def _slots(frame: Frame, availability: Mapping[int, Availability]) -> list[Slot]:
    shape = frame.shape
    possible = frame.window() & frame.place_free()
    return [
        _slot(frame, place, person)
        for person, when in availability.items()
        for place in places_of(
            possible
            & when.grid
            & starts_that_fit(when.open, shape.length)
            & ~starts_that_clash(
                frame.busy[frame.consultants[person]],
                shape.length,
                shape.before,
                shape.after,
            )
        )
    ]


def _slot(frame: Frame, place: int, person: int) -> Slot:
    starts_at = cell_start(frame.origin + place)
    return Slot(starts_at, starts_at + frame.service.length, person)


def _places_in_groups(frame: Frame, mode: str) -> list[Slot]:
    """Meetings of a group service that have a place left."""
    meetings = Meeting.objects.live().filter(
        service=frame.service,
        mode=mode,
        consultant__in=list(frame.consultants),
        starts_at__gte=max(frame.earliest, _midnight(frame.first_on, frame.zone)),
        starts_at__lt=_midnight(frame.last_on + DAY, frame.zone),
        offering__is_open=True,
        offering__seats_taken__lt=F("offering__capacity"),
    )
    rows = meetings.values_list("starts_at", "ends_at", "consultant", "pk")
    return [Slot(*row) for row in rows]


# What pages ask for.


@dataclass(frozen=True)
class Day:
    """The free times of one wall date."""

    on: dt.date
    slots: list[Slot]


@dataclass(frozen=True)
class Week:
    """The next days that have free times, and where the following ones begin."""

    days: list[Day]
    next_on: dt.date | None


def days_with_free_slots(
    from_on: dt.date, count: int = DAYS_SHOWN, **query: Unpack[SlotQuery]
) -> Week:
    """The next `count` days with free times up to the horizon, each time once."""
    zone = query.get("zone", CENTRE_ZONE)
    slots = free_slots(from_on, query["service"].horizon_days + 1, **query)
    by_day: dict[dt.date, list[Slot]] = defaultdict(list)
    for slot in one_for_each_start(slots):
        by_day[slot.starts_at.astimezone(zone).date()].append(slot)
    dates = sorted(by_day)
    next_on = dates[count] if len(dates) > count else None
    return Week([Day(on, by_day[on]) for on in dates[:count]], next_on)


def one_for_each_start(slots: Iterable[Slot]) -> list[Slot]:
    """Without the other consultants who are free at the same time."""
    return sorted({slot.starts_at: slot for slot in reversed(list(slots))}.values())


def slots_at(starts_at: dt.datetime, **query: Unpack[SlotQuery]) -> list[Slot]:
    """Which consultants are free for a meeting that starts just then."""
    zone = query.get("zone", CENTRE_ZONE)
    slots = free_slots(starts_at.astimezone(zone).date(), 1, **query)
    return [slot for slot in slots if slot.starts_at == starts_at]


def nearest_slots(
    starts_at: dt.datetime, count: int = NEAREST_SHOWN, **query: Unpack[SlotQuery]
) -> list[Slot]:
    """The free times nearest to a wanted one, the nearest first."""
    zone = query.get("zone", CENTRE_ZONE)
    today = query["now"].astimezone(zone).date()
    slots = free_slots(today, query["service"].horizon_days + 1, **query)
    once = one_for_each_start(slots)
    return sorted(once, key=lambda slot: abs(slot.starts_at - starts_at))[:count]
