"""Two web processes, a writer beside them, and readers: no page is older than a commit.

The writer notes when each value was committed. A reader may see the last one that was
committed before the question, or any that was being written until the answer came.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support.site import Site
from tests.test_races import make_run

SiteFactory = Callable[..., Site]

PAGES = 2000 if os.environ.get("HIDAJ_NIGHT") else 60
LONGEST_SECONDS = 120
READERS = 4
CAPACITY = 20
LEFT = re.compile(r"(\d+) places? left")
ADDRESSES = ("/runs/FRESH/?lang=en", "/?lang=en")


@dataclass
class Written:
    """Values in the order in which they were written, with both moments."""

    values: list[int] = field(default_factory=lambda: [0])
    begun: list[float] = field(default_factory=lambda: [0.0])
    done: list[float] = field(default_factory=lambda: [0.0])

    def allowed(self, asked: float, answered: float) -> set[int]:
        """What a page may show that was asked for and came at these moments."""
        last = max(n for n, moment in enumerate(self.done) if moment <= asked)
        began = max(n for n, moment in enumerate(self.begun) if moment <= answered)
        return set(self.values[last : began + 1])


def test_no_reader_gets_a_page_older_than_the_last_commit(
    live_site: SiteFactory,
) -> None:
    site = live_site(workers=2)
    offering = make_run(site, "FRESH", CAPACITY)
    stop, seen = threading.Event(), list[tuple[float, float, int]]()
    with ThreadPoolExecutor(READERS + 1) as pool:
        writing = pool.submit(_write, site, offering, stop)
        reading = [pool.submit(_read, site, n, stop, seen) for n in range(READERS)]
        _wait_for(seen, PAGES)
        stop.set()
        written = writing.result()
        for reader in reading:
            reader.result()

    stale = [
        (value, asked)
        for asked, answered, value in seen
        if value not in written.allowed(asked, answered)
    ]
    print(f"{len(written.values)} commits, {len(seen)} pages, {len(stale)} stale")
    assert len(seen) >= PAGES
    assert len(written.values) > 10
    assert not stale, stale[:5]


def _write(site: Site, offering: int, stop: threading.Event) -> Written:
    """Take and give back places, and change the title, again and again."""
    written = Written()
    # Each value comes back, so that a page of an earlier one would be told apart.
    while not stop.is_set():
        value = (written.values[-1] + 7) % CAPACITY
        written.begun.append(time.monotonic())
        written.values.append(value)
        site.sql(
            "UPDATE booking_offering SET seats_taken = %s WHERE id = %s",
            value,
            offering,
        )
        written.done.append(time.monotonic())
        if value % 3 == 0:
            site.sql("UPDATE courses_course SET title_en = %s", f"Title {value}")
        time.sleep(0.01)
    return written


def _wait_for(seen: list[Any], count: int) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    while len(seen) < count and time.monotonic() < until:
        time.sleep(0.1)


def _read(
    site: Site,
    number: int,
    stop: threading.Event,
    seen: list[tuple[float, float, int]],
) -> None:
    """Open pages, and note both moments and how many places are said to be taken."""
    address = f"{site.url}{ADDRESSES[number % len(ADDRESSES)]}"
    while not stop.is_set():
        asked = time.monotonic()
        # A new connection each time, so that both processes are asked.
        page = requests.get(address, timeout=60).text
        answered = time.monotonic()
        shown = LEFT.search(page)
        left = int(shown[1]) if shown else 0
        seen.append((asked, answered, CAPACITY - left))
