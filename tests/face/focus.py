"""Where the keyboard is on a page, and whether one sees it."""

from __future__ import annotations

from playwright.sync_api import Page

MOST_STOPS = 150

# Where the focus is: its element, whether something shows it and whether it is covered.
FOCUS = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const own = [one, ...(one.labels || [])];
  const around = [one, one.parentElement, one.closest(".link-card"), ...own];
  const shows = around.some((each) => {
    const style = each && getComputedStyle(each);
    const width = style && parseFloat(style.outlineWidth);
    return style && style.outlineStyle !== "none" && width >= 2;
  });
  return {
    name: one.outerHTML.slice(0, 120),
    shows,
    inside: box.top >= 0 && box.bottom <= innerHeight + 1 || box.height > innerHeight,
    free: own.some((each) => top && (each.contains(top) || top.contains(each))),
  };
}
"""


def walk_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; it is seen and free at every stop."""
    for _number in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            continue
        assert stop["shows"], f"not seen: {stop['name']}"
        assert stop["free"], f"covered: {stop['name']}"
        if page.evaluate("(what) => document.activeElement.matches(what)", selector):
            return
    raise AssertionError(f"{selector} was not reached on {page.url}")
