"""How allauth meets our users: one door, a number and a code."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import codes, hooks, services, sessions
from accounts.access import person_of, way_to
from accounts.models import User
from core import limits
from core.sealed import SealedJSONField
from persian.forms import MobileField
from persian.phones import display_phone
from persian.text import localized

ERRORS = {
    "account_inactive": _("This sign-in is closed. Please call us."),
    "incorrect_code": _("This code is not right. Look at the newest SMS."),
    "phone_password_mismatch": _("The mobile number or the password is not right."),
    "too_many_login_attempts": _(
        "Too many tries that were not right. Please try again in ten minutes."
    ),
    "rate_limited": _("Too many tries. Please try again in ten minutes."),
}


def network_of(request: HttpRequest) -> str:
    """Where a request comes from, as far as budgets care."""
    return codes.network_of(get_adapter(request).get_client_ip(request))


class AccountAdapter(DefaultAccountAdapter):
    """Numbers, codes, and where somebody goes after signing in."""

    error_messages = {**DefaultAccountAdapter.error_messages, **ERRORS}

    # -- numbers and codes -----------------------------------------------------
    def phone_form_field(self, **kwargs: Any) -> MobileField:
        return MobileField(label=_("Mobile number"), **kwargs)

    def get_phone(self, user: Any) -> tuple[str, bool]:
        return user.phone, user.phone_verified_at is not None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        """Numbers change by accounts.services.change_phone alone."""
        self.set_phone_verified(user, phone)

    def set_phone_verified(self, user: Any, phone: str) -> None:
        """The code was right; it opens nothing when the number moved meanwhile."""
        if user.phone != phone:
            raise ImmediateHttpResponse(redirect("account_request_login_code"))
        services.mark_phone_verified(user=user, now=timezone.now())

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=phone, is_active=True).first()

    def generate_phone_verification_code(self, *, user: Any, phone: str) -> str:
        """What allauth keeps in the session is a nonce, not the digits."""
        return codes.new_nonce()

    def send_verification_code_sms(
        self, user: Any, phone: str, code: str, **kwargs: Any
    ) -> None:
        """Count and send; raises AccountsError over the budget. `code` is a nonce."""
        now = timezone.now()
        codes.count_sending(phone=phone, network=network_of(context.request), now=now)
        codes.send(
            kind=codes.SIGN_IN,
            user=user,
            phone=phone,
            nonce=code,
            language=get_language() or settings.LANGUAGE_CODE,
            now=now,
        )

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        """A closed sign-in gets nothing, and the same answer at the same pace."""
        codes.count_sending(
            phone=phone, network=network_of(context.request), now=timezone.now()
        )

    # -- passwords ---------------------------------------------------------------
    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """allauth would count all numbers in one bucket."""
        self._login_failed_rl_usage = None
        now = timezone.now()
        budgets = [
            (credentials.get("phone", ""), settings.HIDAJ_PASSWORDS_PER_PHONE),
            (network_of(context.request), settings.HIDAJ_PASSWORDS_PER_NETWORK),
        ]
        allowed = [
            limits.hit(scope="password", key=key, limits=budget, now=now)
            for key, budget in budgets
        ]
        if not all(allowed):
            raise self.validation_error("too_many_login_attempts")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Only a second factor is asked again, and not right after signing in."""
        request = context.request
        if sessions.is_fresh(request, timezone.now()):
            return False
        return Authenticator.objects.filter(user=request.user).exists()

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The second factor; a password alone proves less."""
        methods = super().get_reauthentication_methods(user)
        return [m for m in methods if m["id"] == "mfa_reauthenticate"]

    # -- before and after ----------------------------------------------------------
    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        messages.error(request, str(ERRORS["account_inactive"]))
        return redirect("account_request_login_code")

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        sessions.begin(request.session, timezone.now())

    def post_login(
        self, request: HttpRequest, user: Any, **kwargs: Any
    ) -> HttpResponse:
        """Let higher apps act inside this POST, then show the way."""
        wish = kwargs.pop("redirect_url", None) or self._landing(user)
        for refusal in hooks.take_up(user, wish, timezone.now()):
            messages.error(request, refusal)
        kwargs["redirect_url"] = self._way_to(user, wish)
        return super().post_login(request, user, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        user = request.user
        if not isinstance(user, User):
            return resolve_url(settings.LOGIN_REDIRECT_URL)
        return self._way_to(user, self._landing(user))

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def _landing(self, user: User) -> str:
        return hooks.landing_of(user) or resolve_url(settings.LOGIN_REDIRECT_URL)

    def _way_to(self, user: User, wish: str) -> str:
        return way_to(user, wish)

    def is_safe_url(self, url: str) -> bool:
        """Only this host, whatever other hosts the settings allow."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, {request.get_host()}, require_https=request.is_secure()
        )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """allauth's own texts are not shown; the pages say what happened."""
        if message:
            messages.add_message(request, level, message, extra_tags=extra_tags)


_SEAL = SealedJSONField()


class MFAAdapter(DefaultMFAAdapter):
    """The second factor of staff."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        **ERRORS,
        "incorrect_code": _("This code is not right. Look at the app once more."),
    }

    def encrypt(self, text: str) -> str:
        return _SEAL.get_prep_value(text)

    def decrypt(self, encrypted_text: str) -> str:
        # Without its key a secret must not become a known one, so it matches nothing.
        return _SEAL.from_db_value(encrypted_text) or services.new_totp_secret()

    def get_totp_label(self, user: Any) -> str:
        person = person_of(user)
        return person.name if person else display_phone(user.phone)

    def get_totp_issuer(self) -> str:
        return localized(settings.HIDAJ_CENTRE, "short_name")
