"""A list that the worker makes while its page looks on, and a message to everyone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.journeys import steps
from tests.journeys.test_staff import sign_in_planner
from tests.support.site import Site

pytestmark = pytest.mark.browser

RUN = "R-1405-23"
WORDS = "برای کلاس شنبه یک جفت قالب همراه بیاورید."


def test_list_and_message_are_made_while_one_looks_on(
    centre: Site,
    page: Page,
    open_page: Callable[..., Page],
    screenshot: Callable[..., Path],
    tmp_path: Path,
):
    sign_in_planner(centre, page, screenshot)
    page.goto(f"{centre.url}/staff/runs/{RUN}/list/")
    page.locator("main form button").click()
    expect(page).to_have_url(re.compile(r"/staff/work/\d+/$"))
    # Nobody reloads: the page looks again by itself.
    save = page.locator("#work-file")
    expect(save).to_be_visible()
    expect(page.locator("#work")).to_have_attribute("data-state", "done")
    with page.expect_download() as download:
        save.click()
    path = tmp_path / "list.xlsx"
    download.value.save_as(path)
    sheet = load_workbook(path).active
    assert sheet is not None
    assert sheet.max_row == 18
    page.reload()
    expect(save).to_be_visible()

    page.goto(f"{centre.url}/staff/runs/{RUN}/message/")
    field = page.locator("[name=text_fa]")
    field.fill(WORDS)
    expect(page.locator("#preview-fa-sms")).to_contain_text("۱ بخش")
    field.fill(f"{WORDS} ساعت ۹ در کارگاه الگوسازی هستیم.")
    expect(page.locator("#preview-fa-sms")).to_contain_text("۲ بخش")
    expect(page.locator("#preview-fa-sms .warnings")).to_contain_text("ساعت")
    field.fill(WORDS)
    page.locator("button[value=send]").dblclick()
    expect(page).to_have_url(re.compile(r"/staff/work/\d+/$"))
    expect(page.locator(".tile").first).to_be_visible()
    steps.no_sideways_scroll(page)
    screenshot("work-told")
    assert centre.sql("SELECT COUNT(*) FROM courses_runmessage") == [(1,)]

    state = page.context.storage_state()
    plain = open_page(java_script_enabled=False, storage_state=state)
    plain.goto(f"{centre.url}/staff/runs/{RUN}/list/")
    plain.locator("main form button").click()
    # Without script the page refreshes itself.
    expect(plain.locator("#work-file")).to_be_visible()
