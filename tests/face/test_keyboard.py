"""Pages by keyboard, read aloud, in a reader's own colours, without motion."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.access_world import World, make_world
from tests.face.focus import FOCUS
from tests.face.pages import Sheet
from tests.face.viewer import Viewer
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# The way to a place and to an hour, with what can go wrong in a form.
JOURNEY = (
    Sheet("/", "anonymous"),
    Sheet("/runs/<run>/", "anonymous"),
    Sheet("/runs/<run>/book/", "applicant", "POST"),
    Sheet("/bookings/done/<enrolled>/", "applicant"),
    Sheet("/consulting/<service>/", "anonymous"),
    Sheet("/teach/sessions/<session>/roll/", "instructor"),
)
MOST_STOPS = 120

_DEAD = """
() => [...document.querySelectorAll('a[href^="#"]')]
  .filter((one) => one.hash.length > 1 && !document.getElementById(one.hash.slice(1)))
  .map((one) => one.outerHTML.slice(0, 120))
"""


@pytest.fixture
def viewer(page: Page) -> Viewer:
    """A phone's page on a world with one of everything."""
    with time_machine.travel(NOW, tick=False):
        world: World = make_world()
    return Viewer(page, world)


def test_focus_is_seen_and_never_covered_on_the_way(viewer: Viewer) -> None:
    for sheet in JOURNEY:
        viewer.show(sheet)
        stops = _walk(viewer.page)
        dead = viewer.page.evaluate(_DEAD)
        hidden = [stop for stop in stops if not (stop["shows"] and stop["free"])]
        outside = [stop for stop in stops if not stop["inside"]]

        assert len(stops) > 8, sheet
        assert not hidden, (sheet, hidden)
        assert not outside, (sheet, outside)
        assert not dead, (sheet, dead)


def test_a_cover_over_the_focus_would_be_found(viewer: Viewer) -> None:
    viewer.show(Sheet("/runs/<run>/", "anonymous"))
    viewer.page.evaluate(
        "() => { const bar = document.querySelector('.sticky-bar');"
        " bar.style.position = 'fixed'; bar.style.inset = '0'; }"
    )

    assert not all(stop["free"] for stop in _walk(viewer.page))


def test_times_are_read_day_by_day_and_in_their_order(viewer: Viewer) -> None:
    viewer.show(Sheet("/consulting/<service>/", "anonymous"), language="en")
    read = viewer.page.locator("main").aria_snapshot()
    lines = re.findall(r"(?m)^\s*- (?:text: |link \"|group: ?)?(.*)$", read)
    days = [n for n, line in enumerate(lines) if re.search(r"\d+ times?", line)]
    first = " ".join(lines[days[0] : days[1]])
    times = re.findall(r"\b\d{1,2}:\d\d\b", first)

    assert len(days) >= 3
    assert len(times) >= 2
    assert times == sorted(times)


def test_headings_go_down_one_step_at_a_time(viewer: Viewer) -> None:
    for sheet in JOURNEY:
        viewer.show(sheet)
        levels = viewer.page.evaluate(
            "() => [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')]"
            ".map((one) => Number(one.tagName[1]))"
        )

        assert levels.count(1) == 1, sheet
        steps = itertools.pairwise(levels)
        assert all(after - before <= 1 for before, after in steps), (sheet, levels)


def test_own_colours_of_the_device_lose_nothing(viewer: Viewer) -> None:
    viewer.show(Sheet("/", "anonymous"))
    viewer.page.emulate_media(forced_colors="active")
    nav = viewer.page.locator(".site-nav a")

    here = _style(viewer.page, ".site-nav [aria-current]", "borderBlockEndWidth")
    mark = _style(viewer.page, ".mark-last", "fill")
    ground = _style(viewer.page, ".site-head", "backgroundColor")

    assert nav.count() >= 3
    assert here == "3px"
    assert mark != ground


def test_nothing_moves_for_who_wants_no_motion(viewer: Viewer) -> None:
    viewer.show(Sheet("/", "anonymous"))
    viewer.page.emulate_media(reduced_motion="reduce")

    moving = viewer.page.evaluate(
        "() => [...document.querySelectorAll('*')].filter((one) => {"
        " const style = getComputedStyle(one);"
        " return style.transitionDuration.split(', ').some((t) => t !== '0s')"
        " || style.animationName !== 'none' || style.scrollBehavior !== 'auto'; })"
        ".length"
    )

    assert moving == 0


def _walk(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key from the top of the page to its end."""
    stops: list[dict[str, Any]] = []
    for _number in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)
    return stops


def _style(page: Page, selector: str, name: str) -> str:
    value: str = page.locator(selector).first.evaluate(
        f"(one) => getComputedStyle(one).{name}"
    )
    return value
