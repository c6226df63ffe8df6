"""Addresses of signing in and of one's own data.

Only the wanted pages of allauth are here, under the names that it looks up itself.
"""

from __future__ import annotations

from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.recovery_codes.views import (
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from accounts.views import me, phone, second_factor, sign_in

to_door = RedirectView.as_view(
    pattern_name="account_request_login_code", query_string=True
)
to_second_factor = RedirectView.as_view(
    pattern_name="mfa_reauthenticate", query_string=True
)
to_me = RedirectView.as_view(pattern_name="accounts:me")

own_pages = [
    path("me/", me.me, name="me"),
    path("name/", me.name, name="name"),
    path("is-it-you/", me.claim, name="claim"),
    path("phone/", phone.phone, name="phone"),
    path("staff/", sign_in.StaffSignInView.as_view(), name="staff_sign_in"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((own_pages, "accounts"))),
    path(
        "sign-in/",
        sign_in.RequestCodeView.as_view(),
        name="account_request_login_code",
    ),
    path(
        "sign-in/code/",
        sign_in.ConfirmCodeView.as_view(),
        name="account_confirm_login_code",
    ),
    path(
        "sign-out/", require_POST(sign_in.SignOutView.as_view()), name="account_logout"
    ),
    path("second-factor/", AuthenticateView.as_view(), name="mfa_authenticate"),
    path(
        "second-factor/again/", ReauthenticateView.as_view(), name="mfa_reauthenticate"
    ),
    path(
        "second-factor/set-up/",
        second_factor.ActivateView.as_view(),
        name="mfa_activate_totp",
    ),
    path(
        "second-factor/remove/",
        second_factor.DeactivateView.as_view(),
        name="mfa_deactivate_totp",
    ),
    path(
        "second-factor/codes/",
        ViewRecoveryCodesView.as_view(),
        name="mfa_view_recovery_codes",
    ),
    path(
        "second-factor/codes/new/",
        GenerateRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    # Names that allauth looks up; they lead to the pages above.
    path("login/", to_door, name="account_login"),
    path("signup/", to_door, name="account_signup"),
    path("reauthenticate/", to_second_factor, name="account_reauthenticate"),
    path("second-factor/all/", to_me, name="mfa_index"),
]
