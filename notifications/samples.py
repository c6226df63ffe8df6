"""The values that a text is tried with: the longest, and usual ones."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation

from notifications.kinds import MessageKind
from persian.phones import display_phone
from persian.text import localized

# The host in the samples of the code; the site's own stands in for it.
SAMPLE_HOST = "kafsh.example"


def worst(kind: MessageKind, language: str) -> dict[str, str]:
    """The longest values that may occur in a language.

    Names of courses and people may be Persian in every text: the longest are.
    """
    usual = typical(kind, language)
    host = max(_host(), SAMPLE_HOST, key=len)
    longest = {
        name: max(_at(host, kind.sample[name]), usual[name], key=len)
        for name in kind.variables
    }
    return longest | {name: usual[name] for name in _centre(language) if name in usual}


def typical(kind: MessageKind, language: str) -> dict[str, str]:
    """Values as they occur every day."""
    values = {**kind.sample, **kind.example.get(language, {}), **_centre(language)}
    return {name: _at(_host(), values[name]) for name in kind.variables}


def _centre(language: str) -> dict[str, str]:
    """What never varies: the centre as the settings have it."""
    centre = settings.HIDAJ_CENTRE
    with translation.override(language):
        return {
            "centre": localized(centre, "short_name"),
            "phone": display_phone(centre["phone"]),
            "address": localized(centre, "address"),
            "landmark": localized(centre, "landmark"),
        }


def _host() -> str:
    parts = urlsplit(settings.PUBLIC_BASE_URL)
    return (parts.netloc + parts.path).rstrip("/")


def _at(host: str, value: str) -> str:
    return value.replace(SAMPLE_HOST, host)
