"""Free times as a page shows them: day by day, each day drawn once for equal values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from consulting.addresses import write_moment
from consulting.slots import CENTRE_ZONE, Day

# So many times of a day are seen at a glance.
FEW = 6
NOON, EVENING = 12, 17


@dataclass(frozen=True)
class FreeTime:
    """One start; `value` says the same moment as `starts_at` (UTC), in a form."""

    value: str
    starts_at: dt.datetime = field(compare=False)
    is_near: bool


@dataclass(frozen=True)
class Part:
    """The times of a morning, an afternoon or an evening; few need no name."""

    name: str
    times: tuple[FreeTime, ...]


@dataclass(frozen=True)
class ShownDay:
    """A wall date with its times; one that is not open says how many it has."""

    on: dt.date
    count: int
    parts: tuple[Part, ...]
    has_near: bool
    is_open: bool = False


def shown_days(
    days: Iterable[Day], near: Collection[dt.datetime], skip: dt.datetime | None = None
) -> list[ShownDay]:
    """The days that have times; those in `near` are marked, `skip` is left out.

    The first day is open, and wherever one of the nearest times is.
    """
    rows = [_shown(day, near, skip) for day in days]
    found = [row for row in rows if row.count]
    return [
        replace(row, is_open=not number or row.has_near or row.count <= FEW)
        for number, row in enumerate(found)
    ]


def _shown(
    day: Day, near: Collection[dt.datetime], skip: dt.datetime | None
) -> ShownDay:
    starts = [slot.starts_at for slot in day.slots if slot.starts_at != skip]
    times = [FreeTime(write_moment(at), at, at in near) for at in starts]
    return ShownDay(
        on=day.on,
        count=len(times),
        parts=_parts(times),
        has_near=any(time.is_near for time in times),
    )


def _parts(times: Sequence[FreeTime]) -> tuple[Part, ...]:
    parts: dict[str, list[FreeTime]] = {}
    for time in times:
        parts.setdefault(_part_of_day(time.starts_at), []).append(time)
    if len(times) <= FEW or len(parts) == 1:
        return (Part("", tuple(times)),)
    return tuple(Part(name, tuple(found)) for name, found in parts.items())


def _part_of_day(moment: dt.datetime) -> str:
    hour = moment.astimezone(CENTRE_ZONE).hour
    if hour < NOON:
        return _("Morning")
    return _("Afternoon") if hour < EVENING else _("Evening")
