"""The draw of a run for staff: setting it up, who applied, what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from booking.models import Draw, Reservation, WaitingEntry, WaitingEntryQuerySet
from booking.services.draws import CLOSES_BEFORE_START
from core.refusals import refusals_in, refusals_said
from courses.models import CourseRun, RunState
from courses.services.draws import call_off_draw, set_up_draw
from desk.forms.draws import DrawForm
from desk.roles import planners_only, staff_only
from desk.staffpage import staff_page
from desk.views.staff_runs import user_of

# What a new draw begins with: applications from tomorrow morning, for a week.
OPENING, CLOSING = dt.time(9), dt.time(18)
OPEN_DAYS = 7


def _run(code: str) -> CourseRun:
    runs = CourseRun.objects.select_related("course", "offering__draw")
    return get_object_or_404(runs, code=code)


@require_GET
@staff_only
def run_draw(request: HttpRequest, code: str) -> HttpResponse:
    """Where the draw stands, and everybody who applied."""
    return _page(request, _run(code))


def _page(
    request: HttpRequest, run: CourseRun, form: DrawForm | None = None
) -> HttpResponse:
    now = timezone.now()
    applications = _applications(run)
    is_untouched = run.draw is None or (
        run.draw.drawn_at is None and not applications.exists()
    )
    context = {
        "run": run,
        "draw": run.draw,
        "phase": run.draw.phase(now) if run.draw else "",
        "applications": applications,
        "can_set": is_untouched
        and run.state != RunState.CANCELLED
        and run.first_session_at - CLOSES_BEFORE_START > now,
        "form": form or DrawForm(initial=_initial(run, run.draw, now)),
    }
    return staff_page(request, "desk/staff/run_draw.html", context)


def _applications(run: CourseRun) -> WaitingEntryQuerySet:
    """By rank after the draw, by number before it."""
    people = Reservation.objects.select_related("person").order_by("pk")
    return (
        WaitingEntry.objects.filter(offering=run.offering_id, number__isnull=False)
        .select_related("party")
        .prefetch_related(Prefetch("party__reservations", queryset=people))
        .order_by("rank", "number")
    )


def _initial(run: CourseRun, draw: Draw | None, now: dt.datetime) -> dict[str, Any]:
    if draw is not None:
        opens, closes = map(timezone.localtime, (draw.opens_at, draw.closes_at))
    else:
        opens = _at(timezone.localtime(now) + dt.timedelta(days=1), OPENING)
        last = timezone.localtime(run.first_session_at - CLOSES_BEFORE_START)
        closes = min(_at(opens + dt.timedelta(days=OPEN_DAYS), CLOSING), last)
    return {
        "opens_on": opens.date(),
        "opens_time": opens.time(),
        "closes_on": closes.date(),
        "closes_time": closes.time(),
    }


def _at(day: dt.datetime, clock: dt.time) -> dt.datetime:
    return day.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)


@require_POST
@planners_only
def run_draw_set(request: HttpRequest, code: str) -> HttpResponse:
    """Give the places by draw, or change its window while nobody has applied."""
    run = _run(code)
    form = DrawForm(request.POST)
    if form.is_valid():
        with refusals_in(form, DrawForm.ERROR_FIELDS):
            set_up_draw(
                run_id=run.pk,
                opens_at=form.opens_at,
                closes_at=form.closes_at,
                by=user_of(request),
                now=timezone.now(),
            )
            messages.success(request, _("The places of this run are given by draw."))
            return redirect("desk:staff_run_draw", code=code)
    return _page(request, run, form)


@require_POST
@planners_only
def run_draw_end(request: HttpRequest, code: str) -> HttpResponse:
    """Give the places by order of arrival again, while nobody has applied."""
    with refusals_said(request):
        call_off_draw(run_id=_run(code).pk, now=timezone.now())
        messages.success(request, _("The places are given by order of arrival again."))
    return redirect("desk:staff_run_draw", code=code)
