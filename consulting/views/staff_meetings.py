"""The meetings of a week, and one meeting: move it, cancel it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import has_role, safe_next, signed_in
from accounts.models import Person
from consulting.addresses import (
    choice,
    read_consultant,
    read_date,
    read_moment,
    write_moment,
)
from consulting.exceptions import ConsultingError, SlotTaken
from consulting.messages import booked
from consulting.models import IntakeAnswer, Meeting, Service
from consulting.selectors import week_of
from consulting.services.meetings import cancel_meeting, move_meeting
from consulting.slots import SlotQuery, week_start
from consulting.staff_forms import ReasonForm
from consulting.views.access import PLANNERS, staff_only
from consulting.views.public import consultants_context, slots_context
from core.refusals import refusals_in

WEEK = dt.timedelta(days=7)
MEETINGS = Meeting.objects.select_related(
    "service", "room", "consultant__teaching_profile", "offering"
)


@never_cache
@require_GET
@staff_only
def home(request: HttpRequest) -> HttpResponse:
    """The booked meetings of a week, of all consultants or of one."""
    on = read_date(request.GET.get("from", "")) or timezone.localdate()
    first_on = week_start(on)
    consultants = Person.objects.filter(teaching_profile__consults=True)
    consultants = consultants.select_related("teaching_profile").order_by("search_key")
    text = request.GET.get("consultant", "")
    chosen = consultants.filter(pk=int(text)).first() if text.isdecimal() else None
    by_day: dict[dt.date, list[Meeting]] = defaultdict(list)
    for meeting_ in week_of(first_on, chosen):
        by_day[meeting_.wall_on].append(meeting_)
    days = [first_on + dt.timedelta(days=n) for n in range(7)]
    context = {
        "first_on": first_on,
        "last_on": days[-1],
        "before": (first_on - WEEK).isoformat(),
        "after": (first_on + WEEK).isoformat(),
        "days": [{"on": day, "meetings": by_day[day]} for day in days],
        "consultants": consultants,
        "chosen": chosen,
        "today": timezone.localdate(),
        "is_planner": has_role(request.user, *PLANNERS),
    }
    return render(request, "consulting/staff/home.html", context)


@never_cache
@require_GET
@staff_only
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is booked, what they answered, and what was changed."""
    found = get_object_or_404(MEETINGS, pk=pk)
    reservations = found.offering.reservations.select_related(
        "person__user", "party__booked_by"
    )
    context = {
        "meeting": found,
        "reservations": reservations.exclude(person=None).order_by("pk"),
        "answers": IntakeAnswer.objects.filter(
            reservation__offering=found.offering_id
        ).select_related("question", "reservation__person"),
        "changes": found.changes.select_related(
            "from_consultant", "to_consultant"
        ).order_by("pk"),
        "is_ahead": found.is_live and found.starts_at > timezone.now(),
        "has_begun": found.is_live and found.starts_at <= timezone.now(),
    }
    return render(request, "consulting/staff/meeting.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@staff_only
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time or consultant; the notice does not bind the centre."""
    now = timezone.now()
    found = get_object_or_404(MEETINGS, pk=pk)
    service = Service.objects.prefetch_related(
        "modes", "consultants__teaching_profile"
    ).get(pk=found.service_id)
    asked = request.POST if request.method == "POST" else request.GET
    consultant = read_consultant(service, asked)
    if "consultant" not in asked:
        consultant = found.consultant_id
    if request.method == "POST":
        return _move(request, found, consultant, now)
    query: SlotQuery = {
        "service": service,
        "mode": found.mode,
        "consultant": consultant,
        "now": now,
        "ignoring_block": found.block_id,
        "by_centre": True,
    }
    same = consultant in (None, found.consultant_id)
    context: dict[str, Any] = {
        "meeting": found,
        "people": booked(found),
        "mode": found.mode,
        "consultant": consultant,
        **consultants_context(service, found.mode, consultant),
        **slots_context(request, query, found.starts_at if same else None),
    }
    return render(request, "consulting/staff/move.html", context)


def _move(
    request: HttpRequest, found: Meeting, consultant: int | None, now: dt.datetime
) -> HttpResponse:
    here = reverse("consulting:staff_move", args=[found.pk])
    starts_at = read_moment(request.POST.get("slot", ""))
    if starts_at is None:
        return redirect(here)
    try:
        move_meeting(
            meeting_id=found.pk,
            starts_at=starts_at,
            consultant_id=consultant,
            by=signed_in(request),
            now=now,
            reason=request.POST.get("reason", "")[:200],
        )
    except SlotTaken as error:
        messages.error(request, str(error))
        query = choice("", consultant, wanted=write_moment(starts_at))
        return redirect(f"{here}?{query}")
    except ConsultingError as error:
        messages.error(request, str(error))
        return redirect("consulting:staff_meeting", found.pk)
    messages.success(request, _("The meeting was moved, and everyone is being told."))
    return redirect(_after(request, found))


def _after(request: HttpRequest, found: Meeting) -> str:
    """The page that led here when it asked for that; else the meeting's."""
    return safe_next(request, reverse("consulting:staff_meeting", args=[found.pk]))


@never_cache
@require_http_methods(["GET", "POST"])
@staff_only
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a meeting off, with a reason that everyone reads."""
    found = get_object_or_404(MEETINGS, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            cancel_meeting(
                meeting_id=found.pk,
                by=signed_in(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(
                request, _("The meeting was cancelled, and everyone is being told.")
            )
            return redirect(_after(request, found))
    context = {"meeting": found, "form": form, "people": booked(found)}
    return render(request, "consulting/staff/cancel.html", context)
