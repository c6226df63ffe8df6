"""Dates and times as people read and write them.

The database holds Gregorian dates and UTC times. Here they become Jalali dates with
Persian digits for Persian readers, Gregorian dates with Latin digits for others, both
in the wall time of the current time zone (Asia/Tehran).
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from persiantools.jdatetime import JalaliDate

from persian.errors import InputError
from persian.text import (
    clean,
    is_persian,
    to_latin_digits,
    to_persian_digits,
    to_reader_digits,
)

# The years for which the calendar was checked against the official table.
FIRST_YEAR, LAST_YEAR = 1206, 1500
# Of so many days what they are called is remembered.
DAYS_KEPT = 4000

MONTHS_FA = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# In the order of date.weekday(): Monday is 0.
WEEKDAYS_FA = (
    "دوشنبه",
    "سه‌شنبه",
    "چهارشنبه",
    "پنجشنبه",
    "جمعه",
    "شنبه",
    "یکشنبه",
)
WEEKDAYS_EN = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)

_SEPARATED = re.compile(r"(\d+)\s?[/\-–. ]\s?(\d+)\s?[/\-–. ]\s?(\d+)")
_EIGHT_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)")
_NAMED_MONTH = re.compile(rf"(\d\d?) ({'|'.join(MONTHS_FA)}) (\d{{4}})")
_TIME = re.compile(r"(\d\d?)(?:\s*[:.]?\s*(\d\d))?")

Day = dt.date | dt.datetime
# The library's constructor has no annotations.
_jalali: Any = JalaliDate


def to_jalali(day: dt.date) -> tuple[int, int, int]:
    """Year, month and day of a Gregorian date in the Jalali calendar."""
    return _to_jalali(_wall_date(day))


@lru_cache(maxsize=DAYS_KEPT)
def _to_jalali(day: dt.date) -> tuple[int, int, int]:
    jalali = _jalali(day)
    return jalali.year, jalali.month, jalali.day


def from_jalali(year: int, month: int, day: int) -> dt.date:
    """The Gregorian date of a Jalali day; InputError when there is no such day."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InputError(_("The year must have four digits, such as 1405."), "year")
    try:
        gregorian: dt.date = _jalali(year, month, day).to_gregorian()
    except ValueError as error:
        raise InputError(
            _("There is no such day in the calendar."), "no_such_day"
        ) from error
    return gregorian


def parse_jalali(text: str) -> dt.date:
    """Read 1405/9/7, ۱۴۰۵-۰۹-۰۷, 14050907 or «۷ آذر ۱۴۰۵».

    Raises InputError (a ValueError) whose sentence is fit to show.
    """
    year, month, day = _split_date(text)
    if year > 1900:
        raise InputError(
            _("This looks like a Gregorian date. Write the Jalali date: 1405/09/07."),
            "looks_gregorian",
        )
    return from_jalali(year, month, day)


def parse_date(text: str) -> dt.date:
    """Read a date in the reader's calendar.

    A Persian reader writes Jalali; others write 2026-11-28, and Jalali is understood.
    Raises InputError.
    """
    if is_persian():
        return parse_jalali(text)
    year, month, day = _split_date(text)
    if year <= 1900:
        return from_jalali(year, month, day)
    try:
        return dt.date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise InputError(
            _("There is no such day in the calendar."), "no_such_day"
        ) from error


def _split_date(text: str) -> tuple[int, int, int]:
    text = to_latin_digits(clean(text))[:40]
    if match := _NAMED_MONTH.fullmatch(text):
        day, month, year = match.groups()
        return int(year), MONTHS_FA.index(month) + 1, int(day)
    match = _SEPARATED.fullmatch(text) or _EIGHT_DIGITS.fullmatch(text)
    if match is None:
        raise InputError(_("Write the date like this: 2026-11-28."), "format")
    return int(match[1]), int(match[2]), int(match[3])


def parse_time(text: str) -> dt.time:
    """Read 16, 16:30, ۱۶:۳۰, 16.30 or 1630; raises InputError."""
    match = _TIME.fullmatch(to_latin_digits(clean(text)))
    if match is None:
        raise InputError(_("Write the time like this: 16:30."), "format")
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour > 23 or minute > 59:
        raise InputError(_("The time must lie between 00:00 and 23:59."), "no_time")
    return dt.time(hour, minute)


def today() -> dt.date:
    """Today by the wall clock of the current time zone."""
    return dt.datetime.now(timezone.get_current_timezone()).date()


