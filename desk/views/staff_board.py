"""The board: what the centre's people look at in the morning."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Min, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from desk.approvals import open_requests
from desk.board import ending_soon, runs_ahead, troubled_messages
from desk.day import classes_between, day_bounds, days_of, meetings_between
from desk.messages import lines_of
from desk.roles import staff_only
from desk.site_audit import audit_and_keep, last_audit
from desk.staffpage import staff_page

MESSAGES_SHOWN = 10
# Counted beside the rows, whatever the limit.
IN_ALL = Window(Count("*"))


@require_GET
@staff_only
def board(request: HttpRequest) -> HttpResponse:
    """Today, runs ahead, messages in trouble, the audit, what ends soon."""
    now = timezone.now()
    rows = runs_ahead(now)
    counted = list(troubled_messages(now).annotate(in_all=IN_ALL)[:MESSAGES_SHOWN])
    on = timezone.localdate(now)
    today = day_bounds(on)
    context = {
        "on": on,
        "now": now,
        "rows": rows,
        "day": days_of(classes_between(*today), meetings_between(*today)),
        "soon": ending_soon(rows, now),
        "asked": open_requests().aggregate(
            number=Count("pk"), first_until=Min("approval_until")
        ),
        "troubled_count": counted[0].in_all if counted else 0,
        "lines": lines_of(counted, now),
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
