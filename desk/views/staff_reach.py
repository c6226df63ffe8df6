"""The call list of one class session: reached, silent, failed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from booking.models import Reservation
from core.exceptions import HidajError
from courses.models import ClassSession
from courses.services.attendance import enrolled
from desk.models import TaskResult
from desk.reach import reach_lines, totals
from desk.roles import staff_only
from desk.staffpage import staff_page
from desk.tasks import note_call
from desk.views.staff_runs import user_of

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
    session, result = _session(pk), request.POST.get("result", "")
    reservation: Reservation = get_object_or_404(enrolled(session), pk=reservation_pk)
    if result in RESULTS:
        try:
            note_call(
                session=session,
                reservation=reservation,
                result=result,
                by=user_of(request),
                now=timezone.now(),
            )
        except HidajError as refusal:
            messages.info(request, str(refusal))
        else:
            messages.success(request, _("Noted."))
    return redirect("desk:staff_session_reach", pk)