def month_bounds(year: int, month: int) -> tuple[dt.date, dt.date]:
    """First and last Gregorian date of a Jalali month; InputError if there is none."""
    first = from_jalali(year, month, 1)
    following = _jalali(year + month // 12, month % 12 + 1, 1).to_gregorian()
    return first, following - dt.timedelta(days=1)


def weekday_name(day: Day) -> str:
    """«شنبه» or "Saturday"."""
    names = WEEKDAYS_FA if is_persian() else WEEKDAYS_EN
    return names[_wall_date(day).weekday()]


def month_name(day: Day) -> str:
    """The month of this day in the reader's calendar: «آذر» or "November"."""
    if is_persian():
        return MONTHS_FA[to_jalali(day)[1] - 1]
    return MONTHS_EN[_wall_date(day).month - 1]


def format_month(day: Day) -> str:
    """The month of this day with its year: «آذر ۱۴۰۵» or "November 2026"."""
    return to_reader_digits(f"{month_name(day)} {_reader_year(day)}")


def format_date(day: Day, *, weekday: bool = False, year: bool | None = None) -> str:
    """«شنبه ۷ آذر ۱۴۰۵» or "Sat 28 November 2026".

    `year`: True always, False never, None only when it is not the current year.
    """
    on = _wall_date(day)
    if year is None:
        year = _reader_year(on) != _reader_year(today())
    return _date_words(on, weekday, year, get_language())


@lru_cache(maxsize=DAYS_KEPT)
def _date_words(on: dt.date, weekday: bool, year: bool, language: str | None) -> str:
    """Pages write the same days again and again; the language decides how."""
    number = to_jalali(on)[2] if is_persian() else on.day
    words = [_short_weekday(on)] if weekday else []
    words += [str(number), month_name(on)]
    if year:
        words.append(str(_reader_year(on)))
    return to_reader_digits(" ".join(words))


def format_date_numeric(day: Day) -> str:
    """For tables and fields: ۱۴۰۵/۰۹/۰۷ or 2026-11-28."""
    if not is_persian():
        return _wall_date(day).isoformat()
    return to_persian_digits("{:04}/{:02}/{:02}".format(*to_jalali(day)))


def format_time(time: dt.time | dt.datetime, *, short: bool = False) -> str:
    """«۱۶:۳۰» or "16:30"; `short` drops the minutes of a full hour: «۱۶»."""
    if isinstance(time, dt.datetime):
        time = timezone.localtime(time).time()
    text = f"{time.hour:02}:{time.minute:02}"
    if short and time.minute == 0:
        text = str(time.hour)
    return to_reader_digits(text)


def format_datetime(
    moment: dt.datetime, *, weekday: bool = True, year: bool | None = None
) -> str:
    """«شنبه ۷ آذر ۱۴۰۵، ساعت ۱۶» or "Sat 28 November 2026, 16:00".

    `moment` is aware; `year` as in format_date. A naive one raises ValueError.
    """
    day = format_date(moment, weekday=weekday, year=year)
    if is_persian():
        return f"{day}، ساعت {format_time(moment, short=True)}"
    return f"{day}, {format_time(moment)}"


def format_range(
    start: dt.date | dt.time | dt.datetime, end: dt.date | dt.time | dt.datetime
) -> str:
    """«۱۶:۰۰ تا ۲۰:۰۰», «۷ آذر تا ۲۶ دی»: two times, dates or moments of one kind.

    Moments of one day give their times only. There is no dash: between Persian digits
    it is laid out so that the range reads backwards.
    """
    first, last = _range_ends(start, end)
    return f"{first} تا {last}" if is_persian() else f"{first} to {last}"


def format_span(starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    """«شنبه ۷ آذر، ۰۹:۰۰ تا ۱۲:۰۰»; from midnight to midnight the days alone count."""
    first = format_date(_wall_date(starts_at), weekday=True)
    if _is_midnight(starts_at) and _is_midnight(ends_at):
        last = _wall_date(ends_at) - dt.timedelta(days=1)
        if last <= _wall_date(starts_at):
            return first + ("، تمام روز" if is_persian() else ", the whole day")
        return format_range(_wall_date(starts_at), last)
    if _wall_date(starts_at) != _wall_date(ends_at):
        return format_range(starts_at, ends_at)
    comma = "، " if is_persian() else ", "
    return first + comma + format_range(starts_at, ends_at)


def _is_midnight(moment: dt.datetime) -> bool:
    return timezone.localtime(moment).time() == dt.time(0)


def _range_ends(
    start: dt.date | dt.time | dt.datetime, end: dt.date | dt.time | dt.datetime
) -> tuple[str, str]:
    if isinstance(start, dt.time) and isinstance(end, dt.time):
        return format_time(start), format_time(end)
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        if _wall_date(start) == _wall_date(end):
            return format_time(start), format_time(end)
        return format_datetime(start), format_datetime(end)
    if isinstance(start, dt.time) or isinstance(end, dt.time):
        raise TypeError("A range has two times, two dates or two moments.")
    one_year = _reader_year(start) == _reader_year(end)
    return format_date(start, year=False if one_year else None), format_date(end)


def _wall_date(day: Day) -> dt.date:
    return timezone.localdate(day) if isinstance(day, dt.datetime) else day


def _reader_year(day: Day) -> int:
    return to_jalali(day)[0] if is_persian() else _wall_date(day).year


def _short_weekday(day: Day) -> str:
    return weekday_name(day) if is_persian() else weekday_name(day)[:3]
