"""Pages as they are read out, and as they are read without a style sheet."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page

from tests.access_world import make_world
from tests.face.pages import Sheet
from tests.face.viewer import Viewer
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

JOURNEY = (
    Sheet("/", "anonymous"),
    Sheet("/runs/<run>/", "anonymous"),
    Sheet("/runs/<run>/book/", "applicant", "POST"),
    Sheet("/bookings/done/<enrolled>/", "applicant"),
    Sheet("/consulting/<service>/", "anonymous"),
    Sheet("/bookings/", "applicant"),
    Sheet("/teach/runs/<run>/", "instructor"),
    Sheet("/staff/runs/<run>/", "planner"),
    Sheet("/staff/work/<work>/", "planner"),
)
# An icon or a picture without a style sheet, in points.
WIDEST = 330

# What is out of order in the document, in words.
_ORDER = """
() => {
  const found = [];
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  const before = (one, other) =>
    one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const show = (one) => one.outerHTML.slice(0, 140);
  const first = document.querySelector("a, button, input");
  if (first.getAttribute("href") !== "#main") found.push("no skip link first");
  const marks = [first, ...all("header"), ...all("main"), ...all("footer")];
  marks.slice(1).forEach((one, n) => {
    if (!before(marks[n], one)) found.push("out of order: " + show(one));
  });
  const heads = all("h1, h2, h3, h4")
    .filter((one) => !one.closest("details:not([open])"));
  if (all("h1").length !== 1) found.push(all("h1").length + " h1");
  if (heads[0].localName !== "h1") found.push("before h1: " + show(heads[0]));
  heads.slice(1).forEach((one, n) => {
    if (Number(one.localName[1]) > Number(heads[n].localName[1]) + 1)
      found.push("a level is left out: " + show(one));
  });
  for (const one of all("main input:not([type=hidden]), main select, main textarea")) {
    const label = one.labels[0];
    const is_box = ["checkbox", "radio"].includes(one.type);
    if (!label) found.push("no label: " + show(one));
    else if (!is_box && !label.contains(one) && !before(label, one))
      found.push("label behind its field: " + show(one));
    if (one.getAttribute("aria-invalid") !== "true") continue;
    // One of a group of choices is described by its group.
    const whole = one.closest("fieldset[aria-describedby]");
    const said = (one.getAttribute("aria-describedby")
      || whole && whole.getAttribute("aria-describedby") || "").split(" ")
      .map((id) => document.getElementById(id)).filter((each) => each);
    const near = one.closest(".mb-3, fieldset, li");
    if (!said.some((each) => near.contains(each)))
      found.push("its reason is not beside: " + show(one));
  }
  return found;
}
"""
# Texts that only a style sheet hides. What is closed or empty the browser hides itself;
# a cell that says the usual once more is hidden on phones and makes sense in its table.
_HIDDEN = """
() => [...document.querySelectorAll("body *")]
  .filter((one) => getComputedStyle(one).display === "none"
    && one.textContent.trim() && !one.closest("[hidden], script, noscript, datalist")
    && !one.closest("select, option, td.usual"))
  .map((one) => one.outerHTML.slice(0, 140))
"""
_TOO_WIDE = f"""
() => [...document.querySelectorAll("svg")]
  .filter((one) => one.getBoundingClientRect().width > {WIDEST}
    || one.getBoundingClientRect().height > {WIDEST})
  .map((one) => one.outerHTML.slice(0, 140))
"""


@pytest.fixture
def viewer(page: Page) -> Viewer:
    """A phone's page on a world with one of everything."""
    with time_machine.travel(NOW, tick=False):
        world = make_world()
    return Viewer(page, world)


def test_pages_read_in_order_without_a_style_sheet(viewer: Viewer) -> None:
    page = viewer.page
    for sheet in JOURNEY:
        viewer.show(sheet)
        hidden = page.evaluate(_HIDDEN)
        # Without their sheets, as where one did not arrive.
        page.evaluate(
            "document.querySelectorAll('link[rel=stylesheet]').forEach(l => l.remove())"
        )

        assert not page.evaluate(_ORDER), (sheet, page.evaluate(_ORDER))
        assert not hidden, (sheet, hidden)
        assert not page.evaluate(_TOO_WIDE), (sheet, page.evaluate(_TOO_WIDE))
        assert not re.search(r"(\w{4,} \w{4,}) \1", page.inner_text("main")), sheet


def test_order_is_found_to_be_wrong_where_it_is(viewer: Viewer) -> None:
    viewer.show(Sheet("/runs/<run>/book/", "applicant", "POST"))
    page = viewer.page
    wrong: dict[str, str] = {
        "label behind": "f.parentElement.parentElement.append(f.labels[0])",
        "no label": "f.labels[0].remove()",
        "not beside": "f.setAttribute('aria-describedby', '')",
        "before h1": "document.querySelector('main').prepend("
        "document.querySelector('footer h2'))",
        "no skip link": "document.querySelector('.skip-link').remove()",
    }
    for words, act in wrong.items():
        viewer.show(Sheet("/runs/<run>/book/", "applicant", "POST"))
        page.evaluate(
            f"() => {{ const f = document.querySelector('#id_firm'); {act} }}"
        )

        assert any(words in one for one in page.evaluate(_ORDER)), words


def _tree(page: Page, what: str = "main") -> str:
    return page.locator(what).aria_snapshot()


def test_free_times_are_read_by_day_in_order_with_the_whole_time(
    viewer: Viewer,
) -> None:
    viewer.show(Sheet("/consulting/<service>/", "anonymous"))
    page = viewer.page
    page.evaluate(
        "document.querySelectorAll('details').forEach(d => { d.open = true })"
    )

    read = re.findall(
        r'heading "(.+?)" \[level=3\]|button "(.+?)"', _tree(page, "form")
    )

    day, times, days = "", [], 0
    for heading, button in read:
        if heading:
            day, times, days = heading, [], days + 1
            continue
        on, time, who = button.split("، ")
        times.append(time)
        assert on == day
        assert times == sorted(times), day
        assert who.startswith("هنرجو")
    assert days > 3
    assert "دوشنبه" in read[0][0]


def test_day_is_opened_and_a_time_reached_by_keyboard(viewer: Viewer) -> None:
    viewer.show(Sheet("/consulting/<service>/", "anonymous"))
    page = viewer.page
    closed = page.locator("details.slot-group:not([open])").first
    closed.locator("summary").focus()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    first: Any = page.evaluate("document.activeElement.getAttribute('aria-label')")
    day = page.locator("details.slot-group[open] h3").last.inner_text()
    assert first.startswith(day)


def test_days_of_the_week_and_dates_are_read_as_they_are_used_here(
    viewer: Viewer,
) -> None:
    viewer.show(Sheet("/staff/runs/new/", "planner"))

    tree = _tree(viewer.page)

    week = re.findall(r'checkbox "(\S*شنبه|جمعه)"', tree)
    assert week[0] == "شنبه"
    assert week[-1] == "جمعه"
    assert len(week) == 7
    assert re.search(r'group "روزهای هفته', tree)
    assert re.search(r'textbox "از تاریخ', tree)


def test_chosen_way_and_person_are_said(viewer: Viewer) -> None:
    viewer.show(Sheet("/consulting/<service>/", "anonymous"))

    chips = viewer.page.locator(".chip[aria-current=true]")

    assert chips.count() >= 1
    assert viewer.page.get_by_role("list", name="با چه کسی").count() == 1
