"""Each journey by the keyboard alone; the focus is seen and free at every stop."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.face.focus import walk_to
from tests.journeys import steps
from tests.journeys.test_staff import sign_in_planner
from tests.support.site import Site

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LEARNER, TEACHER = "+989993000091", "+989993000092"
NAMES = ["زهرا کوک‌دوز", "حسین قدم‌زن"]
RUN = "R-1405-23"


def press(page: Page, key: str, selector: str) -> None:
    """Go there and press a key."""
    walk_to(page, selector)
    page.keyboard.press(key)


def write(page: Page, selector: str, words: str) -> None:
    """Go to a field and type."""
    walk_to(page, selector)
    page.keyboard.type(words)


def book_course(site: Site, page: Page) -> None:
    page.goto(site.url)
    press(page, "Enter", f"main a[href*='/runs/{RUN}/']")
    expect(page).to_have_url(re.compile(f"/runs/{RUN}/"))
    press(page, "Enter", ".sticky-bar .btn")
    expect(page.locator("input[name=phone]")).to_be_visible()
    if not page.evaluate("document.activeElement.matches('[name=phone]')"):
        walk_to(page, "[name=phone]")
    page.keyboard.type(LEARNER.replace("+98", "0"))
    page.keyboard.press("Enter")
    expect(page.locator("input[name=code]")).to_be_focused()
    # The last digit sends the form.
    page.keyboard.type(steps.next_code(site, LEARNER, 0))
    expect(page).to_have_url(re.compile("/book/"))
    press(page, "Space", "[name=who]")
    write(page, "[name=own_name]", "زهرا سوزن‌زن")
    press(page, "Space", "[name=no_firm]")
    press(page, "Space", "[name=consent]")
    press(page, "Enter", "main form .btn-primary")
    expect(page).to_have_url(re.compile("/bookings/done/"))


def book_consultation(page: Page) -> None:
    press(page, "Enter", "header a[href='/consulting/']")
    expect(page).to_have_url(re.compile("/consulting/$"))
    press(page, "Enter", "main a[href='/consulting/cost-sheet/']")
    expect(page).to_have_url(re.compile("cost-sheet"))
    press(page, "Enter", "main button.slot")
    expect(page).to_have_url(re.compile("/book/"))
    write(page, "main textarea", "کفش مردانهٔ چرم")
    press(page, "Enter", "main form .btn-primary, .sticky-bar .btn-primary")
    expect(page).to_have_url(re.compile("/consulting/done/"))


def call_roll(site: Site, page: Page) -> None:
    site.python(f"from tests.journeys.data import *; class_today({TEACHER!r}, {NAMES})")
    page.goto(f"{site.url}/accounts/sign-in/")
    steps.sign_in(site, page, TEACHER)
    expect(page).to_have_url(re.compile("/teach/$"))
    press(page, "Enter", "main article a[href='/teach/runs/R-TODAY/']")
    expect(page).to_have_url(re.compile("/teach/runs/R-TODAY/"))
    press(page, "Enter", "main a[href$='/roll/']")
    expect(page).to_have_url(re.compile("/roll/$"))
    press(page, "Enter", "main button[name=start]")
    present = page.locator("main input[value=present]:checked")
    expect(present).to_have_count(len(NAMES))
    walk_to(page, ".marks input")
    with page.expect_response(re.compile("/roll/")):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".saved").first).to_have_text("ذخیره شد")
    # The row came anew; the keyboard is still on its mark.
    expect(page.locator("main input[value=absent]:checked")).to_be_focused()


def cancel_session(site: Site, page: Page, screenshot: Callable[..., Path]) -> None:
    sign_in_planner(site, page, screenshot)
    page.goto(f"{site.url}/staff/runs/{RUN}/")
    press(page, "Enter", "main a[href*='/staff/sessions/'][href$='/cancel/']")
    expect(page).to_have_url(re.compile("/cancel/$"))
    write(page, "[name=reason]", "قطع برق")
    press(page, "Enter", "main form .btn-danger")
    expect(page.locator(".messages .note-good")).to_be_visible()
    # The way to whom the news has reached is the next stop behind the bars above.
    walk_to(page, ".messages a[href$='/reach/']")


def test_each_journey_by_the_keyboard_alone(
    centre: Site, page: Page, open_page: OpenPage, screenshot: Callable[..., Path]
):
    book_course(centre, page)
    book_consultation(page)
    call_roll(centre, open_page())
    cancel_session(centre, open_page(), screenshot)
    centre.manage("audit")
