"""Call lists: of one class session, and of the consultations of a day."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from booking.models import Reservation
from consulting.models import Meeting
from core.exceptions import HidajError
from courses.models import ClassSession
from courses.services.attendance import enrolled
from desk.models import TaskResult
from desk.reach import reach_lines, totals
from desk.reach_meetings import appointment_lines
from desk.roles import staff_only
from desk.staffpage import staff_page
from desk.tasks import note_call
from desk.views.staff_runs import user_of

DAY = dt.timedelta(days=1)
RESULTS = (TaskResult.REACHED, TaskResult.WRONG_NUMBER, "no_answer")


def _session(pk: int) -> ClassSession:
    rows = ClassSession.objects.select_related("run__course", "run__offering")
    return get_object_or_404(rows, pk=pk)


@require_GET
@staff_only
def session_reach(request: HttpRequest, pk: int) -> HttpResponse:
    """Everyone enrolled, with what the messages about this class came to."""
    session = _session(pk)
    lines = reach_lines(session)
    context = {"session": session, "lines": lines, "totals": totals(lines)}
    return staff_page(request, "desk/staff/reach.html", context)


@require_POST
@staff_only
def session_called(request: HttpRequest, pk: int, reservation_pk: int) -> HttpResponse:
    """One tap after a call about this class."""
    session = _session(pk)
    reservation = get_object_or_404(enrolled(session), pk=reservation_pk)
    _note(request, session, reservation)
    return redirect("desk:staff_session_reach", pk)


def _note(
    request: HttpRequest, about: ClassSession | Meeting, reservation: Reservation
) -> None:
    result = request.POST.get("result", "")
    if result not in RESULTS:
        return
    try:
        note_call(
            about=about,
            reservation=reservation,
            result=result,
            by=user_of(request),
            now=timezone.now(),
        )
    except HidajError as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, _("Noted."))


@require_GET
@staff_only
def meetings_reach(request: HttpRequest) -> HttpResponse:
    """Everyone with an appointment on a day, today unless `?on=` names another."""
    on = _day(request.GET.get("on", ""))
    lines = appointment_lines(on)
    context = {
        "on": on,
        "before": (on - DAY).isoformat(),
        "after": (on + DAY).isoformat(),
        "lines": lines,
        "totals": totals(one.line for one in lines),
    }
    return staff_page(request, "desk/staff/reach_meetings.html", context)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()


@require_POST
@staff_only
def meeting_called(request: HttpRequest, pk: int, reservation_pk: int) -> HttpResponse:
    """One tap after a call about this consultation."""
    meeting = get_object_or_404(Meeting, pk=pk)
    places = Reservation.objects.filter(offering=meeting.offering_id)
    reservation = get_object_or_404(places, pk=reservation_pk, person__isnull=False)
    _note(request, meeting, reservation)
    on = timezone.localdate(meeting.starts_at)
    return redirect(f"{reverse('desk:staff_meetings_reach')}?on={on.isoformat()}")
