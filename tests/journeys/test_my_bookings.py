"""What one booked for oneself and for others, and everything one does with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.support.site import Site

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Screenshot = Callable[..., Path]
RUN = "R-1405-21"
OWNER, WORKER = "+989993000041", "+989993000042"


@pytest.fixture
def owner(centre: Site, page: Page) -> Page:
    """The page of a workshop's owner who booked for herself and for a worker."""
    page.goto(f"{centre.url}/accounts/sign-in/?next=/runs/{RUN}/book/")
    steps.sign_in(centre, page, OWNER)
    steps.fill_application(page, "پروین رویه‌دوز")
    expect(page).to_have_url(re.compile("/bookings/done/"))
    return page


def book_for_worker(site: Site, page: Page) -> str:
    """The same form once more, for another person; gives the reference."""
    page.goto(f"{site.url}/runs/{RUN}/")
    page.locator(".sticky-bar form button").click()
    form = steps.main_form(page, "who")
    form.locator("[name=who][value=other]").check()
    form.locator("[name=name]").fill("کریم پاشنه‌کوب")
    form.locator("[name=phone]").fill("۰۹۹۹ ۳۰۰ ۰۰۴۲")
    form.locator("[name=firm]").fill("کارگاه پروین")
    form.locator("[name=consent]").check()
    return steps.press_until_done(page, form)


def test_other_person_is_told_by_whom_and_stands_apart(
    centre: Site, owner: Page, screenshot: Screenshot
):
    page = owner
    page.goto(f"{centre.url}/runs/{RUN}/")
    screenshot("mine-1-run-again")
    reference = book_for_worker(centre, page)
    expect(page.locator("main h1")).to_contain_text("کریم پاشنه‌کوب")
    screenshot("mine-2-done-for-other")

    told = centre.wait_for_message(WORKER, contains=reference)
    assert "پروین رویه‌دوز" in told["text"]
    page.locator("main a[href='/bookings/']").click()
    groups = page.locator("main section[aria-labelledby^='person-']")
    expect(groups).to_have_count(2)
    expect(groups.nth(1)).to_contain_text("کریم پاشنه‌کوب")
    steps.no_sideways_scroll(page)
    screenshot("mine-3-list")

    groups.nth(1).locator("h3 a").click()
    screenshot("mine-4-booking")
    before = len(steps.messages_to(centre, OWNER))
    page.locator("form[action$='/resend/'] button").click()
    expect(page.locator("form[action$='/resend/'] button")).to_be_visible()
    steps.wait_until(lambda: len(steps.messages_to(centre, OWNER)) > before)

    page.locator("main a[href*='/cancel/']").click()
    page.locator("main .confirm form button").click()
    expect(page.locator("main .confirm")).to_have_count(0)
    page.goto(f"{centre.url}/bookings/")
    expect(groups.nth(0).locator("article")).to_have_count(1)
    expect(groups.nth(1).locator("article")).to_have_count(0)
    centre.wait_for_message(WORKER, contains="لغو")
    centre.manage("audit")


def test_private_calendar_works_until_it_is_switched_off(
    centre: Site, owner: Page, screenshot: Screenshot
):
    page = owner
    page.goto(f"{centre.url}/bookings/")
    page.locator("main a[href='/calendar/']").click()
    screenshot("calendar-1-none")
    page.locator("main button[value=create]").click()
    address = page.locator("main textarea[readonly]").input_value()
    steps.no_sideways_scroll(page)
    screenshot("calendar-2-made")

    answer = requests.get(address, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert answer.text.count("BEGIN:VEVENT") == 15

    page.goto(f"{centre.url}/calendar/")
    screenshot("calendar-3-known")
    page.locator("main button[value=revoke]").click()
    expect(page.locator("main button[value=revoke]")).to_have_count(0)
    assert requests.get(address, timeout=30).status_code in (404, 410)


def test_own_details_are_changed(centre: Site, owner: Page, screenshot: Screenshot):
    page = owner
    page.goto(f"{centre.url}/bookings/")
    page.locator("main a[href='/accounts/me/']").click()
    form = steps.main_form(page, "wants_reminders")
    steps.no_sideways_scroll(page)
    screenshot("me-1-details")
    form.locator("[name=name]").fill("پروین رویه‌دوز هیدجی")
    form.locator("[name=wants_reminders]").uncheck()
    form.locator("[name=birth_year]").fill("۱۳۶۵")
    form.locator("[name=language]").select_option("en")
    steps.press(form)

    expect(page.locator("html")).to_have_attribute("lang", "en")
    screenshot("me-2-saved-in-english")
    expect(form.locator("[name=name]")).to_have_value("پروین رویه‌دوز هیدجی")
    assert centre.sql(
        "SELECT birth_year, language, wants_reminders FROM accounts_person"
        " WHERE contact_phone = %s",
        OWNER,
    ) == [(1365, "en", 0)]


def test_booking_is_found_by_its_reference_and_a_code(
    centre: Site, owner: Page, open_page: OpenPage, screenshot: Screenshot
):
    reference = steps.reference_on(owner)
    page = open_page()
    page.goto(f"{centre.url}/bookings/")
    screenshot("find-1-visitor", page)
    page.locator("main a[href='/bookings/find/']").click()
    form = steps.main_form(page, "reference")
    form.locator("[name=reference]").fill(reference.lower())
    form.locator("[name=phone]").fill("۰۹۹۹۳۰۰۰۰۴۱")
    screenshot("find-2-reference", page)
    known = len(steps.codes_sent(centre, OWNER))
    steps.press(form)
    expect(page.locator("input[name=code]")).to_be_visible()
    screenshot("find-3-code", page)
    steps.type_code(centre, page, OWNER, known)

    expect(page).to_have_url(re.compile(f"/bookings/{reference}/", re.IGNORECASE))
    steps.no_sideways_scroll(page)
    screenshot("find-4-found", page)
    page.locator("main a[href*='/cancel/']").click()
    page.locator("main .confirm form button").click()
    centre.wait_for_message(OWNER, contains="لغو")
    assert page.goto(f"{centre.url}/calendar/")
    expect(page).to_have_url(re.compile("/accounts/sign-in/"))
