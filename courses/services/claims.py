"""What a class session takes: its room, its instructors, machines of each kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Person
from booking import ledger
from booking.exceptions import BookingError, TimeTaken
from booking.ledger import Want
from booking.models import Claim, Resource, Room, TimeBlock
from booking.services.resources import resource_of_person, resource_of_room
from courses.exceptions import CoursesError, TimeClash
from courses.models import ClassSession, Course
from persian.jalali import format_date, format_datetime


@dataclass(frozen=True)
class Needs:
    """Where a class session is, who gives it, and whose machines it needs."""

    course: Course
    room: Room
    instructors: Sequence[Person]


def lock_for(
    needs: Needs, *, now: dt.datetime, leaving: TimeBlock | None = None
) -> None:
    """Lock all that may be taken, before several statements take it.

    What the block `leaving` has now is locked with it, in one order for all.
    """
    machines = Resource.objects.filter(
        machine_kind__in=needs.course.course_machines.values("kind")
    )
    held = (
        Claim.objects.filter(block=leaving, ended_at=None)
        if leaving
        else Claim.objects.none()
    )
    ledger.lock_resources(
        [
            *_fixed(needs, now),
            *machines.values_list("pk", flat=True),
            *held.values_list("resource", flat=True),
        ]
    )


def _fixed(needs: Needs, now: dt.datetime) -> list[int]:
    """Resources that are not chosen from a kind."""
    people = [resource_of_person(p, now=now).pk for p in needs.instructors]
    return [resource_of_room(needs.room, now=now).pk, *people]


def wants(
    needs: Needs, from_at: dt.datetime, to_at: dt.datetime, *, now: dt.datetime
) -> list[Want]:
    """What a class session takes at a time; raises BookingError when too few machines
    are free."""
    ids = _fixed(needs, now)
    machines = needs.course.course_machines.select_related("kind")
    for need in machines.order_by("kind"):
        ids += ledger.free_machines(need.kind, need.count, from_at, to_at)
    return [Want(pk) for pk in ids]


def claim_session(
    needs: Needs, number: int, block: TimeBlock, *, now: dt.datetime
) -> None:
    """Take everything for the block's interval; raises TimeClash and CoursesError."""
    try:
        needed = wants(needs, block.starts_at, block.ends_at, now=now)
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
