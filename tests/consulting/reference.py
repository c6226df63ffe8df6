"""Times of wall clocks worked out slowly and obviously, to compare the engine with."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from consulting.slots.engine import Hours

# Days around which each zone's clocks change, and one without changes.
ZONES = {
    "Asia/Tehran": dt.date(2026, 11, 24),
    "Europe/Berlin": dt.date(2026, 10, 24),
    "America/New_York": dt.date(2026, 3, 7),
    "Australia/Lord_Howe": dt.date(2026, 4, 4),
    "America/Santiago": dt.date(2026, 9, 5),
    "Africa/Cairo": dt.date(2026, 4, 23),
    "Pacific/Apia": dt.date(2011, 12, 29),
}
QUARTER = dt.timedelta(minutes=15)


def walls(hours: Hours) -> list[dt.datetime]:
    """Every wall quarter of a stretch of hours, by walking."""
    wall = dt.datetime.combine(hours.on, hours.start)
    end = dt.datetime.combine(hours.on, hours.end)
    if hours.end == dt.time(0):
        end += dt.timedelta(days=1)
    found = []
    while wall < end:
        found.append(wall)
        wall += QUARTER
    return found


def moment_of(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """UTC of a wall time: None when the clocks skip it, the first when it is double."""
    for offset in sorted(
        {wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)},
        reverse=True,
    ):
        moment = (wall - offset).replace(tzinfo=dt.UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
    return None


def open_quarters(lines: list[Hours], zone: ZoneInfo) -> set[dt.datetime]:
    """The moments of every wall quarter of these hours."""
    moments = {moment_of(wall, zone) for hours in lines for wall in walls(hours)}
    return {moment for moment in moments if moment is not None}
