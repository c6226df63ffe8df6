"""The one door: number, code, and out again; and the staff's password."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.views import (
    ConfirmLoginCodeView,
    LogoutView,
    RequestLoginCodeView,
)
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormView

from accounts import codes
from accounts.adapter import ERRORS
from accounts.exceptions import AccountsError
from accounts.forms import CodeForm, StaffForm

# From then on the page shows how to reach a human.
FAILURES_BEFORE_HELP = 2


class SignOutView(LogoutView):
    """Signs out, and has the phone forget what it kept to be read without a line."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Nothing of the person stays."""
        response: HttpResponseBase = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"storage"'
        return response


class RequestCodeView(RequestLoginCodeView):
    """Asks for the number; known and unknown ones get the same answer."""

    template_name = "account/request_login_code.html"

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except AccountsError as error:
            form.add_error("phone", str(error))
            return self.form_invalid(form)


class ConfirmCodeView(ConfirmLoginCodeView):
    """Asks for the code; sends another one, or goes back for a wrong number."""

    template_name = "account/confirm_login_code.html"

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if _has_expired(request):
            messages.info(request, _("The code is too old. Ask for a new one."))
            return self._back_to_door()
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "leave":
            # A pending sign-in captures the browser until it is given up.
            self._process.abort()
            return self._back_to_door()
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()
        if self._action != "resend":
            kwargs["phone"] = self._process.state["phone"]
        return kwargs

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        is_guess = isinstance(form, CodeForm) and form.was_a_guess
        if is_guess and not self._process.record_invalid_attempt():
            messages.error(
                self.request, _("The code was wrong three times. Ask for a new one.")
            )
            return self._back_to_door()
        return self.render_to_response(self.get_context_data(form=form))

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        state = self._process.state
        before = state["code"]
        try:
            self._process.resend()
        except AccountsError as error:
            state["code"] = before
            messages.error(self.request, str(error))
        else:
            state["at"] = time.time()
            messages.success(self.request, _("A new code was sent."))
        self._process.persist()
        return redirect(
            self.passthrough_next_url(reverse("account_confirm_login_code"))
        )

    def _back_to_door(self) -> HttpResponse:
        return redirect(
            self.passthrough_next_url(reverse("account_request_login_code"))
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = self._process.state
        failures = max(state["failed_attempts"], state["resend_count"])
        return {
            **super().get_context_data(**kwargs),
            "wait_seconds": seconds_to_wait(state["at"]),
            "needs_help": failures >= FAILURES_BEFORE_HELP,
        }


def seconds_to_wait(sent_at: float) -> int:
    """How long the page counts down before it offers another code."""
    return max(0, round(codes.RESEND_AFTER_SECONDS - (time.time() - sent_at)))


def _has_expired(request: HttpRequest) -> bool:
    """Whether a code is waited for that is too old; the waiting ends then."""
    if request.user.is_authenticated:
        return False
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    if stage is None:
        return False
    process = LoginCodeVerificationProcess(stage=stage)
    if process.is_valid():
        return False
    process.abort()
    return True


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class StaffSignInView(RedirectAuthenticatedUserMixin, NextRedirectMixin, FormView):
    """Number and password; who has a second factor is asked for it next."""

    form_class = StaffForm
    template_name = "account/staff_sign_in.html"

    def form_valid(self, form: StaffForm) -> HttpResponse:
        try:
            user = get_adapter().authenticate(self.request, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        if user is None:
            form.add_error(None, str(ERRORS["phone_password_mismatch"]))
            return self.form_invalid(form)
        login = Login(user=user, redirect_url=self.get_next_url())
        return perform_password_login(self.request, {}, login)
