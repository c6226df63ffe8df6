"""Reading the demo data, and moving its dates so that open runs lie ahead."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings

from persian.jalali import parse_jalali
from persian.phones import normalise_mobile

FILE = Path(__file__).resolve().parent.parent / "fixtures" / "demo-data.yaml"
# Numbers that no operator gives out; whoever has one is fictional.
DEMO_PREFIX = "+98999000"
CENTRE_ZONE = ZoneInfo(settings.TIME_ZONE)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = dt.timedelta(weeks=1)

Row = dict[str, Any]


class Fixture:
    """The demo data as seen from one moment (aware)."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self._data: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))

    def rows(self, name: str) -> list[Row]:
        """The entries of one section, in their order."""
        found: list[Row] = self._data[name]
        return found

    def section(self, name: str) -> Row:
        """A section that is not a list."""
        found: Row = self._data[name]
        return found

    @cached_property
    def shift(self) -> dt.timedelta:
        """Whole weeks from the reference day to today, rounded up.

        Weekdays stay, and what lay ahead on the reference day lies ahead today.
        """
        reference = parse_jalali(self.section("meta")["reference_today"])
        today = self.now.astimezone(CENTRE_ZONE).date()
        return -((reference - today) // WEEK) * WEEK

    def day(self, jalali: str) -> dt.date:
        """The day that a date of the file stands for today."""
        return parse_jalali(jalali) + self.shift


def phone_of(row: Row) -> str:
    """The E.164 form of a row's mobile."""
    return normalise_mobile(row["mobile"])


def weekdays(names: list[str]) -> list[int]:
    """Python's numbers (Monday 0) of weekday names."""
    return [WEEKDAYS.index(name) for name in names]


def hours(text: str) -> tuple[dt.time, dt.time]:
    """The two wall times of «08:30-12:30»."""
    start, end = (dt.time.fromisoformat(part) for part in text.split("-"))
    return start, end


def rial(toman: int) -> int:
    """The amount in rial."""
    return toman * 10


def both_languages(row: Row, *names: str) -> Row:
    """The texts of a row that exist in both languages, as fields of a model."""
    return {
        f"{name}_{language}": row[f"{name}_{language}"]
        for name in names
        for language in ("fa", "en")
    }
