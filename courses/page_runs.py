"""The runs that public pages show; their texts are read again only when they change.

A kept page is made again after each booking, and each time it would read all runs with
their texts for the sake of one number. The texts are remembered here under the stamp
that they were read with, the numbers come with the state that the page is made from
(`courses.page_state`), and both from one snapshot; so nothing is older than the state.
Columns that are neither stamped nor in the state are not for these pages.

What is remembered is shared by all threads and is only read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from django.db import connection
from django.http import HttpRequest
from django.utils.translation import get_language

from booking import seats
from core.pages import memory
from core.pages.kept import Asked, asked_for
from core.snapshots import snapshot
from courses.models import Course, CourseRun
from courses.page_state import PlacesState, States, listed_runs, one_run
from persian.jalali import today

T = TypeVar("T")


def listed(
    request: HttpRequest, now: dt.datetime, course: Course | None = None
) -> list[CourseRun]:
    """As `CourseRun.objects.listed`, for the page of this request.

    Of one course when it is given.
    """
    with _asked(request, listed_runs, now) as asked:
        if asked is None:
            runs = CourseRun.objects.listed(now)
            return list(runs if course is None else runs.filter(course=course))
        found = [run for run in _runs(asked) if run.is_listed(now)]
    wanted = (run for run in found if course is None or run.course_id == course.pk)
    return sorted(wanted, key=lambda run: (run.first_session_at, run.pk))


def one(request: HttpRequest, code: str, now: dt.datetime) -> CourseRun | None:
    """The run of a page that only shows it; None where it has to be looked for."""
    with _asked(request, partial(one_run, code=code), now) as asked:
        return None if asked is None else _runs(asked)[0]


def active_courses(request: HttpRequest) -> list[Course]:
    """The catalogue as lists show it, without its long texts."""
    asked = asked_for(request)
    if asked is None:
        return list(Course.objects.active().without_texts())
    return memory.remembered(
        ("courses", asked.state[0].stamp),
        lambda: list(Course.objects.active().without_texts()),
    )


def of_texts(run: CourseRun, name: Hashable, make: Callable[[], T]) -> T:
    """What `make` makes of the texts of a run, in the reader's language.

    Whatever else is in it, such as its places, must be in the name. Made each time for
    a run that was not read for a page.
    """
    if run.texts_key is None:
        return make()
    key = (name, run.texts_key, get_language(), today())
    return memory.remembered(key, make)


@contextmanager
def _asked(
    request: HttpRequest, ask: Callable[[dt.datetime], States | None], now: dt.datetime
) -> Iterator[Asked | None]:
    """The state of the page, and within it the snapshot that it was read in.

    A reader's own page is made from none; it is asked for here. None in a transaction,
    which may have written what nobody else may see.
    """
    asked = asked_for(request)
    if asked is not None or connection.in_atomic_block:
        yield asked
        return
    with snapshot():
        state = ask(now)
        yield None if state is None else Asked(state, now)


def _runs(asked: Asked) -> list[CourseRun]:
    states: list[PlacesState] = [one for one in asked.state if one.offering]
    known: dict[Hashable, CourseRun | None]
    known = {one.texts: memory.recall(one.texts) for one in states}
    new = {one.offering: one.texts for one in states if known[one.texts] is None}
    if new:
        found = CourseRun.objects.with_details(asked.at).filter(offering__in=new)
        for run in found:
            known[new[run.offering_id]] = run
            memory.remember(new[run.offering_id], run)
    pairs = ((known[one.texts], one) for one in states)
    return [_with_places(run, one) for run, one in pairs if run is not None]


def _with_places(run: CourseRun, state: PlacesState) -> CourseRun:
    """The same run with the places of the state; the remembered one stays as it is."""
    run = memory.own_copy(run)
    run.offering = seats.counted(
        run.offering, taken=state.seats_taken, waiting=state.waiting
    )
    run.expired_places = state.expired  # type: ignore[attr-defined]
    run.texts_key = state.texts
    return run
