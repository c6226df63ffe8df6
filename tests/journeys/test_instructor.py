"""An instructor's day on the phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.support.site import Site

pytestmark = pytest.mark.browser

Screenshot = Callable[..., Path]
PHONE = "+989993000051"
NAMES = ["زهرا کوک‌دوز", "حسین قدم‌زن", "کریم پاشنه‌کوب"]


@pytest.fixture
def teacher(centre: Site, page: Page) -> Page:
    """The page of an instructor who has a class today, just signed in."""
    centre.python(f"from tests.journeys.data import *; class_today({PHONE!r}, {NAMES})")
    page.goto(f"{centre.url}/accounts/sign-in/")
    steps.sign_in(centre, page, PHONE)
    expect(page).to_have_url(re.compile("/teach/$"))
    return page


def test_today_roster_and_roll(centre: Site, teacher: Page, screenshot: Screenshot):
    page = teacher
    steps.no_sideways_scroll(page)
    screenshot("teach-1-today")
    page.locator("main article a[href='/teach/runs/R-TODAY/']").click()
    phones = page.locator("main a[href^='tel:+98']")
    expect(phones).to_have_count(len(NAMES))
    for name in NAMES:
        expect(page.locator("main")).to_contain_text(name)
    steps.no_sideways_scroll(page)
    screenshot("teach-2-roster")

    page.locator("main a[href$='/roll/']").first.click()
    screenshot("teach-3-roll-closed")
    page.locator("main button[name=start]").click()
    expect(page.locator("main input[value=present]:checked")).to_have_count(len(NAMES))
    absent = page.locator(".roll li").nth(1).locator("input[value=absent]")
    with page.expect_response(re.compile("/roll/")):
        # A finger hits the words; the radio button itself is not drawn.
        absent.locator("xpath=..").click()
    steps.wait_until(lambda: marks(centre) == ["absent", "present", "present"])
    steps.no_sideways_scroll(page)
    screenshot("teach-4-roll")
    page.locator(".roll li").nth(2).locator("label:has([value=late])").click()
    page.locator("#roll > .actions button").click()
    expect(page.locator("main")).to_be_visible()

    steps.wait_until(lambda: marks(centre) == ["absent", "late", "present"])
    page.goto(f"{centre.url}/teach/")
    screenshot("teach-5-after")
    centre.manage("audit")


def marks(site: Site) -> list[str]:
    """What the roll of today holds, sorted."""
    rows = site.sql(
        "SELECT a.mark FROM courses_attendance a"
        " JOIN courses_classsession s ON s.id = a.class_session_id"
        " JOIN courses_courserun r ON r.id = s.run_id"
        " WHERE r.code = 'R-TODAY' ORDER BY a.mark"
    )
    return [mark for (mark,) in rows]


def test_own_time_is_blocked_and_taken_back(
    centre: Site, teacher: Page, screenshot: Screenshot
):
    page = teacher
    page.locator("a[href='/teach/time-off/']").click()
    form = steps.main_form(page, "first_on")
    screenshot("teach-6-time-off")
    form.locator("[name=first_on]").fill(steps.jalali_day(after=12))
    form.locator("[name=starts]").fill("۸:۰۰")
    form.locator("[name=ends]").fill("12")
    form.locator("[name=reason]").fill("نمایشگاه تهران")
    steps.press(form)
    expect(form.locator("[name=seen]")).to_have_count(1)
    screenshot("teach-7-who-is-affected")
    steps.press(form)
    block = page.locator("main ul.rows form[action$='/end/'] button")
    expect(block).to_have_count(1)
    steps.no_sideways_scroll(page)
    screenshot("teach-8-blocked")
    assert centre.sql(
        "SELECT count(*) FROM booking_timeblock WHERE reason = %s", "نمایشگاه تهران"
    ) == [(1,)]
    block.click()
    expect(block).to_have_count(0)
    centre.manage("audit")
