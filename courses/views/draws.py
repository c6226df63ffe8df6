"""Places by draw: applying, and what everybody may see and verify."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from booking.models import Draw, Reservation, WaitingEntry
from courses.draw_text import draw_text
from courses.models import CourseRun
from courses.services import applications
from courses.views.booking import apply_page, find_for_form
from courses.views.public import find_run


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """The form of a booking, for taking part in the draw."""
    now = timezone.now()
    run = find_for_form(request, code, now)
    if request.method == "GET" and not run.offering.awaits_draw:
        return redirect("courses:run", run.code)
    draw_form = applications.apply_for_draw
    return apply_page(request, run, draw_form, "courses/apply.html", now)


def _find(request: HttpRequest, code: str) -> tuple[CourseRun, Draw]:
    run = find_run(request, code, timezone.now())
    if run.draw is None:
        raise Http404
    return run, run.draw


@never_cache
@require_GET
def draw(request: HttpRequest, code: str) -> HttpResponse:
    """What was promised, what came of it, and how to verify it; no names."""
    run, found = _find(request, code)
    entries = WaitingEntry.objects.filter(offering=run.offering_id)
    context = {
        "run": run,
        "draw": found,
        "phase": found.phase(timezone.now()),
        "applications": entries.applied().count(),
        "order": entries.drawn(),
        "own": _own_numbers(request, run),
        "text": _text(run, found),
    }
    return render(request, "courses/draw.html", context)


def _own_numbers(request: HttpRequest, run: CourseRun) -> set[int]:
    """The numbers of the reader's own applications."""
    if not isinstance(request.user, User):
        return set()
    mine = Reservation.objects.visible_to(request.user).filter(
        offering=run.offering_id, party__waiting_entry__number__isnull=False
    )
    numbers = mine.values_list("party__waiting_entry__number", flat=True)
    return {number for number in numbers if number}


def _text(run: CourseRun, found: Draw) -> str:
    path = reverse("courses:draw", args=[run.code])
    return draw_text(found, code=run.code, path=path)


@never_cache
@require_GET
def draw_file(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a text to keep, which checks itself when it is run."""
    run, found = _find(request, code)
    response = HttpResponse(_text(run, found), content_type="text/plain; charset=utf-8")
    name = f"draw-{run.code}.txt"
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
