"""The night: 21:30 to 08:00 in Tehran.

Reminders move earlier, other messages wait for the morning, and codes and urgent
changes pass.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings

from notifications.models import Urgency

TEHRAN = ZoneInfo("Asia/Tehran")
NOON = dt.time(12)
PASSING = frozenset({Urgency.CODE, Urgency.NOW})


def _bounds() -> tuple[dt.time, dt.time]:
    quiet_from = dt.time.fromisoformat(settings.HIDAJ_QUIET_FROM)
    return quiet_from, dt.time.fromisoformat(settings.HIDAJ_QUIET_TO)


def _at(day: dt.date, wall: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, wall, TEHRAN).astimezone(dt.UTC)


def is_quiet(at: dt.datetime) -> bool:
    """Whether people sleep at this moment."""
    quiet_from, quiet_to = _bounds()
    wall = at.astimezone(TEHRAN).time()
    return wall >= quiet_from or wall < quiet_to


def earlier(due_at: dt.datetime) -> dt.datetime:
    """The last moment before the night for what falls into it, in UTC.

    For the planner of reminders: one that is due at 23:00 goes out the same evening,
    one that is due at 06:00 the evening before.
    """
    if not is_quiet(due_at):
        return due_at
    quiet_from, quiet_to = _bounds()
    local = due_at.astimezone(TEHRAN)
    day = local.date() - dt.timedelta(days=local.time() < quiet_to)
    return _at(day, quiet_from) - dt.timedelta(minutes=1)


def hold(at: dt.datetime) -> dt.datetime:
    """The end of the night for what falls into it, in UTC; else the same moment."""
    if not is_quiet(at):
        return at
    _, quiet_to = _bounds()
    local = at.astimezone(TEHRAN)
    day = local.date() + dt.timedelta(days=local.time() >= quiet_to)
    return _at(day, quiet_to)


def is_soon(concerns_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether something starts before noon of the next day, in Tehran."""
    tomorrow = now.astimezone(TEHRAN).date() + dt.timedelta(days=1)
    return concerns_at < _at(tomorrow, NOON)


def release_time(urgency: int, at: dt.datetime) -> dt.datetime:
    """When a message of this urgency, ready at `at`, may go out."""
    return at if urgency in PASSING else hold(at)
