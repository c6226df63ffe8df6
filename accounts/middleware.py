"""Sign-ins end, and staff pages ask for more than a code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.access import needs_second_factor
from accounts.models import User

# These ask no user at all: a proxy or a monitor opens them.
NOBODY_ASKED = frozenset({"livez", "readyz", "healthz"})
# What staff may open before their second factor.
OPEN_PAGES = frozenset(
    {
        "account_login",
        "account_logout",
        "account_request_login_code",
        "account_confirm_login_code",
        "account_reauthenticate",
        "account_signup",
        "accounts:staff_sign_in",
        "mfa_authenticate",
        "mfa_activate_totp",
        "mfa_reauthenticate",
    }
)


class StaffGuardMiddleware:
    """Ends sign-ins that are too old; sends staff to their second factor first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """None lets the page answer."""
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in NOBODY_ASKED or _is_file(request):
            return None
        user = request.user
        if not isinstance(user, User):
            return None
        now = timezone.now()
        if sessions.is_over(request.session, user, now):
            return _end(request)
        if not _asks_by_itself(request):
            sessions.note_seen(request.session, user, now)
        if name in OPEN_PAGES or not needs_second_factor(user):
            return None
        if sessions.has_second_factor(request):
            return None
        return ask_second_factor(request, user, now)


def _is_file(request: HttpRequest) -> bool:
    return request.path.startswith(settings.STATIC_URL)


def _asks_by_itself(request: HttpRequest) -> bool:
    """A page that looks again by itself does not show that somebody sits before it."""
    return request.method == "GET" and "HX-Request" in request.headers


def _end(request: HttpRequest) -> HttpResponse:
    target = request.get_full_path() if request.method == "GET" else "/"
    logout(request)
    messages.info(
        request, _("You were signed out because time passed. Please sign in again.")
    )
    return redirect_to_login(target)


def ask_second_factor(
    request: HttpRequest, user: User, now: dt.datetime
) -> HttpResponse:
    """Send to where the second factor is given, or set up for the first time."""
    target = request.get_full_path() if request.method == "GET" else "/"
    has_app = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.TOTP
    ).exists()
    page = "mfa_reauthenticate" if has_app else "mfa_activate_totp"
    return redirect_to_login(target, login_url=reverse(page))
