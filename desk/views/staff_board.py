"""The board: what the centre's people look at in the morning."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from desk.approvals import open_requests
from desk.board import ending_soon, runs_ahead, troubled_messages
from desk.day import day_bounds, days_of
from desk.messages import lines_of
from desk.roles import staff_only
from desk.site_audit import audit_and_keep, last_audit
from desk.staffpage import staff_page

MESSAGES_SHOWN = 10


@require_GET
@staff_only
def board(request: HttpRequest) -> HttpResponse:
    """Today, runs ahead, messages in trouble, the audit, what ends soon."""
    now = timezone.now()
    rows = runs_ahead(now)
    troubled = troubled_messages(now)
    on = timezone.localdate(now)
    context = {
        "on": on,
        "now": now,
        "rows": rows,
        "day": days_of(*day_bounds(on)),
        "soon": ending_soon(rows, now),
        "asked_count": open_requests().count(),
        "asked_first": open_requests().first(),
        "troubled_count": troubled.count(),
        "lines": lines_of(troubled[:MESSAGES_SHOWN], now),
        "audit": last_audit(),
    }
    return staff_page(request, "desk/staff/board.html", context)


@require_POST
@staff_only
def audit_now(request: HttpRequest) -> HttpResponse:
    """Run the audit that also runs every night."""
    broken = audit_and_keep(timezone.now())
    if broken:
        messages.warning(request, _("The audit found something. See below."))
    else:
        messages.success(request, _("The audit found everything in order."))
    return redirect("desk:staff_board")
