"""What a class session takes: its room, its instructors, machines of each kind."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from booking import ledger
from booking.exceptions import BookingError, TimeTaken
from booking.ledger import Want
from booking.models import Resource, TimeBlock
from booking.services.resources import resource_of_person, resource_of_room
from courses.exceptions import CoursesError, TimeClash
from courses.models import ClassSession, CourseRun
from persian.jalali import format_date, format_datetime


def lock_for(run: CourseRun, *, now: dt.datetime) -> None:
    """Lock all that the run may take, before several statements take it."""
    machines = Resource.objects.filter(
        machine_kind__in=run.course.course_machines.values("kind")
    )
    ledger.lock_resources([*_fixed(run, now), *machines.values_list("pk", flat=True)])


def _fixed(run: CourseRun, now: dt.datetime) -> list[int]:
    """Resources that are not chosen from a kind."""
    people = [resource_of_person(p, now=now).pk for p in run.instructors.all()]
    return [resource_of_room(run.room, now=now).pk, *people]


def wants(
    run: CourseRun, from_at: dt.datetime, to_at: dt.datetime, *, now: dt.datetime
) -> list[Want]:
    """What a class session of the run needs at a time; raises BookingError when too
    few machines are free."""
    ids = _fixed(run, now)
    for need in run.course.course_machines.select_related("kind").order_by("kind"):
        ids += ledger.free_machines(need.kind, need.count, from_at, to_at)
    return [Want(pk) for pk in ids]


def claim_session(
    run: CourseRun, number: int, block: TimeBlock, *, now: dt.datetime
) -> None:
    """Take everything for the block's interval; raises TimeClash and CoursesError."""
    try:
        needed = wants(run, block.starts_at, block.ends_at, now=now)
        ledger.claim(block, needed)
    except TimeTaken as error:
        raise clash(number, block.starts_at, error) from error
    except BookingError as error:
        raise CoursesError(
            _("%(day)s: %(problem)s")
            % {
                "day": format_date(block.starts_at, weekday=True),
                "problem": error,
            },
            code=error.code,
        ) from error


def clash(number: int, starts_at: dt.datetime, error: TimeTaken) -> TimeClash:
    """The refusal in words: which day, what is taken by whom, when it is free."""
    words = _("%(day)s: %(problem)s") % {
        "day": format_date(starts_at, weekday=True),
        "problem": _problem(error),
    }
    if error.next_free_at:
        words += " " + _("The next free time is %(time)s.") % {
            "time": format_datetime(error.next_free_at)
        }
    return TimeClash(words, number=number, next_free_at=error.next_free_at)


def _problem(error: TimeTaken) -> str:
    other = (
        ClassSession.objects.filter(block=error.block_id)
        .select_related("run__course")
        .first()
    )
    if other is None:
        return str(error)
    resource = Resource.objects.select_related("person", "room", "machine_kind")
    return _("%(name)s is taken at that time by “%(course)s” (%(code)s).") % {
        "name": resource.get(pk=error.resource_id),
        "course": other.run.title,
        "code": other.run.code,
    }
