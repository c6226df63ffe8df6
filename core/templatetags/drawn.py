"""What is drawn again and again on a page and never differs."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.template.loader import render_to_string

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=128)
def icon(name: str) -> str:
    """`{% icon "calendar" %}`: one of those in `components/icon.html`, drawn once."""
    return render_to_string("components/icon.html", {"name": name})
