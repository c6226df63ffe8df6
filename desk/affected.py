"""What is booked inside a time that someone wants to block."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

from accounts.models import Person
from consulting.models import Meeting
from courses.models import ClassSession, RunState
from desk.day import COMING


@dataclass(frozen=True)
class Affected:
    """A class session or a meeting, and how many people it concerns."""

    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    people: int
    session: ClassSession | None = None
    meeting: Meeting | None = None


def affected_between(
    starts_at: dt.datetime, ends_at: dt.datetime, person: Person | None = None
) -> list[Affected]:
    """Everything in the interval, of one person when given, by time."""
    found = [
        *_sessions(starts_at, ends_at, person),
        *_meetings(starts_at, ends_at, person),
    ]
    return sorted(found, key=lambda item: item.starts_at)


def _sessions(
    starts_at: dt.datetime, ends_at: dt.datetime, person: Person | None
) -> list[Affected]:
    rows = ClassSession.objects.planned().exclude(run__state=RunState.CANCELLED)
    if person is not None:
        rows = rows.filter(instructors=person)
    rows = rows.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    coming = Q(
        run__offering__reservations__state__in=COMING,
        run__offering__reservations__person__isnull=False,
    )
    counted = rows.select_related("run__course").annotate(
        people=Count("run__offering__reservations", filter=coming, distinct=True)
    )
    return [
        Affected(s.run.title, s.starts_at, s.ends_at, s.people, session=s)
        for s in counted
    ]


def _meetings(
    starts_at: dt.datetime, ends_at: dt.datetime, person: Person | None
) -> list[Affected]:
    rows = Meeting.objects.live().between(starts_at, ends_at)
    if person is not None:
        rows = rows.filter(consultant=person)
    coming = Q(offering__reservations__state__in=COMING)
    counted = (
        rows.select_related("service")
        .annotate(people=Count("offering__reservations", filter=coming, distinct=True))
        .filter(people__gt=0)
    )
    return [
        Affected(m.service.title, m.starts_at, m.ends_at, m.people, meeting=m)
        for m in counted
    ]


def people_in(found: list[Affected]) -> int:
    """How many places are concerned, all together."""
    return sum(item.people for item in found)
