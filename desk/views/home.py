"""The home page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.listing import RunFilter, run_cards, waiting_courses


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Open course runs, nearest first; then what has no run, and consulting."""
    now = timezone.now()
    wanted = RunFilter.from_query(request.GET)
    context = {
        "wanted": wanted,
        "chips": wanted.chips(),
        "cards": run_cards(wanted, now),
        "courses": waiting_courses(wanted, now),
    }
    return render(request, "desk/home.html", context)
