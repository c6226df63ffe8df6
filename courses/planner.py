"""Dates of a run: the given weekdays, without holidays.

Wall time is the centre's. Estimated holidays are skipped like certain ones; the day
before one is marked, because lunar days come a day early in a third of the years.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from core.models import Holiday, HolidayStatus
from courses.exceptions import CoursesError
from persian.jalali import to_jalali
from persian.text import localized

ZONE_NAME = settings.TIME_ZONE
ZONE = ZoneInfo(ZONE_NAME)
# A search that finds fewer days than this fails instead of running on for ever.
LONGEST = dt.timedelta(days=3 * 366)
# Month and day, Jalali: from 25 Esfand to 15 Farvardin nobody comes.
NOWRUZ_FROM, NOWRUZ_TO = (12, 25), (1, 15)


def to_utc(on: dt.date, at: dt.time) -> dt.datetime:
    """The moment of a wall time at the centre."""
    return dt.datetime.combine(on, at, ZONE).astimezone(dt.UTC)


@dataclass(frozen=True)
class SkippedDay:
    """A day that would have been a class day but for a holiday."""

    on: dt.date
    title_fa: str
    title_en: str = ""
    is_estimated: bool = False

    @property
    def title(self) -> str:
        return localized(self, "title")


@dataclass(frozen=True)
class PlannedSession:
    """One class session to be: its wall time, what was skipped before it, warnings.

    `is_nowruz` and `before_estimated` only warn.
    """

    on: dt.date
    start: dt.time
    end: dt.time
    skipped: tuple[SkippedDay, ...] = ()
    before_estimated: bool = False

    @property
    def starts_at(self) -> dt.datetime:
        """The start in UTC."""
        return to_utc(self.on, self.start)

    @property
    def ends_at(self) -> dt.datetime:
        """The end in UTC."""
        return to_utc(self.on, self.end)

    @property
    def is_nowruz(self) -> bool:
        """Whether the day lies in the weeks of Nowruz (25 Esfand to 15 Farvardin)."""
        _year, month, day = to_jalali(self.on)
        return (month, day) >= NOWRUZ_FROM or (month, day) <= NOWRUZ_TO


def plan_sessions(
    *,
    start_on: dt.date,
    weekdays: Collection[int],
    start_time: dt.time,
    end_time: dt.time,
    count: int,
    holidays: Iterable[Holiday] | None = None,
) -> list[PlannedSession]:
    """The first `count` days from `start_on` on that are class days and no holidays.

    `weekdays` are Python's (Monday 0 … Saturday 5, Sunday 6); times are wall times of
    the centre. `holidays` are the rows to respect, those of the table when not given.
    Raises CoursesError when nothing can be planned.
    """
    _require_sense(weekdays, start_time, end_time, count)
    if holidays is None:
        holidays = Holiday.objects.between(start_on, start_on + LONGEST)
    closed = _by_day(holidays)
    planned: list[PlannedSession] = []
    skipped: list[SkippedDay] = []
    for on in _class_days(start_on, weekdays):
        if on in closed:
            skipped.append(closed[on])
            continue
        planned.append(_session(on, start_time, end_time, skipped, closed))
        skipped = []
        if len(planned) == count:
            return planned
    raise CoursesError(_("So many class sessions do not fit."), code="too_many")


def skipped_between(sessions: Sequence[dt.date]) -> list[SkippedDay]:
    """Holidays on class weekdays between the first and the last of these days.

    For a page that lists the dates of a run and says why some weeks are missing.
    """
    missing = _missing_days(sessions)
    if not missing:
        return []
    rows = Holiday.objects.between(min(missing), max(missing))
    return [day for on, day in sorted(_by_day(rows).items()) if on in missing]


def _missing_days(sessions: Sequence[dt.date]) -> set[dt.date]:
    """The days between the first and the last on whose weekday there is often one."""
    if not sessions:
        return set()
    first, weekdays = min(sessions), {on.weekday() for on in sessions}
    days = (first + dt.timedelta(days=n) for n in range((max(sessions) - first).days))
    return {on for on in days if on.weekday() in weekdays}.difference(sessions)


def _require_sense(
    weekdays: Collection[int], start: dt.time, end: dt.time, count: int
) -> None:
    if not weekdays:
        raise CoursesError(_("Choose at least one weekday."), code="no_weekday")
    if end <= start:
        raise CoursesError(_("The end must come after the start."), code="empty")
    if count < 1:
        raise CoursesError(_("A run needs at least one class session."), code="none")


def _class_days(start_on: dt.date, weekdays: Collection[int]) -> Iterable[dt.date]:
    for step in range(LONGEST.days):
        on = start_on + dt.timedelta(days=step)
        if on.weekday() in weekdays:
            yield on


def _by_day(holidays: Iterable[Holiday]) -> dict[dt.date, SkippedDay]:
    """One entry a day: what is certain wins over what is estimated."""
    days: dict[dt.date, SkippedDay] = {}
    for row in holidays:
        if row.on in days and not days[row.on].is_estimated:
            continue
        days[row.on] = SkippedDay(
            row.on, row.title_fa, row.title_en, row.status == HolidayStatus.ESTIMATED
        )
    return days


def _session(
    on: dt.date,
    start: dt.time,
    end: dt.time,
    skipped: Sequence[SkippedDay],
    closed: dict[dt.date, SkippedDay],
) -> PlannedSession:
    following = closed.get(on + dt.timedelta(days=1))
    return PlannedSession(
        on,
        start,
        end,
        tuple(skipped),
        before_estimated=following is not None and following.is_estimated,
    )
