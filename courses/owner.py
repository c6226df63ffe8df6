"""What courses do for the offerings that are runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from booking.models import OfferingKind
from booking.owners import OfferingOwner, Times
from courses import messages
from courses.models import ClassSession


def nothing_to_give_back(offering_id: int, now: dt.datetime) -> None:
    """A run keeps its times when nobody is enrolled any more."""


def class_times(offering_ids: Sequence[int], after: dt.datetime) -> list[Times]:
    """The class sessions of runs that end after a moment."""
    sessions = ClassSession.objects.planned().filter(
        run__offering__in=offering_ids, ends_at__gt=after
    )
    return [
        Times(s.run.offering_id, s.run.title, s.starts_at, s.ends_at)
        for s in sessions.select_related("run__course")
    ]


OWNER = OfferingOwner(
    kind=OfferingKind.COURSE_RUN,
    tell=messages.tell,
    emptied=nothing_to_give_back,
    times=class_times,
)
