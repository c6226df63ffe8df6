"""The planner's and the reception's part of a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk.demo.people import password_of, totp_secret_of
from tests.journeys import steps, texts
from tests.signing import totp
from tests.support.forms import open_form, submit
from tests.support.site import Site

pytestmark = pytest.mark.browser

Screenshot = Callable[..., Path]
PLANNER = "09990000102"
CODE = "R-TEST"
GUEST = "+989993000061"


def sign_in_planner(site: Site, page: Page, screenshot: Screenshot) -> None:
    page.goto(f"{site.url}/staff/")
    page.locator("main a[href*='/accounts/staff/']").click()
    form = steps.main_form(page, "password")
    form.locator("[name=phone]").fill(PLANNER)
    form.locator("[name=password]").fill(password_of("planner"))
    screenshot("staff-1-password")
    steps.press(form)
    expect(page.locator("input[name=code]")).to_be_visible()
    screenshot("staff-2-totp")
    page.locator("input[name=code]").fill(totp(totp_secret_of("planner")))
    steps.press(steps.main_form(page, "code"))
    expect(page).to_have_url(re.compile("/staff/$"))


def plan_run(site: Site, page: Page, screenshot: Screenshot) -> None:
    """Three evenings in a free room; the draft is saved."""
    page.goto(f"{site.url}/staff/runs/new/")
    form = steps.main_form(page, "start_on")
    # A course that needs no other one before it: nobody has to be asked.
    form.locator("[name=course]").select_option(label="شناخت و انتخاب مواد کفش")
    form.locator("[name=start_on]").fill(steps.jalali_day(after=75))
    form.locator("[name=starts]").fill("۱۶:۰۰")
    form.locator("[name=ends]").fill("۱۸:۰۰")
    form.locator("[name=count]").fill("۳")
    for day in (5, 6, 0):
        form.locator(f"[name=weekdays][value='{day}']").check()
    screenshot("staff-4-run-empty")
    form.locator("button[name=plan]").click()
    expect(form.locator("ol.plan li:not(.plan-skipped)")).to_have_count(3)
    steps.no_sideways_scroll(page)
    form.locator("[name=code]").fill(CODE)
    form.locator("[name=instructors]").first.check()
    form.locator("[name=room]").select_option(index=1)
    form.locator("[name=capacity]").fill("۸")
    screenshot("staff-5-run-planned")
    form.locator("button[name=save]").click()
    expect(page).to_have_url(re.compile(f"/staff/runs/{CODE}/"))


def test_run_is_planned_published_moved_and_cancelled(
    centre: Site,
    page: Page,
    open_page: Callable[..., Page],
    screenshot: Screenshot,
):
    sign_in_planner(centre, page, screenshot)
    steps.no_sideways_scroll(page)
    screenshot("staff-3-board")
    plan_run(centre, page, screenshot)
    steps.no_sideways_scroll(page)
    screenshot("staff-6-draft")
    assert home_cards(centre, page) == 0
    page.goto(f"{centre.url}/staff/runs/{CODE}/")
    page.locator("form[action$='/publish/'] button").click()
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)
    assert home_cards(centre, page) == 1

    book_guest(centre)
    page.goto(f"{centre.url}/staff/runs/{CODE}/")
    expect(page.locator("#people ~ .table-sheet").first).to_contain_text("نسرین")
    screenshot("staff-7-run")
    page.locator("main a[href*='/staff/sessions/'][href$='/move/']").first.click()
    form = steps.main_form(page, "start")
    form.locator("[name=start]").fill("17")
    form.locator("[name=end]").fill("19:00")
    form.locator("[name=reason]").fill("سالن در اختیار نمایشگاه است")
    steps.no_sideways_scroll(page)
    screenshot("staff-8-move")
    steps.press(form)
    expect(page).to_have_url(re.compile(f"/staff/runs/{CODE}/"))
    centre.wait_for_message(GUEST, contains="۱۷:۰۰")

    page.locator("main a[href$='/cancel/'].btn").click()
    form = steps.main_form(page, "reason")
    form.locator("[name=reason]").fill("مربی بیمار است")
    screenshot("staff-9-cancel")
    steps.press(form)
    expect(page).to_have_url(re.compile(f"/staff/runs/{CODE}/"))
    screenshot("staff-10-cancelled")
    told = centre.wait_for_message(GUEST, contains="لغو شد")
    assert "مربی بیمار است" in told["text"]

    page.goto(f"{centre.url}/staff/messages/")
    expect(page.locator("main tbody tr").first).to_be_visible()
    expect(page.locator("main tbody")).to_contain_text("مربی بیمار است")
    steps.no_sideways_scroll(page)
    screenshot("staff-11-messages")
    assert home_cards(centre, page) == 0
    texts.write_text(centre, page, screenshot)
    state = page.context.storage_state()
    plain = open_page(java_script_enabled=False, storage_state=state)
    texts.preview_without_script(centre, plain)
    centre.manage("audit")


def home_cards(site: Site, page: Page) -> int:
    """How often the new run stands on the home page."""
    page.goto(site.url)
    expect(page.locator("main h3 a").first).to_be_visible()
    return page.locator(f"main h3 a[href='/runs/{CODE}/']").count()


def book_guest(site: Site) -> None:
    """Somebody books a place in the new run."""
    (client,) = site.signed_in([GUEST])
    form = open_form(client, f"{site.url}/runs/{CODE}/book/", holding="key")
    told = {"own_name": "نسرین چرم‌کار", "who": "me", "no_firm": "on", "consent": "on"}
    assert "/bookings/done/" in submit(client, form, **told).url
