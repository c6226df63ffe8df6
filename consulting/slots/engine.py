"""The engine of free times: numbers in, numbers out; it knows no table.

Quarters of an hour are bits of one long number for each person, room and machine, so
that a month costs a few shifts and not a walk over its quarters. Bit 0 is `origin`,
a quarter as `booking.ledger` counts them (in UTC). Wall times that a change of the
clocks skips do not exist; of the doubled ones the first is taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from zoneinfo import ZoneInfo

from booking.ledger import cell_of
from consulting.models import MIDNIGHT, QUARTER, Service

DAY = dt.timedelta(days=1)
QUARTERS_OF_DAY = 24 * 60 // QUARTER


@dataclass(frozen=True, order=True, slots=True)
class Slot:
    """A free time (UTC) of one consultant; `meeting_id` where a group has a place."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    consultant_id: int
    meeting_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
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


class Clock:
    """Where the wall times of one zone lie among the quarters from `origin` on.

    Each day is worked out once, however many people have hours on it.
    """

    def __init__(self, zone: ZoneInfo, origin: int) -> None:
        self.zone = zone
        self.origin = origin
        self._days: dict[dt.date, tuple[int, bool]] = {}

    def day(self, on: dt.date) -> tuple[int, bool]:
        """The first quarter of a day, and whether its clocks do not change."""
        if on not in self._days:
            first = cell_of(midnight(on, self.zone))
            self._days[on] = first, has_plain_clock(on, self.zone)
        return self._days[on]

    def days(self, first_on: dt.date, last_on: dt.date) -> int:
        """All quarters from the first to the last of these days as bits."""
        first, last = self.day(first_on)[0], self.day(last_on + DAY)[0]
        return bits(range(first, last), self.origin)

    def bits(self, hours: Hours, step: int = 1) -> int:
        """Every `step`-th quarter of a stretch of hours, from its start, as bits."""
        midnight_at, is_plain = self.day(hours.on)
        if not is_plain:
            return bits(quarters_of(hours, self.zone)[::step], self.origin)
        first, last = _quarters_of_day(hours)
        place = midnight_at + first - self.origin
        stretch = comb(last - first, step)
        return stretch << place if place >= 0 else stretch >> -place


@cache
def comb(length: int, step: int) -> int:
    """A number with every `step`-th of `length` bits set."""
    return sum(1 << place for place in range(0, length, step))


def midnight(on: dt.date, zone: ZoneInfo) -> dt.datetime:
    """When a day begins."""
    return dt.datetime.combine(on, MIDNIGHT, zone)


def has_plain_clock(on: dt.date, zone: ZoneInfo) -> bool:
    """Whether the clocks do not change on this day."""
    offsets = {midnight(day, zone).utcoffset() for day in (on, on + DAY)}
    return len(offsets) == 1


def quarters_of(hours: Hours, zone: ZoneInfo) -> list[int | None]:
    """The quarter of each quarter of the wall clock; None where the clocks skip it."""
    first, last = _quarters_of_day(hours)
    start = dt.datetime.combine(hours.on, MIDNIGHT)
    walls = (start + dt.timedelta(minutes=QUARTER * n) for n in range(first, last))
    return [_quarter_at(wall, zone) for wall in walls]


def _quarters_of_day(hours: Hours) -> tuple[int, int]:
    """From which to which quarter of the wall clock; the last is not in it."""
    first = _minute(hours.start) // QUARTER
    return first, _minute(hours.end) // QUARTER or QUARTERS_OF_DAY


def _minute(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def _quarter_at(wall: dt.datetime, zone: ZoneInfo) -> int | None:
    moment = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    exists = moment.astimezone(zone).replace(tzinfo=None) == wall
    return cell_of(moment) if exists else None


def availability_of(
    more: Iterable[Hours], fewer: Iterable[Hours], *, clock: Clock, step: int
) -> Availability:
    """Hours as bits: all of `more` without those of `fewer`.

    The grid of starts begins anew with each stretch of hours.
    """
    found = Availability()
    for hours in more:
        found.open |= clock.bits(hours)
        found.grid |= clock.bits(hours, step)
    for hours in fewer:
        found.open &= ~clock.bits(hours)
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
