"""Which gateway serves which number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from notifications.gateways import kavenegar, smsir, templates
from notifications.gateways.base import Gateway
from notifications.gateways.file import FileGateway
from notifications.gateways.kavenegar import KavenegarGateway
from notifications.gateways.smsir import SmsIrGateway
from notifications.gateways.twilio import TwilioGateway

GATEWAYS: dict[str, Callable[[], Gateway]] = {
    "file": FileGateway,
    "twilio": TwilioGateway,
    "kavenegar": KavenegarGateway,
    "smsir": SmsIrGateway,
}
_TOKENS_FIT = {"kavenegar": kavenegar.tokens_fit, "smsir": smsir.tokens_fit}


class NoRoute(LookupError):
    """SMS_ROUTES serves no such number."""


def ways(recipient: str, purpose: str = "") -> list[str]:
    """The gateways of a number, the usual one first, then those that step in.

    SMS_ROUTES maps a prefix (`*` for every number), or a prefix and a purpose
    (`+98:code`), to gateways joined by `>`. The longest prefix wins, and of two alike
    the one with the purpose. Raises NoRoute when none matches.
    """
    matching = [
        (len(prefix), bool(wanted), names)
        for key, names in settings.SMS_ROUTES.items()
        for prefix, _, wanted in [key.removeprefix("*").partition(":")]
        if recipient.startswith(prefix) and wanted in ("", purpose)
    ]
    if not matching:
        raise NoRoute
    return _names(max(matching)[2])


def _names(route: str) -> list[str]:
    return [name.strip() for name in route.split(">")]


def used() -> list[str]:
    """Every gateway that a route names, by name."""
    return sorted({n for route in settings.SMS_ROUTES.values() for n in _names(route)})


def gateway(name: str) -> Gateway:
    """The gateway of this name; raises LookupError when there is none."""
    return GATEWAYS[name]()


def allows_links(name: str) -> bool:
    """Whether texts with links may go this way (carriers filter them)."""
    return name in settings.SMS_LINK_GATEWAYS


def receives(name: str) -> bool:
    """Whether people can answer what went this way, so that texts may invite it."""
    return name in settings.SMS_REPLY_GATEWAYS


def _templates_of(name: str) -> Mapping[str, str]:
    known = {
        "kavenegar": settings.KAVENEGAR_TEMPLATES,
        "smsir": settings.SMSIR_TEMPLATES,
    }
    return known.get(name, {})


def template_names(name: str) -> list[str]:
    """The templates that the settings of a gateway name; raises ValueError."""
    return [templates.parse(value).name for value in _templates_of(name).values()]


def approved_template(name: str, kind: str, language: str) -> templates.Template | None:
    """The text that a gateway has approved for a kind, if the settings name one."""
    return templates.template_for(_templates_of(name), kind, language)


def approved_text(
    name: str, kind: str, language: str, values: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The template of a gateway for a kind, and its tokens; "" where words go.

    A value that the gateway would refuse (too long, too many spaces) makes the words
    go as they are.
    """
    template = approved_template(name, kind, language)
    tokens = templates.fill(template, values) if template else None
    if template is None or tokens is None or not _TOKENS_FIT[name](tokens):
        return "", {}
    return template.name, tokens
