"""An instructor's or consultant's own day, week, runs and rosters."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import person_of
from accounts.models import Person
from courses.models import CourseRun
from desk.day import (
    classes_between,
    day_bounds,
    days_of,
    meetings_between,
    newcomers,
    unmarked,
)
from desk.roles import teachers_only
from desk.runs import bookings_of

WEEK_DAYS = 6
MEETINGS_AHEAD = dt.timedelta(days=60)


def own_person(request: HttpRequest) -> Person:
    """Who teaches; a role without a person has nothing of its own here."""
    person = person_of(request.user)
    if person is None:
        raise Http404
    return person


@require_GET
@teachers_only
def today(request: HttpRequest) -> HttpResponse:
    """Today in full, the next six days in short, own runs and appointments ahead."""
    person, now = own_person(request), timezone.now()
    on = timezone.localdate(now)
    midnight, tomorrow = day_bounds(on)
    yesterday, week_to = day_bounds(on - dt.timedelta(days=1), 2 + WEEK_DAYS)
    classes = list(classes_between(midnight, week_to, person))
    meetings = list(meetings_between(yesterday, tomorrow + MEETINGS_AHEAD, person))
    runs = CourseRun.objects.visible_to(person).public().upcoming(now)
    context = {
        "on": on,
        "now": now,
        "day": days_of(
            [s for s in classes if s.starts_at < tomorrow],
            [m for m in meetings if m.ends_at > midnight and m.starts_at < tomorrow],
        ),
        "unmarked": unmarked(m for m in meetings if m.starts_at < midnight),
        "close_days": settings.HIDAJ_CLOSE_MEETING_DAYS,
        "week_classes": [s for s in classes if s.starts_at >= tomorrow],
        "meetings": [m for m in meetings if m.ends_at > tomorrow],
        "runs": [(run, run.phase(now)) for run in runs.with_details(now)],
    }
    return render(request, "desk/teach/today.html", context)


@require_GET
@teachers_only
def roster(request: HttpRequest, code: str) -> HttpResponse:
    """Who is in a run of one's own, with their telephone numbers."""
    person, now = own_person(request), timezone.now()
    runs = CourseRun.objects.visible_to(person).public().with_details(now)
    run = get_object_or_404(runs, code=code)
    bookings = [b for b in bookings_of(run) if b.is_seated]
    context = {
        "run": run,
        "phase": run.phase(now),
        "bookings": bookings,
        "new_ids": newcomers(bookings),
        "sessions": run.planned_sessions,
        "now": now,
    }
    return render(request, "desk/teach/roster.html", context)
