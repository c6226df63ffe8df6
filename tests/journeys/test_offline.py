"""Without a line: what was read of one's bookings stays readable, and only there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.site import Site

pytestmark = pytest.mark.browser

PHONE = "+989350000001"
READY = "navigator.serviceWorker.ready.then(() => true)"
CONTROLLED = "navigator.serviceWorker.controller !== null"


def test_bookings_are_read_without_a_line_until_one_signs_out(
    live_site: Callable[..., Site], page: Page, screenshot: Callable[..., Path]
) -> None:
    site = live_site(demo=True)
    (reader,) = site.signed_in([PHONE])
    key = reader.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": site.url}])
    site.python(MAKE_PERSON)
    page.goto(f"{site.url}/bookings/")
    assert page.evaluate(READY)
    page.wait_for_function(CONTROLLED)
    page.reload()
    expect(page.locator("[data-read-offline]")).to_be_hidden()

    page.context.set_offline(True)
    page.reload()
    expect(page.locator("[data-read-offline]")).to_be_visible()
    screenshot("offline-1-bookings")
    page.locator("form[action='/phone/shared/'] button").click()
    expect(page.locator("[data-not-sent]")).to_be_visible()
    screenshot("offline-2-not-sent")
    page.goto(f"{site.url}/help/")
    expect(page.locator("h1")).to_have_text("اینترنت وصل نیست")
    screenshot("offline-3-page")

    page.context.set_offline(False)
    page.goto(f"{site.url}/bookings/")
    page.locator("header form button").click()
    page.wait_for_url(f"{site.url}/")
    assert page.evaluate("caches.has('own')") is False


# A sign-in whose name is known: my bookings ask for nothing first.
MAKE_PERSON = f"""
from accounts.models import User
from tests.factories import make_person
user = User.objects.get(phone="{PHONE}")
getattr(user, "person", None) or make_person(user=user, contact_phone=user.phone)
"""
