"""The messages of this app: codes, and the news of a changed number."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from accounts import codes
from notifications.kinds import MessageKind, always_wanted, register
from persian.phones import display_phone
from persian.text import localized

PHONE_CHANGED = "phone_changed"


def _domain(subject_id: int, language: str) -> Mapping[str, str]:
    # Browsers fill the code in only where the last line names exactly their host.
    host = urlsplit(settings.PUBLIC_BASE_URL).hostname or ""
    return {"domain": host}


def _centre(subject_id: int, language: str) -> Mapping[str, str]:
    centre = settings.HIDAJ_CENTRE
    return {
        "centre": localized(centre, "short_name"),
        "phone": display_phone(centre["phone"]),
    }


def register_kinds() -> None:
    """Called once, at start-up."""
    register(
        MessageKind(
            name=codes.SIGN_IN,
            purpose="code",
            urgency="code",
            variables=("code", "domain"),
            values=_domain,
            still_wanted=always_wanted,
            sample={"code": "482913", "domain": "kafsh.example"},
            sms={
                "fa": "کد ورود مرکز کفش هیدج: {code}\n@{domain} #{code}",
                "en": "Hidaj Shoe Centre sign-in code: {code}\n@{domain} #{code}",
            },
        )
    )
    register(
        MessageKind(
            name=codes.CHANGE_PHONE,
            purpose="code",
            urgency="code",
            variables=("code", "domain"),
            values=_domain,
            still_wanted=always_wanted,
            sample={"code": "482913", "domain": "kafsh.example"},
            sms={
                "fa": "کد تغییر شماره: {code}\nمرکز کفش هیدج\n@{domain} #{code}",
                "en": (
                    "Hidaj Shoe Centre, code to change your number: {code}\n"
                    "@{domain} #{code}"
                ),
            },
        )
    )
    register(
        MessageKind(
            name=PHONE_CHANGED,
            purpose="transactional",
            urgency="now",
            variables=("centre", "phone"),
            values=_centre,
            still_wanted=always_wanted,
            sample={"centre": "مرکز کفش هیدج", "phone": "۰۲۴ ۳۵۰۰ ۰۰۰۰"},
            sms={
                "fa": (
                    "شمارهٔ ورود شما عوض شد. اگر کار شما نبود، تماس بگیرید: {phone}\n"
                    "{centre}"
                ),
                "en": (
                    "Your sign-in number was changed. Was it not you? Call {phone}.\n"
                    "{centre}"
                ),
            },
        )
    )
