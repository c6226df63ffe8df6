"""What is drawn again and again on a page and never differs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.translation import get_language

register = template.Library()


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
