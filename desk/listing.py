"""What the home page lists, and how a reader narrows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from courses.cards import RunCard, card_of
from courses.models import Course, CourseRun, Level
from persian.text import clean, search_key

EVENING_FROM = dt.time(14)
LONGEST_QUERY = 80

# Words of the trade that mean the same to those who search.
_SAME_WORDS = (
    ("مدل‌سازی", "الگوسازی", "الگو"),
    ("پستایی", "رویه‌دوزی", "رویه"),
    ("قالب", "لست"),
    ("گرید", "سایزبندی"),
    ("چرخ‌کاری", "دوخت"),
    ("رایانه", "کامپیوتر", "CAD"),
    ("کتانی", "کفش ورزشی"),
)
_SAME_KEYS = tuple(tuple(search_key(word) for word in group) for group in _SAME_WORDS)


@dataclass(frozen=True)
class Chip:
    """One filter that a tap puts on or takes off."""

    label: str | Promise
    address: str
    is_on: bool


@dataclass(frozen=True)
class UndatedCourse:
    """What the home page says of a course without a run, in the reader's language."""

    slug: str
    title: str
    level_label: str
    hours: int


def _starts_late(run: CourseRun) -> bool:
    sessions = run.planned_sessions
    return bool(sessions) and sessions[0].wall_start >= EVENING_FROM


_FLAGS: dict[str, tuple[str | Promise, Callable[[CourseRun], bool]]] = {
    "evening": (_("Afternoons"), _starts_late),
    "women": (_("Women only"), lambda run: run.is_women_only),
    "free": (_("Free of charge"), lambda run: run.price_rial == 0),
}


# All that the page reads of its address, and the values for which it is worth keeping:
# a search is made each time.
FILTERS: dict[str, Collection[str]] = {
    "q": (),
    "level": tuple(Level.values),
    **dict.fromkeys(_FLAGS, ("1",)),
}


@dataclass(frozen=True)
class RunFilter:
    """What the reader asked for; built from the address, written back into it."""

    text: str = ""
    level: str = ""
    flags: frozenset[str] = frozenset()

    @classmethod
    def from_query(cls, query: QueryDict) -> RunFilter:
        """Unknown values are left out, so that an old link still opens."""
        level = query.get("level", "")
        return cls(
            text=clean(query.get("q", ""))[:LONGEST_QUERY],
            level=level if level in Level.values else "",
            flags=frozenset(name for name in _FLAGS if query.get(name)),
        )

    @property
    def is_on(self) -> bool:
        return bool(self.text or self.level or self.flags)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the search form carries along."""
        level = [("level", self.level)] if self.level else []
        return level + [(name, "1") for name in _FLAGS if name in self.flags]

    @property
    def address(self) -> str:
        text = [("q", self.text)] if self.text else []
        query = urlencode(text + self.hidden)
        return f"/?{query}#runs" if query else "/#runs"

    def chips(self) -> list[Chip]:
        """Levels shut each other out; the others add up."""
        levels = [
            Chip(
                Level(value).label,
                replace(self, level="" if value == self.level else value).address,
                value == self.level,
            )
            for value in Level.values
        ]
        flags = [
            Chip(
                label,
                replace(self, flags=self.flags ^ {name}).address,
                name in self.flags,
            )
            for name, (label, _test) in _FLAGS.items()
        ]
        return levels + flags

    def keeps_run(self, run: CourseRun) -> bool:
        """Whether the run fits; reads only what the list has already fetched."""
        if self.level and run.course.level != self.level:
            return False
        if not all(_FLAGS[name][1](run) for name in self.flags):
            return False
        if not self.text:
            return True
        teachers = search_key(run.instructor_names)
        return self._finds(f"{run.course.search_key}|{teachers}")

    def keeps_course(self, course: Course) -> bool:
        """The same for a course without a run; dates and audience say nothing yet."""
        if self.level and course.level != self.level:
            return False
        if "free" in self.flags and course.price_rial:
            return False
        return self._finds(course.search_key)

    def _finds(self, key: str) -> bool:
        return not self.text or any(word in key for word in spellings(self.text))


def spellings(text: str) -> set[str]:
    """The search key of a text, and those with a word of the trade exchanged."""
    key = search_key(text)
    keys = {key}
    for group in _SAME_KEYS:
        for word in group:
            if word in key:
                keys |= {key.replace(word, other) for other in group}
                break
    return keys


def run_cards(
    wanted: RunFilter, runs: Iterable[CourseRun], now: dt.datetime
) -> list[RunCard]:
    """Those of the listed runs that fit, nearest first."""
    return [card_of(run, now) for run in runs if wanted.keeps_run(run)]


def undated_courses(
    wanted: RunFilter, courses: Iterable[Course], runs: Iterable[CourseRun]
) -> tuple[UndatedCourse, ...]:
    """Those of the courses that fit and that have none of the listed runs."""
    dated = {run.course_id for run in runs}
    found = (c for c in courses if c.pk not in dated and wanted.keeps_course(c))
    return tuple(
        UndatedCourse(c.slug, c.title, str(Level(c.level).label), c.hours)
        for c in found
    )
