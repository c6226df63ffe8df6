"""Chromium for the journeys: a phone of 360 by 740 points, Persian unless asked.

    def test_booking(live_site, page, screenshot):
        site = live_site(demo=True)
        page.goto(site.url)
        screenshot("home")                  # var/screenshots/home.png

A test fails when a page it visited had an error in its script, broke the content
security policy or could not load one of its own files.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium. Raises RuntimeError with what to do when there is none."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise RuntimeError("The journeys need Chromium: apt-get install chromium")
    return playwright.chromium.launch(
        executable_path=path, headless=True, args=ARGUMENTS
    )


def watched_page(browser: Browser, **options: object) -> Iterator[Page]:
    """A page in a context of its own; what went wrong in it is an error at the end."""
    settings: dict[str, object] = {"viewport": PHONE, "locale": "fa-IR", **options}
    context = browser.new_context(**settings)
    context.set_default_timeout(45_000)
    page = context.new_page()
    faults = watch(page)
    yield page
    context.close()
    assert faults == [], faults


def watch(page: Page) -> list[str]:
    """A list that fills with the faults of a page."""
    faults: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def response(answer: Response) -> None:
        kind = answer.request.resource_type
        if answer.status >= 400 and kind in {"stylesheet", "script", "font", "image"}:
            faults.append(f"{answer.status} {answer.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", response)
    return faults


def save_screenshot(page: Page, name: str) -> Path:
    """Write the whole page to var/screenshots/<name>.png."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    # Hiding the caret would leave style attributes behind, which the policy forbids.
    page.screenshot(path=str(path), full_page=True, caret="initial")
    return path
