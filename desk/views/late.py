"""«I will be late», from the page of a booking."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.booking_access import access_to
from desk.late import say_late


@require_POST
def late(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Tell who waits, and reception; a second tap changes nothing."""
    now = timezone.now()
    reservation = access_to(request, reference, now).reservations.filter(pk=pk).first()
    if reservation is None:
        raise Http404
    if say_late(reservation, now=now):
        messages.success(request, _("They know that you will be late. Please come."))
    else:
        messages.info(request, _("Nothing of this booking begins soon."))
    return redirect("desk:booking", reference)
