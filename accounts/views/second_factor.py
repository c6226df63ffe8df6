"""Setting up the second factor, and giving it up."""

from __future__ import annotations

import re
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.access import needs_second_factor
from accounts.models import User

FRESH_MINUTES = 15


def may_use(user: User) -> bool:
    """The second factor is for those who work here."""
    return bool(user.roles) or needs_second_factor(user)


class ActivateView(ActivateTOTPView):
    """Joins an authenticator app; only right after signing in.

    allauth asks people without a password for no new proof, so an old or stolen
    session could set up a second factor of its own.
    """

    template_name = "mfa/totp/activate_form.html"

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        if not may_use(user):
            raise Http404
        if not sessions.is_fresh(request, timezone.now(), minutes=FRESH_MINUTES):
            return render(request, "mfa/sign_in_again.html")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # In groups it can be read out, typed, and broken into lines.
        context["key"] = " ".join(re.findall(".{1,4}", context["form"].secret))
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record_authentication(self.request, form.user, "mfa", type="totp")
        messages.success(self.request, _("The second factor is set up."))
        return response


class DeactivateView(DeactivateTOTPView):
    """Gives the app up; staff set up another one at once."""

    template_name = "mfa/totp/deactivate_form.html"

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        records = self.request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
        self.request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            record for record in records if record.get("method") != "mfa"
        ]
        messages.success(self.request, _("The second factor was removed."))
        return response
