"""How the ways out are, what is left, and what is due."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from desk.channels import channel_lines, due_messages, gateway_title, spending_now
from desk.messages import kind_name
from desk.roles import planners_only, staff_only
from desk.staffpage import staff_page
from notifications import channels
from notifications.gateways import routing


@require_GET
@staff_only
def channel_list(request: HttpRequest) -> HttpResponse:
    """Each gateway with its state, its account and the last 24 hours."""
    now = timezone.now()
    due = due_messages(now)
    context = {
        "lines": channel_lines(now),
        "spending": spending_now(now),
        "due": due,
        "waiting": [(message, kind_name(message.kind)) for message in due.next],
        "now": now,
    }
    return staff_page(request, "desk/staff/channels.html", context)


@require_POST
@planners_only
def channel_hold(request: HttpRequest, name: str) -> HttpResponse:
    """Stop a gateway by hand."""
    _require_known(name)
    channels.hold(gateway=name, now=timezone.now())
    messages.success(
        request, _("%(gateway)s is stopped.") % {"gateway": gateway_title(name)}
    )
    return redirect("desk:staff_channels")


@require_POST
@planners_only
def channel_release(request: HttpRequest, name: str) -> HttpResponse:
    """Let a gateway go on, whoever stopped it."""
    _require_known(name)
    channels.release(gateway=name)
    messages.success(
        request, _("%(gateway)s goes on.") % {"gateway": gateway_title(name)}
    )
    return redirect("desk:staff_channels")


def _require_known(name: str) -> None:
    if name not in routing.GATEWAYS and name != "email":
        raise Http404
