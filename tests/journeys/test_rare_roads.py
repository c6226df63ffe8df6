"""The draw, a party, approval, another date, and an hour that several people share.

One site serves all of them; everybody has their session already, because the door has
journeys of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.support.site import Databases, Site, start_site, stop_site

pytestmark = pytest.mark.browser

Screenshot = Callable[..., Path]
OpenPage = Callable[..., Page]
PLANNER = "+989995009000"
# Not one of the numbers that the other tests use on that server.
REDIS = "/15"


@pytest.fixture(scope="module")
def house(databases: Databases, static_files: None, valkey_url: str) -> Iterator[Site]:
    """A site with a run for each road and a planner, without worker and tick."""
    site = start_site(databases, valkey_url + REDIS, workers=1)
    site.python(
        "from tests.journeys import rare_data as data; data.runs(); data.group_hour()"
    )
    yield site
    stop_site(databases, site)


def data(site: Site, code: str) -> str:
    """What the code prints in the site."""
    told = site.python(f"from tests.journeys import rare_data as data; {code}")
    return told.strip()


def enter(site: Site, page: Page, phone: str) -> None:
    """Somebody who is signed in."""
    (client,) = site.signed_in([phone])
    _take(page, site, client.cookies["sessionid"])


@pytest.fixture(scope="module")
def planner_session(house: Site) -> str:
    code = "from tests.support.sessions import sign_in_staff as enter;"
    return house.python(f"{code} enter('planner', '{PLANNER}')").split()[-1]


@pytest.fixture
def planner(house: Site, open_page: OpenPage, planner_session: str) -> Page:
    """The desk of the planner."""
    page = open_page()
    _take(page, house, planner_session)
    return page


def _take(page: Page, site: Site, session: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])


def test_draw_is_set_up_applied_for_held_and_verified(
    house: Site, page: Page, planner: Page, screenshot: Screenshot
) -> None:
    planner.goto(f"{house.url}/staff/runs/R-DRAW/draw/")
    screenshot("draw-1-window", planner)
    steps.press(steps.main_form(planner, "opens_on"))
    expect(planner.locator("form[action$='/draw/end/']")).to_be_visible()
    data(house, "data.open_applications('R-DRAW', applicants=3)")

    enter(house, page, "+989995009001")
    page.goto(f"{house.url}/runs/R-DRAW/")
    steps.no_sideways_scroll(page)
    screenshot("draw-2-run")
    page.locator("main a[href$='/apply/']").first.click()
    screenshot("draw-3-form")
    steps.fill_application(page, "نازنین کوک‌دوز")
    expect(page).to_have_url(re.compile("/bookings/done/"))
    steps.no_sideways_scroll(page)
    screenshot("draw-4-applied")

    data(house, "data.close_applications('R-DRAW')")
    house.manage("tick")
    page.goto(f"{house.url}/runs/R-DRAW/draw/")
    expect(page.locator("ol.drawn li")).to_have_count(4)
    expect(page.locator("ol.drawn li.is-own")).to_have_count(1)
    steps.no_sideways_scroll(page)
    screenshot("draw-5-result")
    seed = page.locator("dl.prints dd").nth(1).inner_text().strip()
    verified = house.manage("verify_draw", "R-DRAW")
    page.goto(f"{house.url}/runs/R-DRAW/draw.txt")
    assert seed in page.content()
    assert "R-DRAW" in verified

    planner.goto(f"{house.url}/staff/runs/R-DRAW/draw/")
    expect(planner.locator("main tbody tr")).to_have_count(4)
    steps.no_sideways_scroll(planner)
    screenshot("draw-6-staff", planner)


def test_party_gets_its_names_later_and_one_is_swapped(
    house: Site, page: Page, screenshot: Screenshot
) -> None:
    enter(house, page, "+989995009002")
    page.goto(f"{house.url}/runs/R-PARTY/book/")
    form = steps.main_form(page, "who")
    form.locator("[name=places]").select_option("3")
    form.locator("[name=resize]").click()
    expect(form.locator("[name=name_3]")).to_be_visible()
    form.locator("[name=own_name]").fill("پروین رویه‌دوز")
    form.locator("[name=no_firm]").check()
    form.locator("[name=name_2]").fill("کریم پاشنه‌کوب")
    form.locator("[name=consent]").check()
    steps.no_sideways_scroll(page)
    screenshot("party-1-form")
    reference = steps.press_until_done(page, form)
    screenshot("party-2-done")

    page.goto(f"{house.url}/bookings/{reference}/")
    steps.no_sideways_scroll(page)
    screenshot("party-3-booking")
    rows = page.locator("main ul.rows").first.locator("li")
    _name(page, "نام هنوز گفته نشده", "جلال تخت‌کش")
    screenshot("party-4-named")
    _name(page, "کریم", "رضا قالب‌ساز")

    expect(rows).to_have_count(3)
    everybody = page.locator("main ul.rows").first
    for name in ("پروین رویه‌دوز", "جلال تخت‌کش", "رضا قالب‌ساز"):
        expect(everybody).to_contain_text(name)
    expect(everybody).not_to_contain_text("کریم")
    screenshot("party-5-swapped")


def _name(page: Page, whose: str, name: str) -> None:
    """Write who comes on the place of this row."""
    row = page.locator("main ul.rows li").filter(has_text=whose)
    row.locator("a[href*='/name/']").click()
    form = steps.main_form(page, "name")
    form.locator("[name=name]").fill(name)
    form.locator("[name=consent]").check()
    steps.no_sideways_scroll(page)
    steps.press(form)
    expect(page.locator("main ul.rows").first).to_contain_text(name)


def test_requests_are_granted_and_refused_with_a_reason(
    house: Site, open_page: OpenPage, planner: Page, screenshot: Screenshot
) -> None:
    asked = {"فریبا مدل‌ساز": open_page(), "بهرام قالب‌تراش": open_page()}
    addresses = []
    for number, (name, page) in enumerate(asked.items()):
        enter(house, page, f"+98999500900{3 + number}")
        page.goto(f"{house.url}/runs/R-ASKED/book/")
        screenshot("approval-1-form", page)
        steps.fill_application(page, name)
        expect(page).to_have_url(re.compile("/bookings/done/"))
        addresses.append(f"{house.url}/bookings/{steps.reference_on(page)}/")
    screenshot("approval-2-asked", page)

    planner.goto(f"{house.url}/staff/approvals/")
    steps.no_sideways_scroll(planner)
    screenshot("approval-3-staff", planner)
    granted, refused = (
        planner.locator("article.request").filter(has_text=name) for name in asked
    )
    refused.locator("[name=reason]").fill("ظرفیت این دوره برای کارگاه‌های تازه است")
    refused.locator("button[value=refuse]").click()
    expect(refused).to_have_count(0)
    granted.locator("button[value=approve]").click()
    expect(granted).to_have_count(0)

    (first, second), (yes, no) = asked.values(), addresses
    first.goto(yes)
    expect(first.locator("main a[href*='/cancel/']")).to_be_visible()
    second.goto(no)
    expect(second.locator("main .note")).to_contain_text("کارگاه‌های تازه")
    screenshot("approval-4-granted", first)
    screenshot("approval-5-refused", second)


def test_place_is_moved_to_another_date_and_given_to_another_person(
    house: Site, page: Page, screenshot: Screenshot
) -> None:
    enter(house, page, "+989995009005")
    page.goto(f"{house.url}/runs/R-HERE/book/")
    steps.fill_application(page, "شهین چرم‌ساز")
    expect(page).to_have_url(re.compile("/bookings/done/"))
    old = steps.reference_on(page)
    page.goto(f"{house.url}/bookings/{old}/")
    page.locator("main a[href*='/move/']").first.click()
    steps.no_sideways_scroll(page)
    screenshot("transfer-1-dates")
    page.locator("button[name=run][value='R-THERE']").click()
    expect(page).not_to_have_url(re.compile(old))
    steps.no_sideways_scroll(page)
    screenshot("transfer-2-moved")

    _name(page, "شهین", "مینا زیره‌ساز")
    given = page.locator("main ul.rows li").filter(has_text="شهین")
    expect(given.locator("a[href*='/name/']")).to_have_count(0)
    screenshot("transfer-3-given")
    new = page.url
    page.goto(f"{house.url}/bookings/{old}/")
    screenshot("transfer-4-old")
    page.locator("main section a[href^='/bookings/']").click()
    expect(page).to_have_url(new)


def test_group_hour_that_moves_is_shown_again_before_it_is_booked(
    house: Site, open_page: OpenPage, screenshot: Screenshot
) -> None:
    page = open_page(locale="en-GB")
    english = {"name": "language", "value": "en", "url": house.url}
    page.context.add_cookies([english])
    enter(house, page, "+989995009006")
    shared = data(house, "print(data.shared_hour())")
    page.goto(f"{house.url}/consulting/group/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    steps.no_sideways_scroll(page)
    screenshot("group-1-times", page)
    page.locator(f"button.slot[value='{shared}']").click()
    form = steps.main_form(page, "who")
    form.locator("[name=own_name]").fill("Mahin Sole")
    form.locator("[name=consent]").check()
    screenshot("group-2-form", page)
    data(house, "data.move_group()")
    steps.press(form)

    form = steps.main_form(page, "at")
    expect(form.locator("[name=own_name]")).to_have_value("Mahin Sole")
    steps.no_sideways_scroll(page)
    screenshot("group-3-moved", page)
    form.locator("[name=at]").first.check()
    steps.press(form)
    expect(page).to_have_url(re.compile("/consulting/done/"))
    screenshot("group-4-booked", page)
    house.manage("audit")
