"""From the home page to a place in a run, or in the line for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.support.forms import open_form, submit
from tests.support.site import Site

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Screenshot = Callable[..., Path]
OPEN_RUN, FULL_RUN = "R-1405-21", "R-1405-22"


def go_to_run(site: Site, page: Page, code: str) -> None:
    page.goto(site.url)
    page.locator(f'main h3 a[href$="/runs/{code}/"]').click()
    expect(page).to_have_url(re.compile(f"/runs/{code}/"))


def book_run(site: Site, page: Page, code: str, typed: str, name: str) -> str:
    """From the home page to the done page; gives the reference."""
    go_to_run(site, page, code)
    page.locator(".sticky-bar form button").click()
    steps.sign_in(site, page, typed)
    expect(page).to_have_url(re.compile(f"/runs/{code}/book/"))
    steps.fill_application(page, name)
    expect(page).to_have_url(re.compile("/bookings/done/"))
    return steps.reference_on(page)


def test_new_person_finds_and_books_a_run(
    centre: Site, page: Page, screenshot: Screenshot
):
    page.goto(centre.url)
    steps.no_sideways_scroll(page)
    screenshot("applicant-1-home")
    page.locator("input[name=q]").fill("الگوسازي")
    page.locator("form[role=search] button").click()
    expect(page.locator(f'main h3 a[href$="/runs/{OPEN_RUN}/"]')).to_be_visible()
    expect(page.locator(f'main h3 a[href$="/runs/{FULL_RUN}/"]')).to_have_count(0)
    screenshot("applicant-2-search")
    page.locator(".chips a").first.click()
    expect(page.locator(".chips a[aria-current=true]")).to_have_count(1)
    page.locator(f'main h3 a[href$="/runs/{OPEN_RUN}/"]').click()
    steps.no_sideways_scroll(page)
    screenshot("applicant-3-run")

    page.locator(".sticky-bar form button").click()
    expect(page.locator("input[name=phone]")).to_be_visible()
    screenshot("applicant-4-phone")
    steps.type_phone(page, "۰۹۹۹ ۳۰۰ ۰۰۰۱")
    expect(page.locator("input[name=code]")).to_be_visible()
    screenshot("applicant-5-code")
    steps.type_code(centre, page, "+989993000001")
    form = steps.main_form(page, "who")
    expect(form).to_be_visible()
    screenshot("applicant-6-form")
    steps.press(form)
    expect(page.locator("[data-error-summary]")).to_be_visible()
    screenshot("applicant-7-form-errors")
    steps.fill_application(page, "زهرا کوک‌دوز")
    expect(page).to_have_url(re.compile("/bookings/done/"))
    steps.no_sideways_scroll(page)
    screenshot("applicant-8-done")

    reference = steps.reference_on(page)
    assert_calendar_file(centre, page, reference)
    told = centre.wait_for_message("+989993000001", contains="ثبت شد")
    assert f"/b/{reference}" in told["text"]
    ((state, gateway),) = centre.sql(
        "SELECT state, gateway FROM notifications_outboxmessage"
        " WHERE recipient = %s AND kind = 'enrolment_confirmed'",
        "+989993000001",
    )
    # A tick may have asked the gateway already what became of it.
    assert (state in ("accepted", "delivered"), gateway) == (True, "file")
    centre.manage("audit")


def assert_calendar_file(site: Site, page: Page, reference: str) -> None:
    """The file of the done page holds every date that the page shows."""
    link = page.locator("main a[href$='/calendar.ics']")
    answer = page.request.get(f"{site.url}{link.get_attribute('href')}")
    dates = page.locator("main ol.rows li").count()
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.text().count("BEGIN:VEVENT") == dates
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == f"{reference}.ics"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("english", {"locale": "en-GB"}),
        ("no-script", {"java_script_enabled": False}),
    ],
)
def test_booking_works_in_english_and_without_script(
    centre: Site,
    open_page: OpenPage,
    screenshot: Screenshot,
    name: str,
    options: dict[str, Any],
):
    page = open_page(**options)
    page.goto(centre.url)
    if name == "english":
        page.locator(".site-head a[hreflang=en]").click()
        expect(page.locator("html")).to_have_attribute("dir", "ltr")
        screenshot("applicant-english-1-home", page)

    reference = book_run(centre, page, OPEN_RUN, "+98 999 300 0002", "Sara Modelsaz")

    screenshot(f"applicant-{name}-2-done", page)
    entries = page.locator("nav.site-nav a, nav.site-nav button").all()
    assert len({(entry.bounding_box() or {})["y"] for entry in entries}) == 1
    steps.no_sideways_scroll(page)
    told = centre.wait_for_message("+989993000002", contains=f"/b/{reference}")
    assert ("booked" in told["text"]) == (name == "english")


def test_full_run_puts_in_line_and_a_freed_place_is_offered_by_link(
    centre: Site, page: Page, open_page: OpenPage, screenshot: Screenshot
):
    centre.python("from tests.journeys.data import small_run; small_run('FULL')")
    first = book_by_http(centre, "FULL", "+989993000010")
    go_to_run(centre, page, "FULL")
    screenshot("waiting-1-full-run")
    page.locator("main a[href$='/runs/FULL/wait/']").click()
    steps.sign_in(centre, page, "9993000011")
    screenshot("waiting-2-form")
    steps.fill_application(page, "مینا گره‌زن")
    expect(page).to_have_url(re.compile("/bookings/done/"))
    expect(page.locator("main .reference").first).to_have_text("۱")
    screenshot("waiting-3-in-line")
    centre.wait_for_message("+989993000011", contains="۱")

    cancel_by_http(centre, "FULL", first)
    offer = centre.wait_for_message("+989993000011", contains="/o/")
    link = re.search(r"127\.0\.0\.1:\d+(/o/\S+)", offer["text"])
    assert link, offer["text"]
    other_phone = open_page()
    other_phone.goto(centre.url + link[1])
    screenshot("waiting-4-offer", other_phone)
    other_phone.locator("form[action$='/accept/'] button").click()
    expect(other_phone.locator("main a[href*='/bookings/done/']")).to_be_visible()
    screenshot("waiting-5-accepted", other_phone)

    centre.wait_for_message("+989993000011", contains="/b/")
    assert states(centre, "FULL") == ["cancelled", "confirmed"]
    centre.manage("audit")


def book_by_http(site: Site, code: str, phone: str) -> requests.Session:
    """Somebody else takes a place in the run."""
    (client,) = site.signed_in([phone])
    form = open_form(client, f"{site.url}/runs/{code}/book/", holding="key")
    told = {"own_name": "آرش", "who": "me", "no_firm": "on", "consent": "on"}
    assert "/bookings/done/" in submit(client, form, **told).url
    return client


def cancel_by_http(site: Site, code: str, client: requests.Session) -> None:
    """They give it back on their own page."""
    ((reference, pk),) = site.sql(
        "SELECT p.reference, r.id FROM booking_reservation r"
        " JOIN booking_party p ON p.id = r.party_id"
        " JOIN courses_courserun c ON c.offering_id = r.offering_id"
        " WHERE c.code = %s AND r.state = 'confirmed'",
        code,
    )
    address = f"{site.url}/bookings/{reference}/cancel/{pk}/"
    form = open_form(client, address, holding="csrfmiddlewaretoken")
    submit(client, (address, form[1]))


def states(site: Site, code: str) -> list[str]:
    """The states of all places of a run."""
    rows = site.sql(
        "SELECT r.state FROM booking_reservation r"
        " JOIN courses_courserun c ON c.offering_id = r.offering_id"
        " WHERE c.code = %s ORDER BY r.state",
        code,
    )
    return [state for (state,) in rows]


def test_course_without_a_date_notes_who_wants_to_be_told(
    centre: Site, page: Page, screenshot: Screenshot
):
    page.goto(centre.url)
    page.locator("main a.btn[href$='/courses/brand-export/#tell-me']").click()
    screenshot("tell-me-1-course")
    page.locator("form[action$='/notify/'] button").click()
    steps.sign_in(centre, page, "00989993000020")
    form = steps.main_form(page, "name")
    form.locator("[name=name]").fill("رضا برش‌کار")
    form.locator("[name=is_agreed]").check()
    screenshot("tell-me-2-name")
    steps.press(form)
    expect(page).to_have_url(re.compile("/courses/brand-export/notify/"))
    expect(page.locator("main form")).to_have_count(0)
    screenshot("tell-me-3-noted")
    assert centre.sql(
        "SELECT count(*) FROM courses_courseinterest i"
        " JOIN accounts_person p ON p.id = i.person_id WHERE p.contact_phone = %s",
        "+989993000020",
    ) == [(1,)]
