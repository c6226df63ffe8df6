"""The cards of runs."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.translation import get_language

from courses.cards import RunCard
from persian.jalali import today

register = template.Library()
# Two languages of all runs that are listed, and those before the last bookings.
MOST_CARDS = 500


@register.simple_tag
def run_card(card: RunCard) -> str:
    """`{% run_card card %}`: drawn anew only when it says something else."""
    return _drawn(card, get_language(), today())


@lru_cache(maxsize=MOST_CARDS)
def _drawn(card: RunCard, language: str | None, on: dt.date) -> str:
    """The words depend on the language, and on the day: its year is left out."""
    return render_to_string("components/run_card.html", {"card": card})
