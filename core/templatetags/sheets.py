"""The style sheets of a page."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from core.pages.sheets import draw_sheets

register = template.Library()


@register.simple_tag(takes_context=True)
def sheets(context: Context, *names: str) -> SafeString:
    """`{% sheets "site" "forms" %}`, in the order in which they count."""
    return draw_sheets(context["request"], names)
