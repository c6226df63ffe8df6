"""Which gateway serves which number."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from notifications.gateways.base import Gateway
from notifications.gateways.file import FileGateway
from notifications.gateways.kavenegar import KavenegarGateway
from notifications.gateways.twilio import TwilioGateway

GATEWAYS: dict[str, Callable[[], Gateway]] = {
    "file": FileGateway,
    "twilio": TwilioGateway,
    "kavenegar": KavenegarGateway,
}


class NoRoute(LookupError):
    """SMS_ROUTES serves no such number."""


def gateway_name(recipient: str) -> str:
    """The gateway of the longest matching prefix in SMS_ROUTES.

    Raises NoRoute when none matches and there is no `*`.
    """
    routes: dict[str, str] = settings.SMS_ROUTES
    matching = [prefix for prefix in routes if recipient.startswith(prefix)]
    if matching:
        return routes[max(matching, key=len)]
    if "*" not in routes:
        raise NoRoute
    return routes["*"]


def gateway(name: str) -> Gateway:
    """The gateway of this name; raises LookupError when there is none."""
    return GATEWAYS[name]()


def allows_links(name: str) -> bool:
    """Whether texts with links may go this way (carriers filter them)."""
    return name in settings.SMS_LINK_GATEWAYS
