"""Every message with its state, for staff."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.refusals import refusals_said
from desk.forms.messages import MessageFilterForm, newest_first
from desk.messages import lines_of
from desk.paging import back_to, page_of, query_of
from desk.roles import staff_only
from desk.staffpage import staff_page
from notifications.models import OutboxMessage
from notifications.services import resend


@require_GET
@staff_only
def message_list(request: HttpRequest) -> HttpResponse:
    """The newest messages first, narrowed by state, kind, way and phone."""
    form = MessageFilterForm(request.GET)
    page = page_of(request, form.narrow(newest_first()))
    context = {
        "form": form,
        "page": page,
        "lines": lines_of(page.object_list, timezone.now()),
        "query": query_of(request),
    }
    return staff_page(request, "desk/staff/messages.html", context)


@require_POST
@staff_only
def resend_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one message once more, as it stands now."""
    message = get_object_or_404(OutboxMessage, pk=pk)
    with refusals_said(request):
        resend(message=message, now=timezone.now())
        messages.success(request, _("The message goes out again."))
    return back_to(request, "desk:staff_messages")
