"""Plain makers of rows: `make_x(**overrides)`, nothing hidden, nothing random."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from accounts.models import Firm, Person, TeachingProfile, User
from booking.models import BlockKind, Offering, Resource, Room, TimeBlock
from booking.services.offerings import create_offering
from consulting.models import Service
from consulting.services.availability import WeeklyHours, set_weekly_availability
from consulting.services.catalogue import create_service
from courses.models import Course, CourseRun
from courses.planner import PlannedSession, plan_sessions
from courses.services.catalogue import create_course
from courses.services.runs import create_run, publish_run

# A Sunday morning in Hidaj (1 Azar 1405, 10:00), far from quiet hours.
NOW = dt.datetime(2026, 11, 22, 6, 30, tzinfo=dt.UTC)

# Numbers made here are never those that a test writes out.
_numbers = itertools.count(500_001)


def make_user(**overrides: Any) -> User:
    phone = overrides.pop("phone", f"+989991{next(_numbers)}")
    return User.objects.create_user(phone, **overrides)


def make_person(**overrides: Any) -> Person:
    number = next(_numbers)
    fields = {"name": f"هنرجو {number}", "contact_phone": f"+989992{number}"}
    return Person.objects.create(**{**fields, **overrides})


def make_firm(**overrides: Any) -> Firm:
    fields = {"name": f"کارگاه {next(_numbers)}"}
    return Firm.objects.create(**{**fields, **overrides})


def make_offering(**overrides: Any) -> Offering:
    fields = {
        "kind": "course_run",
        "capacity": 2,
        "is_open": True,
        "starts_at": NOW + dt.timedelta(days=7),
    }
    return create_offering(**{**fields, **overrides})


def make_room(**overrides: Any) -> Room:
    fields = {"code": f"R{next(_numbers)}", "name_fa": "کارگاه", "capacity": 20}
    return Room.objects.create(**{**fields, **overrides})


def make_resource(**overrides: Any) -> Resource:
    fields = {"kind": "person"}
    if "kind" not in overrides:
        fields["person"] = make_person()
    return Resource.objects.create(**{**fields, **overrides})


def make_block(**overrides: Any) -> TimeBlock:
    starts_at = overrides.pop("starts_at", NOW + dt.timedelta(days=1))
    fields = {
        "kind": BlockKind.CLASS_SESSION,
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(hours=1),
        "created_at": NOW,
    }
    return TimeBlock.objects.create(**{**fields, **overrides})


def make_course(**overrides: Any) -> Course:
    number = next(_numbers)
    fields = {
        "code": f"C-{number}",
        "slug": f"course-{number}",
        "title_fa": f"دورهٔ {number}",
        "level": "intro",
        "session_count": 3,
        "session_minutes": 240,
        "capacity": 2,
        "min_to_run": 1,
    }
    return create_course(**{**fields, **overrides})


def make_plan(**overrides: Any) -> list[PlannedSession]:
    """Three Saturdays, 16:00 to 20:00, from 28 November 2026 on; no holidays."""
    fields = {
        "start_on": dt.date(2026, 11, 28),
        "weekdays": [5],
        "start_time": dt.time(16),
        "end_time": dt.time(20),
        "count": 3,
        "holidays": [],
    }
    return plan_sessions(**{**fields, **overrides})


def make_run(*, is_published: bool = True, **overrides: Any) -> CourseRun:
    """A run with two places, made and published at NOW by the services."""
    fields = {
        "code": f"R-{next(_numbers)}",
        "by": None,
        "now": NOW,
    }
    makers = {
        "course": make_course,
        "room": make_room,
        "instructors": lambda: [make_person()],
        "sessions": make_plan,
    }
    fields |= {k: make() for k, make in makers.items() if k not in overrides}
    run = create_run(**{**fields, **overrides})
    if is_published:
        publish_run(run_id=run.pk, by=None, now=NOW)
    return CourseRun.objects.select_related("course", "offering", "room").get(pk=run.pk)


def make_consultant(**overrides: Any) -> Person:
    """Somebody who can be met every day, 09:00 to 12:00 in Tehran."""
    hours = overrides.pop(
        "hours", [WeeklyHours(day, dt.time(9), dt.time(12)) for day in range(7)]
    )
    person = make_person(**overrides)
    TeachingProfile.objects.create(person=person, consults=True)
    set_weekly_availability(person=person, hours=hours, now=NOW)
    return person


def make_service(**overrides: Any) -> Service:
    """An hour by phone, without pauses; bookable from a day before."""
    number = next(_numbers)
    fields = {
        "code": f"S-{number}",
        "slug": f"service-{number}",
        "title_fa": f"مشاورهٔ {number}",
        "problem_fa": "کفش به پا نمی‌نشیند",
        "duration_minutes": 60,
        "modes": {"phone": 0},
        "now": NOW,
    }
    if "consultants" not in overrides:
        fields["consultants"] = [make_consultant()]
    return create_service(**{**fields, **overrides})
