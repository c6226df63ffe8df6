"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.pages.kept import changes_at, keeps
from courses import page_runs
from courses.page_state import listed_runs, moments_of
from desk.listing import FILTERS, RunFilter, run_cards, undated_courses


@require_safe
@keeps(listed_runs, queries=FILTERS)
def home(request: HttpRequest) -> HttpResponse:
    """Open course runs, nearest first; then what has no run, and consulting."""
    now = timezone.now()
    wanted = RunFilter.from_query(request.GET)
    runs = page_runs.listed(request, now)
    changes_at(request, moments_of(runs))
    context = {
        "wanted": wanted,
        "cards": run_cards(wanted, runs, now),
        "courses": undated_courses(wanted, page_runs.active_courses(request), runs),
    }
    return render(request, "desk/home.html", context)
