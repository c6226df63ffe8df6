"""What a slow or broken line looks like: a press is answered at once by its button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import Page, Route

from tests.access_world import make_world
from tests.face.pages import Sheet
from tests.face.viewer import Viewer
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# A page of each kind of form: a hold, a booking, hours, a question, staff, a roll.
FORMS = (
    Sheet("/runs/<run>/", "applicant"),
    Sheet("/runs/<run>/book/", "applicant"),
    Sheet("/consulting/<service>/", "anonymous"),
    Sheet("/bookings/<enrolled>/cancel/<booking>/", "applicant"),
    Sheet("/o/<offer>/", "anonymous"),
    Sheet("/accounts/sign-in/", "anonymous"),
    Sheet("/staff/runs/<run>/", "planner"),
    Sheet("/staff/sessions/<session>/cancel/", "planner"),
    Sheet("/staff/runs/<run>/message/", "planner"),
    Sheet("/staff/tasks/", "reception"),
)
# Presses each button of a form that is sent, and tells those that did not change.
_PRESS_ALL = """
async () => {
  const silent = [];
  let pressed = 0;
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.noValidate = true;
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      if (button.disabled || !button.offsetParent) continue;
      const words = button.textContent;
      button.click();
      await new Promise((done) => setTimeout(done, 5));
      const rests = button.disabled && button.getAttribute("aria-busy") === "true";
      const speaks = button.textContent !== words || button.closest("header")
        || button.value === "preview";
      if (!rests || !speaks) silent.push(button.outerHTML);
      pressed += 1;
    }
  }
  return {pressed, silent};
}
"""

# Presses twice; the words before, the button then, and after the way back: as when the
# back/forward cache gives the page as it was left.
_PRESS_TWICE = """
async () => {
  const button = document.querySelector("main form .btn");
  const seen = () => [button.textContent, button.disabled,
    button.getAttribute("aria-busy")];
  const words = button.textContent;
  button.click();
  await new Promise((done) => setTimeout(done, 20));
  button.click();
  await new Promise((done) => setTimeout(done, 100));
  const resting = seen();
  dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}));
  return [words, resting, seen()];
}
"""


@pytest.fixture
def viewer(page: Page) -> Viewer:
    with time_machine.travel(NOW, tick=False):
        world = make_world()
    return Viewer(page, world)


@pytest.fixture
def held(viewer: Viewer) -> Iterator[list[Route]]:
    """Forms that were sent and whose answer does not come."""
    routes: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            routes.append(route)
        else:
            route.fallback()

    viewer.page.route("**/*", hold)
    yield routes
    for route in routes:
        route.fulfill(status=204)


def test_every_press_is_answered_by_its_button(
    viewer: Viewer, held: list[Route]
) -> None:
    for sheet in FORMS:
        viewer.show(sheet)

        found = viewer.page.evaluate(_PRESS_ALL)

        assert found["pressed"], sheet
        assert not found["silent"], (sheet, found["silent"])


def test_second_press_sends_nothing_and_the_way_back_finds_it_awake(
    viewer: Viewer, held: list[Route]
) -> None:
    viewer.show(Sheet("/staff/sessions/<session>/cancel/", "planner"))

    words, resting, awake = viewer.page.evaluate(_PRESS_TWICE)

    assert resting == ["در حال ثبت…", True, "true"]
    assert awake == [words, False, None]
    assert len(held) == 1


def test_form_names_its_own_words(viewer: Viewer, held: list[Route]) -> None:
    viewer.show(Sheet("/staff/runs/<run>/message/", "planner"))

    _words, resting, _awake = viewer.page.evaluate(_PRESS_TWICE)

    assert resting[0] == "در حال فرستادن…"


def test_mark_of_the_roll_says_that_it_is_being_saved(
    viewer: Viewer, held: list[Route]
) -> None:
    after = NOW.replace(month=11, day=28, hour=14)
    with time_machine.travel(after, tick=False):
        client = viewer.world.clients["instructor"]
        session = viewer.world.names["session"]
        client.post(f"/teach/sessions/{session}/roll/", {"start": "1"})
    viewer.show(Sheet("/teach/sessions/<session>/roll/", "instructor"), at=after)
    page = viewer.page

    page.locator(".marks label").nth(1).click()

    row = page.locator(".roll-name").first
    says = row.evaluate("(one) => getComputedStyle(one, '::after').content")
    assert "در حال ذخیره" in says


def test_living_page_shows_every_state(viewer: Viewer) -> None:
    viewer.show(Sheet("/dev/design/", "anonymous"))
    page = viewer.page

    for state in (
        ".empty",
        ".btn[aria-busy=true]",
        "progress:not([value])",
        "progress[value='27']",
        ".error-summary",
        ".note-bad",
        ".note-warn",
        ".note-good",
    ):
        assert page.locator(state).count() >= 2, state


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("path", ["/staff/", "/staff/people/", "/staff/time/"])
def test_bar_of_the_staff_begins_where_one_is(
    viewer: Viewer, path: str, language: str
) -> None:
    viewer.resize(360)
    viewer.show(Sheet(path, "planner"), language=language)

    bar = viewer.page.locator(".work-nav-top")
    here = bar.locator("[aria-current]").bounding_box()

    assert bar.evaluate("bar => bar.scrollWidth > bar.clientWidth")
    assert here
    assert here["x"] >= 0
    assert here["x"] + here["width"] <= 360
    assert viewer.page.evaluate("scrollY") == 0
