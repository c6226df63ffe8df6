"""Asking for lists of bookings as files: planners and managers only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from core import work
from core.refusals import refusals_in
from courses.models import CourseRun
from desk.exports import listing
from desk.forms.exports import ExportForm, PeriodExportForm
from desk.roles import planners_only
from desk.staffpage import posted, staff_page
from desk.views.staff_runs import user_of
from persian.jalali import month_bounds, to_jalali


@require_http_methods(["GET", "POST"])
@planners_only
def run_export(request: HttpRequest, code: str) -> HttpResponse:
    """The bookings of one run."""
    run = get_object_or_404(CourseRun.objects.select_related("course"), code=code)
    form = ExportForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            chosen = form.cleaned_data
            wanted = listing.of_run(run, chosen["form"])
            return _begin(request, wanted, chosen["key"])
    context = {"form": form, "run": run}
    return staff_page(request, "desk/staff/export.html", context)


@require_http_methods(["GET", "POST"])
@planners_only
def period_export(request: HttpRequest) -> HttpResponse:
    """The bookings of all runs that begin in a period, this month unless typed."""
    first, last = month_bounds(*to_jalali(timezone.localdate())[:2])
    form = PeriodExportForm(posted(request), initial={"since": first, "until": last})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            chosen = form.cleaned_data
            period = (chosen["since"], chosen["until"])
            wanted = listing.of_period(*period, chosen["form"])
            return _begin(request, wanted, chosen["key"])
    return staff_page(request, "desk/staff/export.html", {"form": form})


def _begin(request: HttpRequest, wanted: Mapping[str, Any], key: UUID) -> HttpResponse:
    asked = work.start(
        kind=listing.KIND,
        parameters=wanted,
        actor=user_of(request).pk,
        language=get_language() or "fa",
        key=key,
        now=timezone.now(),
    )
    return redirect("desk:staff_work", asked.pk)
