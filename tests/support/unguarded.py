"""The site with its guards taken away, for control tests alone.

A place is first looked for and then taken, as naive code does: the free places are
counted before the transaction begins, nothing stands in the UPDATE, and the CHECK of
the table is dropped. If a race does not show here, it shows nowhere.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F

from booking import seats
from booking.exceptions import Full
from booking.models import Offering, Party
from core.compiled import Change, write_together
from courses.services import applications

THINKING_SECONDS = 3.0
_apply = applications.apply_for_place


def drop_check() -> None:
    """Remove the constraint that keeps the counter within the capacity."""
    meta = Offering._meta
    constraint = next(
        c for c in meta.constraints if c.name == "offering_seats_within_capacity"
    )
    # SQLite builds the table anew from what the model says.
    meta.constraints = [c for c in meta.constraints if c is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Offering, constraint)


def _take_blindly(
    offering_id: int, places: int, *, now: dt.datetime, after: Sequence[Change] = ()
) -> bool:
    write_together(*after)
    rows = Offering.objects.filter(pk=offering_id)
    return bool(rows.update(seats_taken=F("seats_taken") + places))


def _look_then_act(*, run_id: int, **kwargs: Any) -> Party:
    if Offering.objects.get(course_run=run_id).is_full:
        raise Full
    time.sleep(THINKING_SECONDS)
    return _apply(run_id=run_id, **kwargs)


def _do_not_look(*args: Any, **kwargs: Any) -> None:
    """The naive look above is the only one."""


def take_guards_away() -> None:
    """Put look-then-act in place of the guarded UPDATE."""
    seats.take = _take_blindly
    applications.require_room = _do_not_look
    applications.apply_for_place = _look_then_act
