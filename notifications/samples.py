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
# Days and hours are told in the language of the message, as long as they get.
_LONGEST = {
    "en": {
        "day": "Wed 30 September",
        "time": "16:30",
        "old": "Wed 30 September 14:30",
        "new": "Wed 30 September 16:30",
        "short": "30 September 16:30",
        "dates": "Wed 30 September, 14:30 to 18:30",
        "until": "Wednesday at 18:30",
        "draw_at": "Wed 30 September 18:30",
    }
}


def worst(kind: MessageKind, language: str) -> dict[str, str]:
    """The longest values that may occur in a language.

    Names of courses and people may be Persian in every text: the longest are.
    """
    usual = typical(kind, language)
    host = max(_host(), SAMPLE_HOST, key=len)
    sample = {**kind.sample, **_LONGEST.get(language, {})}
    longest = {
        name: max(_at(host, sample[name]), usual[name], key=len)
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
