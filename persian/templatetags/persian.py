"""Filters that write for the reader: language, calendar, digits, wall time.

All but `bdi` give plain text. A missing value gives an empty text.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from persian import jalali
from persian.money import display_rial
from persian.phones import display_phone
from persian.text import to_reader_digits

register = template.Library()

Day = dt.date | dt.datetime


@register.filter
def fa(value: object) -> str:
    """Digits of the reader's language: `{{ run.places_left|fa }}`; text, not markup."""
    if value is None:
        return ""
    if type(value) is int:
        return _integer(value, get_language())
    if isinstance(value, int | float | Decimal):
        value = formats.localize(value)
    return to_reader_digits(str(value))


@lru_cache(maxsize=2000)
def _integer(value: int, language: str | None) -> str:
    """Pages count the same small numbers again and again."""
    return to_reader_digits(str(formats.localize(value)))


@register.filter
def jdate(day: Day | None, form: str = "") -> str:
    """«۷ آذر»; form: "weekday", "year" (always), "full" (both) or "numeric"."""
    if not day:
        return ""
    if form == "numeric":
        return jalali.format_date_numeric(day)
    weekday, year = _FORMS[form]
    return jalali.format_date(day, weekday=weekday, year=year)


_FORMS: dict[str, tuple[bool, bool | None]] = {
    "": (False, None),
    "weekday": (True, None),
    "year": (False, True),
    "full": (True, True),
}


@register.filter
def jdatetime(moment: dt.datetime | None) -> str:
    """«شنبه ۷ آذر، ساعت ۱۶», the year when it is not the current one."""
    return jalali.format_datetime(moment) if moment else ""


@register.filter
def jtime(time: dt.time | dt.datetime | None) -> str:
    """«۱۶:۳۰»."""
    return "" if time is None else jalali.format_time(time)


@register.filter
def jweekday(day: Day | None) -> str:
    """«شنبه»."""
    return jalali.weekday_name(day) if day else ""


@register.filter
def jmonth(day: Day | None) -> str:
    """«آذر ۱۴۰۵»: the month of this day in the reader's calendar."""
    return jalali.format_month(day) if day else ""


@register.filter
def jrange(
    start: dt.date | dt.time | dt.datetime | None,
    end: dt.date | dt.time | dt.datetime | None,
) -> str:
    """`{{ starts_at|jrange:ends_at }}`: «۱۶:۰۰ تا ۲۰:۰۰»; dates: «۷ آذر تا ۲۶ دی»."""
    if start is None or end is None:
        return ""
    return jalali.format_range(start, end)


@register.filter
def jspan(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> str:
    """`{{ starts_at|jspan:ends_at }}`: the day with its hours, or the whole day."""
    if starts_at is None or ends_at is None:
        return ""
    return jalali.format_span(starts_at, ends_at)


@register.filter
def money(amount_rial: int | None) -> str:
    """«۲٬۸۰۰٬۰۰۰ تومان» of an amount in rial; 0 is «رایگان»."""
    return "" if amount_rial is None else display_rial(amount_rial)


@register.filter
def phone(e164: object) -> str:
    """«۰۹۱۲ ۳۴۵ ۶۷۸۹»."""
    return display_phone(str(e164)) if e164 else ""


@register.filter
def bdi(value: object) -> SafeString:
    """Set off by `<bdi>`: names, codes and phones inside a sentence."""
    if value is None or value == "":
        return SafeString("")
    return format_html("<bdi>{}</bdi>", value)
