"""`python -m bench.paint`: when a phone on a slow line sees something, in Chromium.

400 ms a round trip and 400 kbit/s, nothing in the cache: first and largest paint, how
far the page moved, and what was transferred. Reported, not tested: times depend on the
machine, and the emulation adds nothing for the set-up of a connection.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.places import new_places
from bench.report import Options, Report
from tests.support.browser import PHONE, launch

# For who is signed in.
OWN = "booking form"
PAGES = ("home", "run", "slots", "course", OWN)
ROUNDS = 3
SLOW_4G = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}
WATCH = """
window.seen = {lcp: 0, cls: 0};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.lcp = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.seen.cls += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
READ = """() => ({
  ...window.seen,
  fcp: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
})"""
# The font comes after the first paint, and may move what stands there.
SETTLE_MS = 3000


def main() -> None:
    """Print the table and write var/bench/paint.json."""
    report, options = Report("paint"), Options(0, (1,), ("sqlite",))
    with (
        new_places(("sqlite",)) as places,
        places["sqlite"].site(demo=True) as site,
        sync_playwright() as playwright,
    ):
        made = site.python("from bench.pages_world import show; show()")
        addresses = json.loads(made.strip().splitlines()[-1])
        (reader,) = site.signed_in([addresses["reader"]])
        session = {"name": "sessionid", "value": reader.cookies["sessionid"]}
        browser = launch(playwright)
        for name in PAGES:
            cookies = [{**session, "url": site.url}] if name == OWN else []
            visit = partial(_visit, browser, site.url + addresses[name], cookies)
            visit(slow=False)
            rounds = [visit(slow=True) for _ in range(ROUNDS)]
            rounds.sort(key=lambda figures: figures["lcp_ms"])
            report.add(page=name, **rounds[ROUNDS // 2])
        browser.close()
    report.write(options)
    print(report.table(), flush=True)


def _visit(
    browser: Browser, address: str, cookies: list[dict[str, str]], *, slow: bool
) -> dict[str, Any]:
    context = browser.new_context(
        viewport={**PHONE}, locale="fa-IR", service_workers="block"
    )
    context.add_cookies(cookies)
    page = context.new_page()
    page.add_init_script(WATCH)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    got: list[float] = []
    wire.on(
        "Network.loadingFinished", lambda event: got.append(event["encodedDataLength"])
    )
    if slow:
        wire.send("Network.emulateNetworkConditions", SLOW_4G)
    page.goto(address, wait_until="load", timeout=60_000)
    page.wait_for_timeout(SETTLE_MS if slow else 0)
    seen = page.evaluate(READ)
    context.close()
    return {
        "fcp_ms": seen["fcp"],
        "lcp_ms": seen["lcp"],
        "cls": round(seen["cls"], 4),
        "bytes": sum(got),
        "files": len(got),
    }


if __name__ == "__main__":
    main()
