"""Deciding about requests: what one needs to know on one page, and one button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from booking.models import Reservation
from booking.services.approval import approve, refuse
from core.exceptions import HidajError
from desk.approvals import requests_with_past
from desk.roles import staff_only
from desk.staffpage import staff_page
from desk.views.staff_runs import user_of

REASON_LENGTH = 200


@require_GET
@staff_only
def approvals(request: HttpRequest) -> HttpResponse:
    """Every open request, the nearest deadline first."""
    context = {"requests": requests_with_past(timezone.now())}
    return staff_page(request, "desk/staff/approvals.html", context)


@require_POST
@staff_only
def approval_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse one request; a refused decision comes back at its place."""
    asked = get_object_or_404(Reservation.objects.exclude(approval_until=None), pk=pk)
    reason = request.POST.get("reason", "").strip()[:REASON_LENGTH]
    approves = request.POST.get("decision") == "approve"
    decide = approve if approves else refuse
    now = timezone.now()
    try:
        decide(reservation_id=asked.pk, by=user_of(request), reason=reason, now=now)
    except HidajError as error:
        rows = requests_with_past(now, failed=pk, error=str(error), typed=reason)
        if not any(row.error for row in rows):
            messages.error(request, str(error))
        return staff_page(request, "desk/staff/approvals.html", {"requests": rows})
    messages.success(
        request,
        _("Approved; the person is told by SMS.")
        if approves
        else _("Refused; the person is told by SMS, and the place is free."),
    )
    return redirect("desk:staff_approvals")
