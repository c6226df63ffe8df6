"""The draw of a run: set up before it opens, called off while nobody has applied."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from booking.models import Draw
from booking.services import draws, offerings
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import CourseRun, RunState
from courses.services.runs import lock_run


@atomic_retrying
def set_up_draw(
    *,
    run_id: int,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
) -> Draw:
    """Give the places of a run by draw, with this window for applications (aware).

    The booking window opens with the applications. Raises CoursesError for a cancelled
    run, booking's DrawRefused.
    """
    run = lock_run(run_id)
    if run.state == RunState.CANCELLED:
        raise CoursesError(_("This run was cancelled."), code="cancelled")
    draw = draws.set_up_draw(
        offering_id=run.offering_id,
        opens_at=opens_at,
        closes_at=closes_at,
        by=by,
        now=now,
    )
    _open_at(run, opens_at, now)
    return draw


def _open_at(run: CourseRun, opens_at: dt.datetime | None, now: dt.datetime) -> None:
    run.offering = offerings.set_window(
        offering_id=run.offering_id,
        is_open=run.offering.is_open,
        opens_at=opens_at,
        closes_at=run.offering.closes_at,
        now=now,
    )


@atomic_retrying
def call_off_draw(*, run_id: int, now: dt.datetime) -> None:
    """Give the places by order of arrival; raises booking's DrawRefused."""
    run = lock_run(run_id)
    draws.call_off_draw(offering_id=run.offering_id, now=now)
