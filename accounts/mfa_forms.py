"""The second factor's forms, taking digits of any script.

Apart from `forms`, because these import allauth's forms.
"""

from __future__ import annotations

import re
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm as BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as BaseReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm as BaseActivateForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.widgets import CodeInput
from persian.text import clean, to_latin_digits


class DigitsField(forms.CharField):
    """The digits of an authenticator app, or a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=CodeInput(), **kwargs)

    def to_python(self, value: Any) -> str:
        text = to_latin_digits(clean(super().to_python(value) or ""))
        return re.sub(r"[\s\-]", "", text)


class AuthenticateForm(BaseAuthenticateForm):
    code = DigitsField(label=_("Code of the app, or a recovery code"))


class ReauthenticateForm(BaseReauthenticateForm):
    code = DigitsField(label=_("Code of the app, or a recovery code"))


class ActivateForm(BaseActivateForm):
    code = DigitsField(label=_("Code of the app"))
