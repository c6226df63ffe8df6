"""The living page of the design language, for those who build pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from consulting.slot_days import shown_days
from consulting.slots import CENTRE_ZONE, Day, Slot
from courses.covers import Cover, draw_cover

TOKENS = (
    ("paper", "sheet", "ink", "ink-soft", "line", "line-strong"),
    ("accent", "accent-strong", "accent-wash", "wash-line", "on-accent", "mat"),
    ("bad", "bad-wash", "warn", "warn-wash", "on-mat", "mat-line"),
)
ICONS = (
    *("calendar", "clock", "place", "person", "phone", "check", "cross", "warning"),
    *("queue", "download", "edit", "globe", "lock", "message", "search", "money"),
    *("level", "forward", "back"),
)


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("Given name and family name"))
    level = forms.ChoiceField(label=_("Level"), choices=[("", _("All"))])
    who = forms.ChoiceField(
        label=_("Who comes?"),
        choices=[("me", _("For myself")), ("other", _("For another person"))],
        widget=forms.RadioSelect,
    )
    agree = forms.BooleanField(label=_("I agree"))
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea({"rows": 3})
    )


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Every token and component, in both directions of writing."""
    if not settings.HIDAJ_DEVELOPMENT_PAGES:
        raise Http404
    return render(request, "desk/design.html", _context())


def _context() -> dict[str, Any]:
    today = dt.date(2026, 11, 22)
    return {
        "tokens": TOKENS,
        "icons": ICONS,
        "covers": [_cover(*facts) for facts in _COURSES],
        "today": today,
        "forms": {
            language: {
                "empty": SampleForm(prefix=f"empty-{language}"),
                "refused": SampleForm(prefix=f"refused-{language}", data={}),
            }
            for language, _name in settings.LANGUAGES
        },
        "days": shown_days([Day(today, _times(today))], near=()),
    }


def _times(on: dt.date) -> list[Slot]:
    morning = dt.datetime.combine(on, dt.time(9), CENTRE_ZONE)
    hour = dt.timedelta(hours=1)
    starts = [morning + n * hour for n in range(3)]
    return [Slot(start, start + hour, consultant_id=0) for start in starts]


_COURSES = (
    ("hand-pattern-kids-sneaker", "intro", 15),
    ("grading", "mid", 8),
    ("pattern-cad", "adv", 12),
)


def _cover(slug: str, level: str, sessions: int) -> dict[str, str | Cover]:
    return {"slug": slug, "cover": draw_cover(slug, level, sessions)}
