"""The engine against a slow and obvious reference, in several zones."""

from __future__ import annotations

import datetime as dt
import os
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from booking.ledger import CELL, cell_of, cells_between
from consulting.slots.engine import (
    Clock,
    Hours,
    availability_of,
    bits,
    has_plain_clock,
    places_of,
    quarters_of,
    starts_that_clash,
    starts_that_fit,
    starts_with_enough,
)
from tests.consulting.reference import QUARTER, ZONES, moment_of, open_quarters, walls

EXAMPLES = 5_000 if os.environ.get("HIDAJ_NIGHT") else 400
DAYS = 3

quarters = st.integers(0, 95)


@st.composite
def hours_lists(draw: st.DrawFn, first_on: dt.date) -> list[Hours]:
    """Some stretches of hours on the days of the test."""
    lines = draw(
        st.lists(
            st.tuples(st.integers(0, DAYS - 1), quarters, st.integers(1, 40)),
            max_size=4,
        )
    )
    return [
        Hours(
            first_on + dt.timedelta(days=day),
            _time(start),
            _time(min(start + length, 96) % 96),
        )
        for day, start, length in lines
    ]


def _time(quarter: int) -> dt.time:
    return dt.time(quarter // 4, quarter % 4 * 15)


@st.composite
def stories(draw: st.DrawFn) -> dict[str, object]:
    """A zone, hours, busy stretches and the shape of a meeting."""
    name = draw(st.sampled_from(sorted(ZONES)))
    first_on = ZONES[name]
    return {
        "zone": ZoneInfo(name),
        "first_on": first_on,
        "more": draw(hours_lists(first_on)),
        "fewer": draw(hours_lists(first_on)),
        "busy": draw(
            st.lists(
                st.tuples(st.integers(0, 95 * DAYS), st.integers(1, 12)), max_size=6
            )
        ),
        "length": draw(st.integers(1, 10)),
        "before": draw(st.integers(0, 4)),
        "after": draw(st.integers(0, 4)),
        "step": draw(st.sampled_from([1, 2, 3, 4])),
    }


def reference(story: dict) -> list[dt.datetime]:
    """Walk over every wall time of every stretch, and look at every quarter."""
    zone = story["zone"]
    open_ = open_quarters(story["more"], zone) - open_quarters(story["fewer"], zone)
    busy = _busy_quarters(story)
    starts = set()
    for hours in story["more"]:
        for number, wall in enumerate(walls(hours)):
            start = moment_of(wall, zone)
            if start is None or number % story["step"]:
                continue
            meeting = {start + n * QUARTER for n in range(story["length"])}
            around = {
                start + n * QUARTER
                for n in range(-story["before"], story["length"] + story["after"])
            }
            if meeting <= open_ and not around & busy:
                starts.add(start)
    return sorted(starts)


def _origin(story: dict) -> dt.datetime:
    """A quarter well before the first day, wherever it begins."""
    midnight = dt.datetime.combine(story["first_on"], dt.time(), story["zone"])
    moment = midnight.astimezone(dt.UTC) - dt.timedelta(hours=6)
    return moment.replace(minute=moment.minute // 15 * 15)


def _busy_quarters(story: dict) -> set[dt.datetime]:
    origin = _origin(story)
    return {
        origin + (start + n) * QUARTER
        for start, length in story["busy"]
        for n in range(length)
    }


def engine(story: dict) -> list[dt.datetime]:
    origin = cell_of(_origin(story))
    found = availability_of(
        story["more"],
        story["fewer"],
        clock=Clock(story["zone"], origin),
        step=story["step"],
    )
    busy = bits(sorted(map(cell_of, _busy_quarters(story))), origin)
    free = (
        found.grid
        & starts_that_fit(found.open, story["length"])
        & ~starts_that_clash(busy, story["length"], story["before"], story["after"])
    )
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return [epoch + (origin + place) * CELL for place in places_of(free)]


@seed(20261124)
@settings(max_examples=EXAMPLES, deadline=None)
@given(stories())
def test_engine_agrees_with_the_reference(story: dict) -> None:
    assert engine(story) == reference(story)


def test_skipped_wall_times_do_not_exist() -> None:
    # Berlin, 29 March 2026: 02:00 becomes 03:00.
    zone = ZoneInfo("Europe/Berlin")
    hours = Hours(dt.date(2026, 3, 29), dt.time(1, 30), dt.time(3, 30))
    found = quarters_of(hours, zone)
    assert found[2:6] == [None] * 4
    assert found[6] == found[1] + 1  # 03:00 follows 01:45


def test_doubled_wall_times_take_the_first() -> None:
    # Berlin, 25 October 2026: 03:00 becomes 02:00.
    zone = ZoneInfo("Europe/Berlin")
    hours = Hours(dt.date(2026, 10, 25), dt.time(2), dt.time(3))
    first = cell_of(dt.datetime(2026, 10, 25, 0, tzinfo=dt.UTC))
    assert quarters_of(hours, zone) == [first, first + 1, first + 2, first + 3]


def test_hours_inside_a_gap_give_nothing() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = Hours(dt.date(2026, 3, 29), dt.time(2, 15), dt.time(2, 45))
    assert quarters_of(hours, zone) == [None, None]


def test_midnight_as_the_end_is_the_end_of_the_day() -> None:
    zone = ZoneInfo("Asia/Tehran")
    hours = Hours(dt.date(2026, 11, 24), dt.time(23), dt.time(0))
    assert len(quarters_of(hours, zone)) == 4


@pytest.mark.parametrize(
    ("name", "on", "is_plain"),
    [
        ("Asia/Tehran", dt.date(2026, 3, 21), True),
        ("Europe/Berlin", dt.date(2026, 3, 29), False),
        ("Europe/Berlin", dt.date(2026, 3, 30), True),
    ],
)
def test_plain_days_are_known(name: str, on: dt.date, is_plain: bool) -> None:
    assert has_plain_clock(on, ZoneInfo(name)) is is_plain


@seed(20261124)
@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 255), max_size=5), st.integers(1, 4))
def test_enough_of_a_kind_is_counted(machines: list[int], count: int) -> None:
    free = starts_with_enough(machines, count) & 255
    for place in range(8):
        there = sum(machine >> place & 1 for machine in machines)
        assert bool(free >> place & 1) == (there >= count)


def test_cells_of_an_interval_are_rounded_outward() -> None:
    start = dt.datetime(2026, 11, 24, 8, 5, tzinfo=dt.UTC)
    assert len(cells_between(start, start + dt.timedelta(minutes=15))) == 2
