"""How many meetings a consultant takes on: by the day and by the week.

A meeting counts on the wall date of its start; a week begins on Saturday.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SATURDAY = 5


def week_start(on: dt.date) -> dt.date:
    """The Saturday on or before a date."""
    return on - dt.timedelta(days=(on.weekday() - SATURDAY) % 7)


@dataclass(frozen=True)
class Caps:
    """The most meetings of a day and of a week; None is no limit."""

    per_day: int | None = None
    per_week: int | None = None

    def __bool__(self) -> bool:
        return self.per_day is not None or self.per_week is not None

    def full_days(
        self, by_day: Counter[dt.date], days: Iterable[dt.date]
    ) -> list[dt.date]:
        """Which of `days` take no more, with so many meetings on each date."""
        by_week: Counter[dt.date] = Counter()
        for on, count in by_day.items():
            by_week[week_start(on)] += count
        return [
            day
            for day in days
            if _is_reached(by_day[day], self.per_day)
            or _is_reached(by_week[week_start(day)], self.per_week)
        ]


def _is_reached(count: int, limit: int | None) -> bool:
    return limit is not None and count >= limit
