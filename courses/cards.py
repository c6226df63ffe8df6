"""A run as lists show it: exactly what its card says, so that a card is drawn once.

Whatever a card shows stands in `RunCard`, which compares by its values; the drawn card
is kept by them (`core/templatetags/drawn.py`). So it is as true as they are.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from courses import page_runs
from courses.covers import Cover, draw_cover
from courses.models import CourseRun, Phase


@dataclass(frozen=True)
class Places:
    """Where a run stands, and how many places there are (moments are aware)."""

    phase: Phase
    left: int
    waiting: int
    opens_at: dt.datetime | None
    draw_closes_at: dt.datetime | None


@dataclass(frozen=True)
class RunTexts:
    """What a card says of a run besides its places, in the reader's language."""

    code: str
    title: str
    slug: str
    level: str
    level_label: str
    is_women_only: bool
    first_session_at: dt.datetime
    session_count: int
    hours: int
    days_text: str
    clock_text: str
    instructor_names: str
    price_rial: int
    fee_rial: int

    @property
    def cover(self) -> Cover:
        return draw_cover(self.slug, self.level, self.session_count)


class RunCard(NamedTuple):
    """All that a card shows."""

    run: RunTexts
    places: Places


def places_of(run: CourseRun, phase: Phase) -> Places:
    """Of a run that came with its details."""
    return Places(
        phase=phase,
        left=run.places_left,
        waiting=run.offering.waiting_parties,
        opens_at=run.offering.opens_at,
        draw_closes_at=run.draw.closes_at if run.draw else None,
    )


def card_of(run: CourseRun, now: dt.datetime) -> RunCard:
    """The card of a run that came with its details, at a moment."""
    texts = page_runs.of_texts(run, "card", lambda: _texts_of(run))
    return RunCard(texts, places_of(run, run.phase(now)))


def _texts_of(run: CourseRun) -> RunTexts:
    course = run.course
    return RunTexts(
        code=run.code,
        title=run.title,
        slug=course.slug,
        level=course.level,
        level_label=str(course.get_level_display()),
        is_women_only=run.is_women_only,
        first_session_at=run.first_session_at,
        session_count=course.session_count,
        hours=course.hours,
        days_text=run.days_text,
        clock_text=run.clock_text,
        instructor_names=run.instructor_names,
        price_rial=run.price_rial,
        fee_rial=run.offering.fee_rial,
    )
