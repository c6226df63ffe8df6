"""From what the public pages of courses are made: the texts, and the places of runs.

Each question is one statement, asked before a kept page is given (`core.pages.kept`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db import connection

from courses.models import CourseRun


class PlacesState(NamedTuple):
    """The stamp of all texts, and the places of one run.

    `expired` counts held places whose time is over. Where no run is listed, a state
    has the stamp alone.
    """

    stamp: str
    offering: int
    seats_taken: int
    waiting: int
    expired: int

    @property
    def texts(self) -> tuple[str, int]:
        """The same as long as the texts of this run are."""
        return self.stamp, self.offering


States = tuple[PlacesState, ...]
# Held places whose time is over count as free on a page; the clock alone makes them so.
_SEATS = """
SELECT stamp.value, o.id, o.seats_taken, o.waiting_parties,
  (SELECT count(*) FROM booking_party AS p
   JOIN booking_reservation AS h ON h.party_id = p.id AND h.state = 'held'
   WHERE p.offering_id = o.id AND p.held_until <= %s)
FROM core_pagestamp AS stamp
LEFT JOIN (courses_courserun AS r JOIN booking_offering AS o ON o.id = r.offering_id)
"""
_LISTED = f"{_SEATS} ON r.state = 'published' AND r.last_session_at > %s ORDER BY o.id"
_ONE = f"{_SEATS} ON r.code = %s"


def listed_runs(now: dt.datetime, **_: object) -> States | None:
    """The state of a page that lists runs."""
    return _rows(_LISTED, [_written(now), _written(now)])


def one_run(now: dt.datetime, *, code: str) -> States | None:
    """The state of a run's page; None for a code that is not written as it is."""
    rows = _rows(_ONE, [_written(now), code])
    return rows if rows and rows[0].offering is not None else None


def _written(now: dt.datetime) -> str:
    """A moment as the database compares it."""
    return str(connection.ops.adapt_datetimefield_value(now))


def _rows(sql: str, parameters: list[str]) -> States | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return tuple(map(PlacesState._make, cursor.fetchall())) or None


def moments_of(runs: Iterable[CourseRun]) -> Iterator[dt.datetime | None]:
    """When the clock alone changes what pages say of these runs."""
    for run in runs:
        yield from (run.offering.opens_at, run.offering.closes_at)
        yield from (run.first_session_at, run.last_session_at)
        if run.draw is not None:
            yield from (run.draw.opens_at, run.draw.closes_at)
