"""Many free times on a phone: days fold, and open without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.site import Site

pytestmark = pytest.mark.browser

MAKE = """
import datetime as dt
from tests.factories import make_consultant, make_service
from consulting.services.availability import WeeklyHours
hours = [WeeklyHours(day, dt.time(8), dt.time(19)) for day in range(7)]
busy, idle = make_consultant(hours=hours), make_consultant(hours=[])
make_service(slug="many", title_fa="عیب‌یابی الگو", consultants=[busy])
make_service(slug="none", title_fa="طرح فصل", consultants=[idle])
"""


def test_days_fold_and_open(
    live_site: Callable[..., Site], page: Page, screenshot: Callable[[str], None]
):
    site = live_site()
    site.python(MAKE)
    page.goto(f"{site.url}/consulting/many/")
    days = page.locator("details.slot-group")
    expect(days).to_have_count(7)
    expect(days.first.locator("button.slot").first).to_be_visible()
    second = days.nth(1)
    expect(second.locator("button.slot").first).to_be_hidden()
    screenshot("slots-folded")
    second.locator("summary").click()
    expect(second.locator("button.slot").first).to_be_visible()
    page.goto(f"{site.url}/consulting/none/")
    screenshot("slots-none")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{site.url}/consulting/many/")
    screenshot("slots-wide")
