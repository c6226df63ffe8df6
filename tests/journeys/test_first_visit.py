"""A first visit carries its style sheets; those that follow find them on the phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.support.site import Site

pytestmark = pytest.mark.browser

HELD = "() => document.cookie.includes('sheets=')"
FACE = """() => {
  const look = getComputedStyle(document.querySelector(".site-head"));
  return [look.backgroundColor, look.borderBlockEndColor,
          getComputedStyle(document.body).fontFamily];
}"""
INSIDE = "document.querySelector('style') !== null"


def test_second_page_finds_the_sheets_on_the_phone(
    live_site: Callable[..., Site], page: Page
) -> None:
    site = live_site(demo=True)
    wrong: list[str] = []
    page.on("console", lambda line: wrong.append(line.text))
    sheets: list[str] = []
    page.on(
        "request",
        lambda asked: sheets.append(asked.url) if asked.url.endswith(".css") else None,
    )

    page.goto(f"{site.url}/")
    first = page.evaluate(FACE)
    assert page.evaluate(INSIDE)
    assert sheets == []
    page.wait_for_function(HELD)
    page.goto(f"{site.url}/help/")

    assert not page.evaluate(INSIDE)
    assert page.evaluate(FACE) == first
    assert len(sheets) == 1
    # A policy that forbids a style says so here.
    assert wrong == []


def test_without_scripts_every_page_brings_them(
    live_site: Callable[..., Site], open_page: Callable[..., Page]
) -> None:
    site = live_site(demo=True)
    page = open_page(java_script_enabled=False)

    for path in ("/", "/help/", "/accounts/sign-in/"):
        page.goto(f"{site.url}{path}")
        assert page.locator("style").count() == 1
        assert page.locator("link[rel=stylesheet]").count() == 0
