"""Axe finds nothing on any page of the table of addresses, and none scrolls sideways.

By day a few pages of each kind on a phone, in both languages; under HIDAJ_NIGHT=1 every
page and every refused form, in Persian and English, 360 and 1280 points wide, light and
dark, and once more what a centre shows that has nothing yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import product

import pytest
import time_machine
from playwright.sync_api import Page

from tests.access_world import World, make_empty_world, make_world
from tests.face import axe
from tests.face.pages import Sheet, sheets, sheets_without_names
from tests.face.viewer import HEIGHTS, Viewer
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
IS_NIGHT = os.environ.get("HIDAJ_NIGHT") == "1"
# One of each kind: list, long text, form, refused form, slots, done, table, dense form.
BY_DAY = (
    ("fa", Sheet("/", "anonymous")),
    ("en", Sheet("/runs/<run>/", "anonymous")),
    ("fa", Sheet("/consulting/<service>/", "anonymous")),
    ("fa", Sheet("/runs/<run>/book/", "applicant", "POST")),
    ("fa", Sheet("/bookings/<enrolled>/", "applicant")),
    ("en", Sheet("/teach/sessions/<session>/roll/", "instructor")),
    ("fa", Sheet("/staff/runs/<run>/", "planner")),
    ("en", Sheet("/staff/runs/new/", "planner", "POST")),
)
# What is left of a small phone at twice its size of letters (WCAG 1.4.10).
NARROWEST = 320
Pages = Callable[..., Page]


@pytest.fixture
def world() -> World:
    """One of everything, at the moment that all tests share."""
    with time_machine.travel(NOW, tick=False):
        return make_world()


@pytest.fixture
def empty_world() -> World:
    """Somebody of each role, and nothing else."""
    with time_machine.travel(NOW, tick=False):
        return make_empty_world()


def test_axe_finds_nothing_on_a_page_of_each_kind(page: Page, world: World) -> None:
    viewer = Viewer(page, world)
    viewer.resize(NARROWEST)
    found: list[str] = []
    for number, (language, sheet) in enumerate(BY_DAY):
        viewer.show(sheet, language=language)
        viewer.darken(dark=number % 2 == 1)
        name = f"{sheet.name} {language}"
        found += [*_named(page, name), *_too_wide(page, name)]

    assert not found, "\n".join(found)


def test_axe_finds_what_is_wrong(page: Page, world: World) -> None:
    Viewer(page, world).show(Sheet("/", "anonymous"))
    page.evaluate("() => document.querySelector('#q').labels[0].remove()")
    page.evaluate("() => document.documentElement.removeAttribute('lang')")

    found = " ".join(axe.findings(page))

    assert "html-has-lang" in found


@pytest.mark.skipif(not IS_NIGHT, reason="every page takes a quarter of an hour")
@pytest.mark.parametrize("language", ["fa", "en"])
def test_axe_finds_nothing_on_any_page(
    open_page: Pages, world: World, language: str
) -> None:
    viewer = Viewer(open_page(), world)

    found = list(_everywhere(viewer, language, sheets()))

    assert not found, "\n".join(found)


@pytest.mark.skipif(not IS_NIGHT, reason="every page takes a quarter of an hour")
@pytest.mark.parametrize("language", ["fa", "en"])
def test_axe_finds_nothing_where_there_is_nothing_yet(
    open_page: Pages, empty_world: World, language: str
) -> None:
    viewer = Viewer(open_page(), empty_world)

    found = list(_everywhere(viewer, language, sheets_without_names()))

    assert not found, "\n".join(found)


def _everywhere(
    viewer: Viewer, language: str, chosen: Iterable[Sheet]
) -> Iterator[str]:
    """What axe finds on these pages, narrow and wide, light and dark."""
    for sheet in chosen:
        viewer.show(sheet, language=language)
        viewer.resize(NARROWEST)
        yield from _too_wide(viewer.page, f"{sheet.name} {language}")
        for width, dark in product(HEIGHTS, (False, True)):
            viewer.resize(width)
            viewer.darken(dark=dark)
            colours = "dark" if dark else "light"
            yield from _named(viewer.page, f"{sheet.name} {language} {width} {colours}")


def _too_wide(page: Page, name: str) -> list[str]:
    return [f"{name}: {line}" for line in axe.overflow(page)]


def _named(page: Page, name: str) -> list[str]:
    return [f"{name}: {line}" for line in axe.findings(page)]
