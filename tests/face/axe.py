"""Ask axe what is wrong with a page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from playwright.sync_api import Page

SCRIPT = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """
async (tags) => {
  const result = await axe.run(document, {
    runOnly: {type: "tag", values: tags},
    resultTypes: ["violations"],
    elementRef: false,
  });
  return result.violations.map((found) => ({
    id: found.id,
    help: found.help,
    nodes: found.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`),
  }));
}
"""


def findings(page: Page) -> list[str]:
    """What axe finds on the page as it is shown now, one line for each kind."""
    if not page.evaluate("() => 'axe' in window"):
        # By the debugger, not as a script tag: the page's policy forbids those.
        page.evaluate(SCRIPT.read_text(encoding="utf-8") + "; null")
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(TAGS))
    return [_line(one) for one in found]


def _line(found: dict[str, Any]) -> str:
    nodes = found["nodes"]
    return f"{found['id']} ({len(nodes)}×): {found['help']}: {nodes[0]}"


def overflow(page: Page) -> list[str]:
    """What stands out of the page's width, so that one had to scroll sideways."""
    wide: str = page.evaluate(_WIDE)
    return [f"wider than the window: {wide}"] if wide else []


# The innermost element that ends outside, in either direction of writing.
_WIDE = """
() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return "";
  const scrolls = (one) => one && (getComputedStyle(one).overflowX !== "visible"
    || scrolls(one.parentElement));
  const outside = [...document.body.querySelectorAll("*")].filter((one) => {
    const box = one.getBoundingClientRect();
    return (box.left < -1 || box.right > root.clientWidth + 1) && box.width > 1
      && !scrolls(one.parentElement);
  });
  return outside.slice(-1).map((one) => one.outerHTML.slice(0, 160)).join() || "page";
}
"""
