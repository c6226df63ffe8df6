"""When consultants can be met. Leave is `booking.services.resources.take_leave`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from django.utils.translation import gettext as _

from accounts.models import Person
from booking.ledger import cell_of, cells_between, lock_resources
from booking.owners import Freed
from booking.services.resources import resource_of_person
from consulting.exceptions import ConsultingError
from consulting.models import (
    MIDNIGHT,
    QUARTER,
    AvailabilityOverride,
    ConsultantCaps,
    Meeting,
    WeeklyAvailability,
)
from consulting.services.earlier.offers import pass_on
from consulting.slots import CENTRE_ZONE, Clock, availability_of, bits, hours_of
from core.transactions import atomic_retrying


@dataclass(frozen=True)
class WeeklyHours:
    """One line of a week: Monday is 0; wall times; 00:00 as the end is midnight."""

    weekday: int
    start: dt.time
    end: dt.time
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def overlaps(self, other: WeeklyHours) -> bool:
        """Whether both hold at some moment."""
        if self.weekday != other.weekday:
            return False
        ends = [_minutes(hours.end) or 24 * 60 for hours in (self, other)]
        starts = [_minutes(hours.start) for hours in (self, other)]
        last, first = dt.date.max, dt.date.min
        apart_in_dates = (self.valid_to or last) < (other.valid_from or first) or (
            other.valid_to or last
        ) < (self.valid_from or first)
        return not apart_in_dates and starts[0] < ends[1] and starts[1] < ends[0]


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute


@atomic_retrying
def set_weekly_availability(
    *, person: Person, hours: Sequence[WeeklyHours], now: dt.datetime
) -> list[Meeting]:
    """Replace a consultant's week; returns the booked meetings now outside of it.

    Nothing that is booked is touched. Raises ConsultingError for times off the
    quarter, an end before its start, dates in the wrong order, and overlapping lines.
    """
    for line in hours:
        _require_times(line.start, line.end)
        if line.valid_from and line.valid_to and line.valid_to < line.valid_from:
            raise ConsultingError(
                _("The last date must not be before the first."), code="dates"
            )
    if any(a.overlaps(b) for a, b in combinations(hours, 2)):
        raise ConsultingError(
            _("Two lines of the same weekday overlap."), code="overlap"
        )
    resource_of_person(person, now=now)
    WeeklyAvailability.objects.filter(person=person).delete()
    WeeklyAvailability.objects.bulk_create(
        WeeklyAvailability(
            person=person,
            weekday=line.weekday,
            start_time=line.start,
            end_time=line.end,
            valid_from=line.valid_from,
            valid_to=line.valid_to,
        )
        for line in hours
    )
    return meetings_outside(person, now=now)


def _require_times(start: dt.time, end: dt.time) -> None:
    if start.minute % QUARTER or end.minute % QUARTER:
        raise ConsultingError(
            _("Times are on the quarter of an hour (00, 15, 30, 45)."),
            code="not_on_quarter",
        )
    if end != MIDNIGHT and end <= start:
        raise ConsultingError(_("The end must come after the start."), code="empty")


@atomic_retrying
def add_override(
    *,
    person: Person,
    on: dt.date,
    start: dt.time,
    end: dt.time,
    is_available: bool,
    now: dt.datetime,
) -> list[Meeting]:
    """More or fewer hours on one day; returns the booked meetings now outside.

    The same hours once more replace the earlier word. Raises ConsultingError for a
    day that is over and for impossible times.
    """
    _require_times(start, end)
    if on < now.astimezone(CENTRE_ZONE).date():
        raise ConsultingError(_("That day is already over."), code="past")
    resource_of_person(person, now=now)
    AvailabilityOverride.objects.update_or_create(
        person=person,
        on=on,
        start_time=start,
        end_time=end,
        defaults={"is_available": is_available},
    )
    if is_available:
        _pass_on(person, on, on, now=now)
    return meetings_outside(person, now=now)


@atomic_retrying
def remove_override(*, override_id: int, now: dt.datetime) -> list[Meeting]:
    """Take an exception back; returns the booked meetings now outside the hours."""
    override = AvailabilityOverride.objects.select_related("person").get(pk=override_id)
    override.delete()
    if not override.is_available:
        _pass_on(override.person, override.on, override.on, now=now)
    return meetings_outside(override.person, now=now)


@atomic_retrying
def set_caps(
    *, person: Person, per_day: int | None, per_week: int | None, now: dt.datetime
) -> ConsultantCaps:
    """Limit how many meetings a consultant takes on; None is no limit.

    What is booked stays. Whoever books at this moment waits, because the resource is
    locked. Raises ConsultingError for less than one, and for a week below its day.
    """
    if any(limit is not None and limit < 1 for limit in (per_day, per_week)):
        raise ConsultingError(
            _("A limit is at least 1; leave it empty for no limit."), code="no_cap"
        )
    if per_day is not None and per_week is not None and per_week < per_day:
        raise ConsultingError(
            _("The limit of a week must not be below that of a day."), code="week_cap"
        )
    lock_resources([resource_of_person(person, now=now).pk])
    caps, _is_new = ConsultantCaps.objects.update_or_create(
        person=person,
        defaults={"per_day": per_day, "per_week": per_week, "changed_at": now},
    )
    return caps


def _pass_on(
    person: Person, first_on: dt.date, last_on: dt.date, *, now: dt.datetime
) -> None:
    """Hours that opened go to who waits for them before the public sees them."""
    resource = resource_of_person(person, now=now)
    from_at = dt.datetime.combine(first_on, MIDNIGHT, CENTRE_ZONE)
    to_at = dt.datetime.combine(last_on + _DAY, MIDNIGHT, CENTRE_ZONE)
    pass_on(Freed((resource.pk,), from_at, to_at), now=now)


def meetings_outside(person: Person, *, now: dt.datetime) -> list[Meeting]:
    """Booked meetings ahead that do not lie within the person's hours (any more)."""
    meetings = list(
        Meeting.objects.live()
        .filter(consultant=person, starts_at__gt=now)
        .with_confirmed_people()
        .select_related("service")
        .order_by("starts_at")
    )
    if not meetings:
        return []
    first_on = meetings[0].wall_on
    more, fewer = hours_of([person.pk], first_on, meetings[-1].wall_on + _DAY)[
        person.pk
    ]
    origin = cell_of(dt.datetime.combine(first_on, MIDNIGHT, CENTRE_ZONE))
    clock = Clock(CENTRE_ZONE, origin)
    hours = availability_of(more, fewer, clock=clock, step=1)
    return [m for m in meetings if _bits(m, origin) & ~hours.open]


_DAY = dt.timedelta(days=1)


def _bits(meeting: Meeting, origin: int) -> int:
    return bits(cells_between(meeting.starts_at, meeting.ends_at), origin)
