"""An appointment: found by problem, booked, moved, cancelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.support.site import Site

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Screenshot = Callable[..., Path]
SERVICE = "/consulting/cost-sheet/"
PHONE, OTHER_PHONE = "+989993000031", "+989993000032"


@pytest.fixture
def consulting(centre: Site) -> Site:
    """The centre, with two consultants for the sheet of costs."""
    centre.python(
        "from tests.journeys.data import second_consultant;"
        "second_consultant('cost-sheet', 'مهسا رنگ‌آرا')"
    )
    return centre


def choose_way(page: Page, mode: str) -> None:
    page.locator(f"main .chips a[href*='mode={mode}']").first.click()
    expect(page).to_have_url(re.compile(f"mode={mode}"))


def slots(page: Page) -> list[str]:
    """The values of the free times, in the order of the page."""
    buttons = page.locator("main button.slot")
    expect(buttons.first).to_be_visible()
    values = [b.get_attribute("value") for b in buttons.all()]
    return [value for value in values if value]


def fill_intake(page: Page, name: str) -> None:
    form = steps.main_form(page, "who")
    form.locator("[name=own_name]").fill(name)
    form.locator("textarea").first.fill("کفش مردانهٔ چرم، ۸ جفت در روز")
    form.locator("[name=consent]").check()
    steps.press(form)


def test_appointment_is_booked_moved_and_cancelled(
    consulting: Site, page: Page, open_page: OpenPage, screenshot: Screenshot
):
    site = consulting
    page.goto(site.url)
    page.locator("main a[href='/consulting/']").click()
    steps.no_sideways_scroll(page)
    screenshot("consulting-1-problems")
    page.locator(f"main a[href='{SERVICE}']").click()
    choose_way(page, "phone")
    anyone = page.locator("main .chips a[href$='consultant=']").last
    expect(anyone).to_have_attribute("aria-current", "true")
    steps.no_sideways_scroll(page)
    screenshot("consulting-2-times")
    first, second = slots(page)[:2]
    page.locator(f"button.slot[value='{first}']").click()
    steps.sign_in(site, page, "0999 300 00 31")
    expect(page.locator("input[name=own_name]")).to_be_visible()
    screenshot("consulting-3-intake")
    fill_intake(page, "حامد تخت‌کش")
    expect(page).to_have_url(re.compile("/consulting/done/"))
    steps.no_sideways_scroll(page)
    screenshot("consulting-4-done")
    site.wait_for_message(PHONE, contains="/a/")
    done_url = page.url

    move_to(page, second)
    expect(page).to_have_url(done_url)
    screenshot("consulting-6-moved")
    assert starts_of(site) == [("confirmed", moment(second))]
    site.wait_for_message(PHONE, contains="تازه")

    cancel_on_my_bookings(page, screenshot)
    assert [state for state, _at in starts_of(site)] == ["cancelled"]
    site.wait_for_message(PHONE, contains="لغو")
    site.manage("audit")


def move_to(page: Page, slot: str) -> None:
    page.locator("main a[href$='/move/']").click()
    steps.no_sideways_scroll(page)
    page.locator(f"button.slot[value='{slot}']").click()


def cancel_on_my_bookings(page: Page, screenshot: Screenshot) -> None:
    """The rule stands on the page before the button that cancels."""
    page.locator("main a[href='/bookings/']").click()
    screenshot("consulting-7-my-bookings")
    page.locator("main h3 a[href*='/bookings/']").click()
    screenshot("consulting-8-booking")
    page.locator("main a[href*='/cancel/']").click()
    rule = page.locator("main .confirm p").first
    expect(rule).to_be_visible()
    button = page.locator("main .confirm form button")
    assert (rule.bounding_box() or {})["y"] < (button.bounding_box() or {})["y"]
    screenshot("consulting-9-cancel")
    button.click()
    expect(page.locator("main .confirm")).to_have_count(0)
    screenshot("consulting-10-cancelled")


def moment(slot: str) -> str:
    """A free time as the database says it, to the minute."""
    return re.sub(r"[^0-9]", "", slot)[:12]


def starts_of(site: Site) -> list[tuple[str, str]]:
    """State and start (digits of UTC) of the appointments of the tests' phones."""
    rows = site.sql(
        "SELECT r.state, m.starts_at FROM booking_reservation r"
        " JOIN consulting_meeting m ON m.offering_id = r.offering_id"
        " JOIN booking_party p ON p.id = r.party_id"
        " JOIN accounts_user u ON u.id = p.booked_by_id"
        " WHERE u.phone IN (%s, %s) AND r.state <> 'held' ORDER BY r.created_at",
        PHONE,
        OTHER_PHONE,
    )
    return [(state, moment(str(at))) for state, at in rows]


def test_taken_time_is_gone_for_the_next_person(
    consulting: Site, page: Page, open_page: OpenPage, screenshot: Screenshot
):
    site = consulting
    address = f"{site.url}/consulting/digitising/?mode=in_person"
    late = open_page()
    late.goto(address)
    first = slots(late)[0]
    page.goto(address)
    page.locator(f"button.slot[value='{first}']").click()
    steps.sign_in(site, page, PHONE)
    fill_intake(page, "حامد تخت‌کش")
    expect(page).to_have_url(re.compile("/consulting/done/"))

    late.locator(f"button.slot[value='{first}']").click()
    steps.sign_in(site, late, OTHER_PHONE)
    expect(late.locator("main .note-warn, .alert, .messages").first).to_be_visible()
    screenshot("consulting-11-gone", late)
    late.goto(address)

    assert first not in slots(late)
    assert starts_of(site) == [("confirmed", moment(first))]
