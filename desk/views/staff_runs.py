"""Runs for staff: the list, one run with its people, publishing, capacity, ending."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.models import User
from core.refusals import refusals_in, refusals_said
from courses.models import Course, CourseRun, CourseRunQuerySet, RunState
from courses.planner import skipped_between
from courses.services.runs import (
    cancel_run,
    change_capacity,
    publish_run,
    set_approval,
)
from desk.board import run_row
from desk.forms.people import SearchForm
from desk.forms.runs import ApprovalForm, CapacityForm, ReasonForm
from desk.paging import page_of, query_of
from desk.roles import planners_only, staff_only
from desk.runs import (
    bookings_of,
    is_ahead,
    line_of,
    sessions_in_full,
    told_of_run,
    waiting_of,
)
from desk.staffpage import posted, staff_page

WHEN = ("ahead", "past", "all")


def user_of(request: HttpRequest) -> User:
    """The signed-in user; the decorators have seen to it that there is one."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


@require_GET
@staff_only
def run_list(request: HttpRequest) -> HttpResponse:
    """Runs ahead, nearest first; `?when=past` and `?when=all` give the others."""
    now = timezone.now()
    when = request.GET.get("when", "")
    when = when if when in WHEN else "ahead"
    form = SearchForm(request.GET)
    form.fields["q"].label = _("Course or code")
    form.is_valid()
    page = page_of(request, _runs(when, form.cleaned_data.get("q") or ""))
    context = {
        "page": page,
        "rows": [run_row(run, now) for run in page.object_list],
        "query": query_of(request),
        "when": when,
        "form": form,
    }
    return staff_page(request, "desk/staff/runs.html", context)


def _runs(when: str, text: str) -> CourseRunQuerySet:
    now = timezone.now()
    rows = CourseRun.objects.with_details(now)
    if when == "ahead":
        rows = rows.upcoming(now)
    elif when == "past":
        rows = rows.filter(last_session_at__lte=now).order_by("-first_session_at")
    else:
        rows = rows.order_by("-first_session_at")
    if not text:
        return rows
    courses = Course.objects.matching(text)
    return rows.filter(course__in=courses) | rows.filter(code__icontains=text)


@require_GET
@staff_only
def run_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One run: its class sessions, people, waiting list, and what can be done."""
    return run_page(request, _run(code))


def _run(code: str) -> CourseRun:
    runs = CourseRun.objects.with_details(timezone.now(), sessions_in_full())
    return get_object_or_404(runs, code=code)


def run_page(
    request: HttpRequest, run: CourseRun, capacity_form: CapacityForm | None = None
) -> HttpResponse:
    """The page of a run; a refused capacity comes back with its sentence."""
    now = timezone.now()
    search = SearchForm(request.GET)
    search.is_valid()
    days = [session.wall_on for session in run.planned_sessions]
    context = {
        "run": run,
        "phase": run.phase(now),
        "is_ahead": is_ahead(run, now),
        "is_over": run.state == RunState.PUBLISHED and run.last_session_at <= now,
        "sessions": run.sessions.all(),
        "now": now,
        "skipped": skipped_between(days),
        "bookings": bookings_of(run, search.cleaned_data.get("q") or ""),
        "waiting": waiting_of(run),
        "line": line_of(run, now),
        "search": search,
        "approval_form": ApprovalForm(initial={"approval": run.approval}),
        "capacity_form": capacity_form
        or CapacityForm(initial={"capacity": run.offering.capacity}),
    }
    return staff_page(request, "desk/staff/run.html", context)


@require_POST
@planners_only
def run_publish(request: HttpRequest, code: str) -> HttpResponse:
    """Open the run to the public."""
    run = _run(code)
    with refusals_said(request):
        publish_run(run_id=run.pk, by=user_of(request), now=timezone.now())
        messages.success(request, _("The run is open to the public."))
    return redirect("desk:staff_run", code=code)


@require_POST
@planners_only
def run_capacity(request: HttpRequest, code: str) -> HttpResponse:
    """Change how many places there are."""
    run = _run(code)
    form = CapacityForm(request.POST)
    if form.is_valid():
        capacity = form.cleaned_data["capacity"]
        with refusals_in(form, "capacity"):
            change_capacity(run_id=run.pk, capacity=capacity, now=timezone.now())
            messages.success(request, _("The number of places was changed."))
            return redirect("desk:staff_run", code=code)
    return run_page(request, run, form)


@require_POST
@planners_only
def run_approval(request: HttpRequest, code: str) -> HttpResponse:
    """Change about whom the staff decide, for bookings from now on."""
    run = _run(code)
    form = ApprovalForm(request.POST)
    if form.is_valid():
        set_approval(run_id=run.pk, approval=form.cleaned_data["approval"])
        messages.success(request, _("This holds for bookings from now on."))
    return redirect("desk:staff_run", code=code)


@require_http_methods(["GET", "POST"])
@planners_only
def run_cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Say how many will be told, then end the run with the reason."""
    run = _run(code)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            cancel_run(
                run_id=run.pk,
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, _("The run is cancelled and everyone is told."))
            return redirect("desk:staff_run", code=code)
    context = {"run": run, "form": form, "told": told_of_run(run)}
    return staff_page(request, "desk/staff/run_cancel.html", context)
