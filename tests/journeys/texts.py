"""A planner writes the text of a message and sees what it will look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.support.site import Site

PATH = "/staff/texts/class_reminder/"


def write_text(site: Site, page: Page, screenshot: Callable[..., Path]) -> None:
    """The preview follows what is typed; a value is put in by a tap."""
    page.goto(f"{site.url}/staff/texts/")
    steps.no_sideways_scroll(page)
    screenshot("texts-1-list", page)
    page.locator(f"a[href='{PATH}']").click()
    sms, preview = page.locator("[name=fa-sms]"), page.locator("#preview-fa-sms")
    sms.fill("کلاس {day} {time}، «{course}» " + "س" * 120 + "\n{centre}")
    expect(preview.locator(".note-bad")).to_be_visible()
    screenshot("texts-2-too-long", page)
    sms.fill("کلاس {day} {time}، «{course}» در ")
    page.locator(".text-value", has_text="{room}").click()
    sms.press_sequentially("\n{centre}")
    expect(sms).to_have_value("کلاس {day} {time}، «{course}» در {room}\n{centre}")
    expect(preview.locator(".note-bad")).to_have_count(0)
    expect(preview.locator(".text-bubble").first).to_contain_text("کارگاه الگوسازی")
    page.locator("button[value=save]").click()
    expect(page.locator(".messages .note-good")).to_be_visible()
    steps.no_sideways_scroll(page)
    screenshot("texts-3-saved", page)


def preview_without_script(site: Site, plain: Page) -> None:
    """A button shows the same; what was typed stays."""
    plain.goto(f"{site.url}{PATH}")
    plain.locator("[name=fa-sms]").fill("کلاس {day} {time} «{course}»\n{centre} خوش")
    plain.locator("button[value=preview]").click()
    shown = plain.locator("#preview-fa-sms .text-bubble").first
    expect(shown).to_contain_text("خوش")
    expect(plain.locator("[name=fa-sms]")).to_have_value(re.compile("خوش"))
