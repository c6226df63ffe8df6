"""Finding a booking by its reference and a code to its phone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import codes
from accounts.adapter import network_of
from accounts.exceptions import AccountsError
from accounts.forms import CodeForm
from desk import booking_access
from desk.forms.find import FindForm


@never_cache
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for a code; the answer is the same whether there is such a booking."""
    form = FindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        error = _send(
            request, form.cleaned_data["reference"], form.cleaned_data["phone"]
        )
        if not error:
            return redirect("desk:find_code")
        form.add_error(None, error)
    return render(request, "desk/bookings/find.html", {"form": form})


def _send(request: HttpRequest, reference: str, phone: str) -> str:
    """Send a code and remember for what; returns the sentence of a refusal."""
    now = timezone.now()
    try:
        nonce = booking_access.send_find_code(
            reference=reference, phone=phone, network=network_of(request), now=now
        )
    except AccountsError as error:
        return str(error)
    booking_access.remember_asked(
        request, reference=reference, phone=phone, nonce=nonce, now=now
    )
    return ""


@never_cache
@require_http_methods(["GET", "POST"])
def find_code(request: HttpRequest) -> HttpResponse:
    """Type the code; the right one opens the booking for half an hour."""
    now = timezone.now()
    asked = booking_access.asked(request, now)
    if asked is None:
        messages.info(request, _("The code has run out. Please ask for a new one."))
        return redirect("desk:find_booking")
    action = request.POST.get("action", "")
    if action == "leave":
        booking_access.forget_asked(request)
        return redirect("desk:find_booking")
    if action == "resend":
        return _resend(request, asked)
    form = CodeForm(request.POST or None, code=asked["nonce"], phone=asked["phone"])
    if request.method == "POST" and form.is_valid():
        return redirect("desk:booking", booking_access.open_found(request, now))
    return render(request, "desk/bookings/code.html", _code_context(asked, form, now))


def _resend(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    error = _send(request, asked["reference"], asked["phone"])
    if error:
        messages.error(request, error)
    return redirect("desk:find_code")


def _code_context(
    asked: dict[str, Any], form: CodeForm, now: dt.datetime
) -> dict[str, Any]:
    waited = (now - dt.datetime.fromisoformat(asked["sent"])).total_seconds()
    return {
        "form": form,
        "phone": asked["phone"],
        "wait_seconds": max(0, round(codes.RESEND_AFTER_SECONDS - waited)),
        "can_resend": True,
    }
