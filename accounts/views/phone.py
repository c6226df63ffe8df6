"""Changing the number: a code to the old one, then a code to the new one.

allauth's own page asks nothing of people without a password and tells nobody.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts import codes, services
from accounts.access import person_required
from accounts.adapter import network_of
from accounts.exceptions import AccountsError
from accounts.forms import CodeForm, NewPhoneForm
from accounts.models import User
from accounts.views.sign_in import FAILURES_BEFORE_HELP, seconds_to_wait

SESSION_KEY = "phone_change"
OLD, NUMBER, NEW = "old", "number", "new"


@dataclass
class Change:
    """How far a change has come; kept in the session.

    `nonce` belongs to the code that is waited for, `sent_at` is in Unix seconds.
    """

    step: str
    phone: str
    nonce: str
    sent_at: float
    failures: int = 0

    @classmethod
    def of(cls, request: HttpRequest) -> Change | None:
        """The change that is under way and not too old."""
        data = request.session.get(SESSION_KEY)
        change = cls(**data) if data else None
        if change and time.time() - change.sent_at > codes.LIFE.total_seconds():
            del request.session[SESSION_KEY]
            messages.info(request, _("The code is too old. Ask for a new one."))
            return None
        return change

    def keep(self, request: HttpRequest) -> None:
        request.session[SESSION_KEY] = asdict(self)


@never_cache
@person_required
def phone(request: HttpRequest) -> HttpResponse:
    """One address for all steps; the session knows which one it is."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (narrows after person_required)
    change = Change.of(request)
    if request.method != "POST":
        return _show(request, user, change, _form_of(user, change))
    if request.POST.get("action") == "leave":
        request.session.pop(SESSION_KEY, None)
        return redirect("accounts:me")
    if change is None:
        return _send(request, user, OLD, user.phone)
    if request.POST.get("action") == "resend" and change.step != NUMBER:
        return _send(request, user, change.step, change.phone)
    return _take(request, user, change)


def _form_of(
    user: User, change: Change | None, data: object = None
) -> forms.Form | None:
    if change is None:
        return None
    if change.step == NUMBER:
        return NewPhoneForm(data, current=user.phone)
    return CodeForm(data, code=change.nonce, phone=change.phone)


def _show(
    request: HttpRequest, user: User, change: Change | None, form: forms.Form | None
) -> HttpResponse:
    context = {
        "form": form,
        "step": change.step if change else "",
        "phone": change.phone if change else user.phone,
        "wait_seconds": seconds_to_wait(change.sent_at) if change else 0,
        "needs_help": bool(change and change.failures >= FAILURES_BEFORE_HELP),
    }
    return render(request, "accounts/phone.html", context)


def _send(request: HttpRequest, user: User, step: str, number: str) -> HttpResponse:
    """Send a code to the number and wait for it; over the budget nothing changes."""
    now = timezone.now()
    try:
        codes.count_sending(phone=number, network=network_of(request), now=now)
    except AccountsError as error:
        messages.error(request, str(error))
        return redirect("accounts:phone")
    change = Change(step, number, codes.new_nonce(), time.time())
    codes.send(
        kind=codes.CHANGE_PHONE,
        user=user,
        phone=number,
        nonce=change.nonce,
        language=get_language() or settings.LANGUAGE_CODE,
        now=now,
    )
    change.keep(request)
    return redirect("accounts:phone")


def _take(request: HttpRequest, user: User, change: Change) -> HttpResponse:
    form = _form_of(user, change, request.POST)
    if form is None or not form.is_valid():
        return _refuse(request, user, change, form)
    if change.step == OLD:
        Change(NUMBER, user.phone, "", time.time()).keep(request)
        return redirect("accounts:phone")
    if change.step == NUMBER:
        return _send(request, user, NEW, form.cleaned_data["phone"])
    return _finish(request, user, change)


def _refuse(
    request: HttpRequest, user: User, change: Change, form: forms.Form | None
) -> HttpResponse:
    if isinstance(form, CodeForm) and form.was_a_guess:
        change.failures += 1
        change.keep(request)
    if change.failures >= codes.MAX_GUESSES:
        del request.session[SESSION_KEY]
        messages.error(request, _("The code was wrong three times. Ask for a new one."))
        return redirect("accounts:phone")
    return _show(request, user, change, form)


def _finish(request: HttpRequest, user: User, change: Change) -> HttpResponse:
    del request.session[SESSION_KEY]
    try:
        changed = services.change_phone(
            user=user, phone=change.phone, now=timezone.now()
        )
    except AccountsError as error:
        messages.error(request, str(error))
        return redirect("accounts:phone")
    # This session goes on; all others end with the old number.
    update_session_auth_hash(request, changed)
    messages.success(
        request, _("Your number was changed. Sign in with the new one from now on.")
    )
    return redirect("accounts:me")
