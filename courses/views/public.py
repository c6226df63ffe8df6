"""What anybody may read: a run, a course, and the wish to be told."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import STAFF_ROLES, first_visit_url, has_role, person_of, with_next
from booking.models import STANDING, Reservation, ReservationState
from core.compiled import TEXT, Given, Select
from core.pages.kept import changes_at, keeps
from courses import page_runs
from courses.cards import card_of, places_of
from courses.models import Course, CourseInterest, CourseRun, Phase, RunState
from courses.page_state import listed_runs, moments_of, one_run
from courses.services import enrolment
from courses.structured import as_script, course_facts, run_facts


def find_run(request: HttpRequest, code: str, now: dt.datetime) -> CourseRun:
    """A run that this reader may see, with all its page needs; else 404.

    Staff see drafts, so that they can look before they publish.
    """
    runs = CourseRun.objects.with_details(now)
    return _shown_to(request, get_object_or_404(runs, code__iexact=code))


def _shown_to(request: HttpRequest, found: CourseRun) -> CourseRun:
    if found.published_at is None and not has_role(request.user, *STAFF_ROLES):
        raise Http404
    return found


RUN_BY_CODE = Select(
    lambda: CourseRun.objects.select_related("course", "offering").filter(
        code=Given("code", TEXT)
    )
)


def find_bare_run(request: HttpRequest, code: str, now: dt.datetime) -> CourseRun:
    """As `find_run`, where no page is shown: a form that was sent needs no more."""
    found = RUN_BY_CODE.first(code=code)
    if found is None or found.published_at is None:
        return find_run(request, code, now)
    return found


@require_GET
@keeps(one_run)
def run(request: HttpRequest, code: str) -> HttpResponse:
    """All about one run, and the way to a place in it."""
    now = timezone.now()
    known = page_runs.one(request, code, now)
    found = _shown_to(request, known) if known else find_run(request, code, now)
    phase = found.phase(now)
    changes_at(request, moments_of([found]))
    context = {
        "run": found,
        "course": found.course,
        "phase": phase,
        "places": places_of(found, phase),
        "now": now,
        "own": own_reservation(request, found),
        "is_draft": found.state == RunState.DRAFT,
        "structured": _structured(found, phase),
    }
    return render(request, "courses/run.html", context)


def _structured(found: CourseRun, phase: Phase) -> str:
    """What search engines read; besides the texts they are told how many are left."""
    name = ("structured", phase, found.places_left)
    return page_runs.of_texts(found, name, lambda: as_script(run_facts(found, phase)))


def own_reservation(request: HttpRequest, found: CourseRun) -> Reservation | None:
    """The place or turn that the reader has in this run already."""
    person = person_of(request.user)
    if person is None:
        return None
    mine = Reservation.objects.filter(
        offering=found.offering_id, person=person, state__in=STANDING
    ).exclude(state=ReservationState.HELD)
    return mine.select_related("party").first()


@require_GET
@keeps(listed_runs)
def course(request: HttpRequest, slug: str) -> HttpResponse:
    """A course of the catalogue: its open runs, or the wish to be told."""
    now = timezone.now()
    found = get_object_or_404(Course.objects.active(), slug=slug)
    runs = page_runs.listed(request, now, found)
    changes_at(request, moments_of(runs))
    context = {
        "course": found,
        "cards": [card_of(run, now) for run in runs],
        "prerequisites": found.prerequisites.all(),
        "is_noted": is_noted(request, found),
        "structured": as_script(course_facts(found)),
    }
    return render(request, "courses/course.html", context)


def is_noted(request: HttpRequest, found: Course) -> bool:
    """Whether the reader asked to hear of this course and was not told yet."""
    person = person_of(request.user)
    if person is None:
        return False
    wishes = CourseInterest.objects.unanswered()
    return wishes.filter(course=found, person=person).exists()


@require_http_methods(["GET", "POST"])
def notify(request: HttpRequest, slug: str) -> HttpResponse:
    """«Tell me»: one button for who is signed in, the way to sign in for others."""
    found = get_object_or_404(Course.objects.active(), slug=slug)
    here = reverse("courses:notify", args=[found.slug])
    if not request.user.is_authenticated:
        return redirect_to_login(here)
    person = person_of(request.user)
    if person is None:
        return redirect(with_next(first_visit_url(request.user), here))
    if request.method == "POST":
        enrolment.register_interest(
            course_id=found.pk, person=person, now=timezone.now()
        )
        messages.success(request, _("We send you an SMS when a run opens."))
        return redirect("courses:course", found.slug)
    context = {"course": found, "is_noted": is_noted(request, found)}
    return render(request, "courses/notify.html", context)


def is_bookable(phase: Phase) -> bool:
    """Whether there is a place or a turn to be had."""
    return phase in (Phase.OPEN, Phase.FULL, Phase.DRAW)
