"""The code that opens one booking without a sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from desk.booking_access import FIND
from notifications.kinds import MessageKind, always_wanted
from notifications.kinds import register as register_kind


def _domain(subject_id: int, language: str) -> Mapping[str, str]:
    # Browsers fill the code in only where the last line names exactly their host.
    return {"domain": urlsplit(settings.PUBLIC_BASE_URL).hostname or ""}


def register() -> None:
    """Called once, at start-up."""
    register_kind(
        MessageKind(
            name=FIND,
            purpose="code",
            urgency="code",
            variables=("code", "domain"),
            values=_domain,
            still_wanted=always_wanted,
            sample={"code": "482913", "domain": "kafsh.example"},
            sms={
                "fa": "کد دیدن نوبت در مرکز کفش هیدج: {code}\n@{domain} #{code}",
                "en": (
                    "Hidaj Shoe Centre, code to see your booking: {code}\n"
                    "@{domain} #{code}"
                ),
            },
        )
    )
