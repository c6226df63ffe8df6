"""Covers are drawn from the course, always the same, and small."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from courses.covers import OUTLINES, draw_cover

SLUGS = [f"course-{number}" for number in range(40)]


def _svg(slug: str, level: str = "adv", sessions: int = 30) -> str:
    cover = draw_cover(slug, level, sessions)
    return render_to_string("components/cover.html", {"cover": cover})


@pytest.mark.parametrize(("level", "pieces"), [("intro", 1), ("mid", 2), ("adv", 3)])
def test_a_higher_level_has_more_pieces(level: str, pieces: int) -> None:
    for slug in SLUGS:
        outlines = {piece.outline for piece in draw_cover(slug, level, 12).pieces}

        assert len(outlines) == pieces


def test_ruler_has_a_tick_for_each_class_session() -> None:
    assert draw_cover("hand-pattern", "mid", 15).ruler.count("v") == 16
    assert draw_cover("hand-pattern", "mid", 500).ruler.count("v") == 31


def test_same_course_has_the_same_cover_and_others_another() -> None:
    draw_cover.cache_clear()
    before = _svg("hand-pattern")
    draw_cover.cache_clear()

    assert _svg("hand-pattern") == before
    assert len({_svg(slug) for slug in SLUGS}) == len(SLUGS)


def test_every_outline_is_drawn_for_some_course() -> None:
    drawn = {piece.outline for s in SLUGS for piece in draw_cover(s, "intro", 1).pieces}

    assert drawn == set(OUTLINES)


def test_largest_cover_stays_below_its_budget() -> None:
    assert max(len(_svg(slug).encode()) for slug in SLUGS) < 2_500
