from __future__ import annotations

import datetime as dt

import pytest

from notifications.quiet_hours import TEHRAN, earlier, hold, is_quiet, is_soon


def wall(day: int, clock: str) -> dt.datetime:
    time = dt.time.fromisoformat(clock)
    return dt.datetime.combine(dt.date(2026, 11, day), time, TEHRAN)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("08:00", False),
        ("12:00", False),
        ("21:29", False),
        ("21:30", True),
        ("23:59", True),
        ("00:00", True),
        ("07:59", True),
    ],
)
def test_is_quiet(clock: str, expected: bool) -> None:
    assert is_quiet(wall(22, clock)) is expected


@pytest.mark.parametrize(
    ("due", "moved"),
    [
        (wall(22, "20:00"), wall(22, "20:00")),
        (wall(22, "23:00"), wall(22, "21:29")),
        (wall(22, "06:00"), wall(21, "21:29")),
        (wall(22, "00:00"), wall(21, "21:29")),
    ],
)
def test_reminder_moves_before_the_night(due: dt.datetime, moved: dt.datetime) -> None:
    assert earlier(due) == moved


@pytest.mark.parametrize(
    ("ready", "held"),
    [
        (wall(22, "20:00"), wall(22, "20:00")),
        (wall(22, "21:30"), wall(23, "08:00")),
        (wall(22, "03:00"), wall(22, "08:00")),
    ],
)
def test_other_messages_wait_for_the_morning(
    ready: dt.datetime, held: dt.datetime
) -> None:
    assert hold(ready) == held


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (wall(22, "23:30"), True),
        (wall(23, "11:59"), True),
        (wall(23, "12:00"), False),
        (wall(24, "09:00"), False),
    ],
)
def test_soon_is_before_noon_of_the_next_day(
    starts: dt.datetime, expected: bool
) -> None:
    assert is_soon(starts, wall(22, "22:00")) is expected
