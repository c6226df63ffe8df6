"""Free times as pages and services ask for them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Unpack

from booking.ledger import CELL
from consulting.slots.engine import Shape, Slot
from consulting.slots.loader import CENTRE_ZONE, SlotQuery, find_free

DAYS_SHOWN = 7
NEAREST_SHOWN = 3


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


def free_slots(from_on: dt.date, days: int, **query: Unpack[SlotQuery]) -> list[Slot]:
    """Every free time of a service on some days, in order; one for each consultant.

    `from_on` is a wall date of the zone; notice and horizon of the service limit what
    comes. A mode that the service does not have gives nothing.
    """
    return find_free(from_on, days, query).slots()


def days_with_free_slots(
    from_on: dt.date, count: int = DAYS_SHOWN, **query: Unpack[SlotQuery]
) -> Week:
    """The next `count` days with free times up to the horizon, each time once."""
    zone = query.get("zone", CENTRE_ZONE)
    by_day: dict[dt.date, list[Slot]] = defaultdict(list)
    for slot in find_free(from_on, _horizon(query), query).each_start_once():
        on = slot.starts_at.astimezone(zone).date()
        if len(by_day) == count and on not in by_day:
            return Week(_days(by_day), on)
        by_day[on].append(slot)
    return Week(_days(by_day), None)


def _horizon(query: SlotQuery) -> int:
    """Days from today to the end of the horizon, both counted."""
    return query["service"].horizon_days + 1


def _days(by_day: dict[dt.date, list[Slot]]) -> list[Day]:
    return [Day(on, slots) for on, slots in by_day.items()]


def next_free_slot(**query: Unpack[SlotQuery]) -> Slot | None:
    """The first free time up to the horizon."""
    today = query["now"].astimezone(query.get("zone", CENTRE_ZONE)).date()
    found = find_free(today, _horizon(query), query)
    return next(found.each_start_once(), None)


def slots_once(from_on: dt.date, days: int, **query: Unpack[SlotQuery]) -> list[Slot]:
    """Free times of some days, without others who are free at the same time."""
    return list(find_free(from_on, days, query).each_start_once())


def spread_of(query: SlotQuery) -> tuple[dt.timedelta, dt.timedelta]:
    """How long a meeting binds its consultant before the start and after the end."""
    ways = {way.mode: way.travel_minutes for way in query["service"].modes.all()}
    shape = Shape.of(query["service"], ways.get(query["mode"], 0))
    return shape.before * CELL, shape.after * CELL


def slots_at(starts_at: dt.datetime, **query: Unpack[SlotQuery]) -> list[Slot]:
    """Which consultants are free for a meeting that starts just then."""
    zone = query.get("zone", CENTRE_ZONE)
    slots = free_slots(starts_at.astimezone(zone).date(), 1, **query)
    return [slot for slot in slots if slot.starts_at == starts_at]


def nearest_slots(
    starts_at: dt.datetime, count: int = NEAREST_SHOWN, **query: Unpack[SlotQuery]
) -> list[Slot]:
    """The free times nearest to a wanted one, the nearest first."""
    today = query["now"].astimezone(query.get("zone", CENTRE_ZONE)).date()
    found = find_free(today, _horizon(query), query)
    return sorted(
        found.each_start_once(), key=lambda slot: abs(slot.starts_at - starts_at)
    )[:count]
