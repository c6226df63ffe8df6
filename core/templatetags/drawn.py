"""Parts of pages that are drawn again only when they say something else."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from django import template
from django.db.models import Model
from django.template import Context
from django.template.loader import render_to_string
from django.utils.translation import get_language

from persian.jalali import today

register = template.Library()
# Both languages of the cards, days and heads of a large centre, and those of before.
MOST_DRAWN = 2000


@register.simple_tag
def drawn(template: str, **shown: Any) -> str:
    """`{% drawn "components/run_card.html" card=card %}`: drawn once for equal values.

    The template gets these values and nothing else, no reader and no request. They must
    be hashable, and equal only if they look the same; a model is not: it equals itself
    whatever its columns say (TypeError).
    """
    if any(isinstance(value, Model) for value in shown.values()):
        raise TypeError(f"{template}: hand over values, not models")
    return _drawn(template, get_language(), today(), tuple(shown.items()))


@lru_cache(maxsize=MOST_DRAWN)
def _drawn(
    template: str, language: str | None, on: dt.date, shown: tuple[tuple[str, Any], ...]
) -> str:
    """The words depend on the language, and on the day: its year is left out."""
    return render_to_string(template, dict(shown))


@register.simple_tag(takes_context=True)
def site_footer(context: Context) -> str:
    """`{% site_footer %}`: the same on all pages of a language."""
    facts: dict[str, Any] = context.get("centre") or {}
    return _footer(tuple(facts.items()), get_language())


@lru_cache(maxsize=16)
def _footer(centre: tuple[tuple[str, Any], ...], language: str | None) -> str:
    return render_to_string("components/site_footer.html", {"centre": dict(centre)})


@register.simple_tag
@lru_cache(maxsize=128)
def icon(name: str) -> str:
    """`{% icon "calendar" %}`: one of those in `components/icon.html`, drawn once."""
    return render_to_string("components/icon.html", {"name": name})
