"""What people do again and again in the journeys, by roles and addresses."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from persian.jalali import to_jalali, today
from persian.phones import normalise_mobile
from persian.text import to_latin_digits, to_persian_digits
from tests.support.site import Site

SECONDS = 45_000
CODE = re.compile(r"#(\d{6})\b")

expect.set_options(timeout=SECONDS)


def as_e164(typed: str) -> str:
    """The number that was typed, as messages are addressed."""
    return normalise_mobile(to_latin_digits(typed), ["IR"])


def codes_sent(site: Site, phone: str) -> list[str]:
    """The codes that this number got, oldest first."""
    texts = [message["text"] for message in site.messages() if message["to"] == phone]
    return [found[1] for text in texts if (found := CODE.search(text))]


def press(form: Locator) -> None:
    """Press the button of a form."""
    form.get_by_role("button").last.click()


def main_form(page: Page, holding: str) -> Locator:
    """The form of the page that has a field of this name."""
    return page.locator("main form").filter(has=page.locator(f"[name={holding}]"))


def type_phone(page: Page, typed: str) -> None:
    """Fill in the number at the door and ask for the code."""
    expect(page.locator("input[name=phone]")).to_be_visible()
    page.locator("input[name=phone]").fill(typed)
    press(main_form(page, "phone"))


def type_code(site: Site, page: Page, phone: str, known: int = 0) -> None:
    """Wait for the code after the `known` first ones, and type it."""
    field = page.locator("input[name=code]")
    expect(field).to_be_visible()
    code, by_script = next_code(site, phone, known), has_scripts(page)
    field.fill(code)
    # With scripts the last digit sends the form.
    if not by_script:
        press(main_form(page, "code"))
    expect(field).to_have_count(0)


def has_scripts(page: Page) -> bool:
    """Whether the scripts of the page run; the button that counts down tells."""
    page.wait_for_load_state()
    return page.locator("button[data-wait][disabled]").count() > 0


def next_code(site: Site, phone: str, known: int) -> str:
    """The code that comes after the `known` first ones; waits for it."""
    until = time.monotonic() + SECONDS / 1000
    while time.monotonic() < until:
        if len(codes := codes_sent(site, phone)) > known:
            return codes[known]
        time.sleep(0.1)
    raise AssertionError(f"no code number {known + 1} to {phone}")


def messages_to(site: Site, phone: str) -> list[str]:
    """The texts that this number got, oldest first."""
    return [message["text"] for message in site.messages() if message["to"] == phone]


def sign_in(site: Site, page: Page, typed: str) -> None:
    """From the page that asks for the number to the page behind it."""
    phone = as_e164(typed)
    known = len(codes_sent(site, phone))
    type_phone(page, typed)
    type_code(site, page, phone, known)


def fill_application(page: Page, name: str) -> None:
    """The booking form of somebody new, for themselves, without a workshop."""
    form = main_form(page, "who")
    form.locator("[name=own_name]").fill(name)
    form.locator("[name=no_firm]").check()
    form.locator("[name=consent]").check()
    press(form)


def reference_on(page: Page) -> str:
    """The reference of a done page."""
    return page.locator("main .reference[lang=en]").inner_text().strip()


def no_sideways_scroll(page: Page) -> None:
    """Nothing on the page is wider than the phone."""
    expect(page.locator("main")).to_be_visible()
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{page.url} is {wide} px too wide"


def press_until_done(page: Page, form: Locator) -> str:
    """Press the button of a booking form; gives the reference of the done page."""
    press(form)
    expect(page).to_have_url(re.compile("/bookings/done/"))
    return reference_on(page)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    until = time.monotonic() + SECONDS / 1000
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


def jalali_day(*, after: int) -> str:
    """A date so many days from today, as people type it."""
    year, month, day = to_jalali(today() + dt.timedelta(days=after))
    return to_persian_digits(f"{year}/{month}/{day}")
