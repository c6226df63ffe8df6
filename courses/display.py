"""How days, hours, lists and names of a run are written for the reader."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Person
from persian.jalali import format_range, weekday_name
from persian.text import is_persian


def list_in_language(texts_fa: Sequence[str], texts_en: Sequence[str]) -> list[str]:
    """The list in the reader's language; the other one when it is empty."""
    wanted, other = (texts_fa, texts_en) if is_persian() else (texts_en, texts_fa)
    return [str(text) for text in (wanted or other)]


def with_comma(words: Iterable[str]) -> str:
    """The words with the comma of the reader's language between them."""
    comma = "، " if is_persian() else ", "
    return comma.join(word for word in words if word)


def join_names(names: Sequence[str]) -> str:
    """«الف، ب و پ»."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {
        "first": with_comma(names[:-1]),
        "last": names[-1],
    }


def days_text(days: Iterable[dt.date]) -> str:
    """The weekdays that occur, from Saturday on: «شنبه و دوشنبه»."""
    by_weekday = {(day.weekday() + 2) % 7: day for day in days}
    return _names_of(tuple(by_weekday[n] for n in sorted(by_weekday)), get_language())


@lru_cache(maxsize=500)
def _names_of(days: tuple[dt.date, ...], language: str | None) -> str:
    """Lists say the same of many runs, and again on each page."""
    return join_names([weekday_name(day) for day in days])


def clock_text(hours: Iterable[tuple[dt.time, dt.time]]) -> str:
    """The commonest hours: «۱۶:۰۰ تا ۲۰:۰۰»."""
    commonest = Counter(hours).most_common(1)
    return _hours(*commonest[0][0], get_language()) if commonest else ""


@lru_cache(maxsize=500)
def _hours(start: dt.time, end: dt.time, language: str | None) -> str:
    return format_range(start, end)


def teacher_names(people: Iterable[Person]) -> str:
    """All public names, joined."""
    return join_names([person.public_name for person in people])
