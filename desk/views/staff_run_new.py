"""Making a run: dates first, then who, where and how much, on one page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from core.exceptions import HidajError
from courses.exceptions import CoursesError, TimeClash
from courses.models import Course
from courses.planner import PlannedSession, SkippedDay, skipped_between
from courses.services.runs import create_run
from desk.forms.runs import (
    LineForm,
    LineFormSet,
    PlanForm,
    RunForm,
    lines_as_typed,
    lines_of_plan,
    run_defaults,
)
from desk.roles import planners_only
from desk.staffpage import staff_page

LINE_FIELDS = {"past": "on", "overlap": "start", "not_on_quarter": "start"}
PLAN_FIELDS = {"no_weekday": "weekdays", "empty": "ends", "none": "count"}


@dataclass(frozen=True)
class PlanRow:
    """A line of the plan, or a day that falls out."""

    form: LineForm | None = None
    planned: PlannedSession | None = None
    skipped: SkippedDay | None = None


@require_http_methods(["GET", "POST"])
@planners_only
def run_new(request: HttpRequest) -> HttpResponse:
    """«plan» shows the dates, «save» makes the draft; nothing typed is lost."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, PlanForm(initial=_initial(request), now=now))
    if "save" in request.POST and "line-TOTAL_FORMS" in request.POST:
        return _save(request, now)
    return _plan(request, now)


def _initial(request: HttpRequest) -> dict[str, Any]:
    course = request.GET.get("course", "")
    found = Course.objects.active().filter(pk=course) if course.isdecimal() else None
    return {"course": found.first() if found else None}


def _plan(request: HttpRequest, now: dt.datetime) -> HttpResponse:
    plan_form = PlanForm(request.POST, now=now)
    if not plan_form.is_valid():
        return _page(request, plan_form)
    try:
        planned = plan_form.plan()
    except CoursesError as error:
        plan_form.add_error(PLAN_FIELDS.get(error.code), str(error))
        return _page(request, plan_form)
    course, start_on = plan_form.cleaned_data["course"], planned[0].on
    defaults = run_defaults(course, start_on)
    run_form = RunForm(initial={**defaults, **_typed_before(request.POST)})
    return _page(request, plan_form, lines_of_plan(planned, now), run_form)


def _typed_before(data: QueryDict) -> dict[str, Any]:
    """What was typed into the lower half before the dates were planned anew."""
    typed: dict[str, Any] = {
        name: data.get(name, "")
        for name in RunForm.base_fields
        if data.get(name, "") and name != "instructors"
    }
    if "instructors" in data:
        typed["instructors"] = data.getlist("instructors")
    return typed


def _save(request: HttpRequest, now: dt.datetime) -> HttpResponse:
    plan_form = PlanForm(request.POST, now=now)
    lines = lines_as_typed(request.POST, now)
    run_form = RunForm(request.POST)
    are_valid = [lines.is_valid(), run_form.is_valid()]
    plan_form.is_valid()
    course = plan_form.cleaned_data.get("course")
    if course is None or not all(are_valid):
        return _page(request, plan_form, lines, run_form)
    assert isinstance(request.user, User)  # noqa: S101
    try:
        run = create_run(
            course=course,
            sessions=[planned for _form, planned in lines.in_order()],
            by=request.user,
            now=now,
            **run_form.service_fields(),
        )
    except HidajError as error:
        _show(error, lines, run_form)
        return _page(request, plan_form, lines, run_form)
    messages.success(request, _("The draft is saved. Look at it, then publish it."))
    return redirect("desk:staff_run", code=run.code)


def _show(error: HidajError, lines: LineFormSet, run_form: RunForm) -> None:
    """Write a refusal beside what it is about."""
    ordered = lines.in_order()
    if isinstance(error, TimeClash) and error.number <= len(ordered):
        ordered[error.number - 1][0].add_error("start", str(error))
        return
    field = RunForm.ERROR_FIELDS.get(error.code)
    line_field = LINE_FIELDS.get(error.code)
    if field is None and line_field:
        ordered[0][0].add_error(line_field, str(error))
        return
    run_form.add_error(field, str(error))


def _page(
    request: HttpRequest,
    plan_form: PlanForm,
    lines: LineFormSet | None = None,
    run_form: RunForm | None = None,
) -> HttpResponse:
    rows = _rows(lines) if lines is not None else []
    context = {
        "plan_form": plan_form,
        "lines": lines,
        "rows": rows,
        "run_form": run_form,
        "planned_count": sum(1 for row in rows if row.planned),
        "hours": round(sum(_minutes(r.planned) for r in rows if r.planned) / 60, 1),
    }
    return staff_page(request, "desk/staff/run_new.html", context)


def _rows(lines: LineFormSet) -> list[PlanRow]:
    """Lines by date with the holidays between them; unreadable ones stay in place."""
    rows = [PlanRow(form=form, planned=_planned(form)) for form in lines.forms]
    days = [row.planned.on for row in rows if row.planned]
    skipped = [PlanRow(skipped=day) for day in skipped_between(days)]
    last = dt.date.min
    keyed = []
    for row in rows:
        last = row.planned.on if row.planned else last
        keyed.append((last, row))
    keyed += [(row.skipped.on, row) for row in skipped if row.skipped]
    return [row for _day, row in sorted(keyed, key=lambda pair: pair[0])]


def _planned(form: LineForm) -> PlannedSession | None:
    if form.is_bound:
        form.is_valid()
        return form.planned
    first = form.initial
    return PlannedSession(first["on"], first["start"], first["end"])


def _minutes(planned: PlannedSession) -> int:
    return int((planned.ends_at - planned.starts_at).total_seconds()) // 60
