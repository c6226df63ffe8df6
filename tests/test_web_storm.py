"""People book, wait and cancel over HTTP while the site's processes are killed.

Whoever gets no answer sends the same form again, as a person does. No answer is an
error, and every success that was shown is in the database afterwards.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import requests

from tests.support.forms import open_form, submit
from tests.support.site import Site
from tests.test_races import client_of, cookies, make_run

SiteFactory = Callable[..., Site]

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
SECONDS = 60 if IS_NIGHT else 8
KILL_EVERY = 4 if IS_NIGHT else 3
PEOPLE = 12
CODES = ("WEB1", "WEB2")
DONE = re.compile(r"/bookings/done/(\w+)")
# The answers a person may get: a page, "come back later" under load, nothing else.
FINE = {200, 503}


@dataclass
class Visitor:
    """One person with a browser; what they were shown as done."""

    site: Site
    cookie: str
    random: Random
    shown: list[tuple[str, str]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def visit(self, until: float) -> None:
        """Book or cancel until the time is over."""
        while time.monotonic() < until:
            mine = [ref for ref, what in self.shown if what == "done"]
            if mine and self.random.random() < 0.4:
                self.cancel(self.random.choice(mine))
            else:
                self.book(self.random.choice(CODES))

    def book(self, code: str) -> None:
        for page in ("book", "wait"):
            url = f"{self.site.url}/runs/{code}/{page}/"
            answer = self.send(url, holding="key")
            found = DONE.search(answer.url) if answer is not None else None
            if found:
                self.shown.append((found.group(1), "done"))
                return

    def cancel(self, reference: str) -> None:
        rows = self.site.sql(
            "SELECT r.id FROM booking_reservation r JOIN booking_party p"
            " ON p.id = r.party_id WHERE p.reference = %s AND r.state = 'confirmed'",
            reference,
        )
        for (key,) in rows:
            url = f"{self.site.url}/bookings/{reference}/cancel/{key}/"
            answer = self.send(url, holding="csrfmiddlewaretoken", sent_to="/cancel/")
            if answer is not None and answer.status_code == 200:
                self.shown.append((reference, "cancelled"))

    def send(
        self, url: str, *, holding: str, sent_to: str = ""
    ) -> requests.Response | None:
        """Fill in the form of a page and send it until there is an answer."""
        client = client_of(self.cookie)
        told = {"own_name": "هنرجو", "who": "me", "no_firm": "on", "consent": "on"}
        with suppress(requests.ConnectionError, AssertionError):
            form = open_form(client, url, holding, sent_to=sent_to)
            for _attempt in range(5):
                with suppress(requests.ConnectionError):
                    answer = submit(client, form, **told)
                    self.note(answer)
                    return answer
                time.sleep(0.2)
        self.answers["none"] += 1
        return None

    def note(self, answer: requests.Response) -> None:
        self.answers[str(answer.status_code)] += 1
        if answer.status_code >= 500 and answer.status_code not in FINE:
            self.faults.append(f"{answer.status_code} at {answer.url}")


def children_of(pid: int) -> list[int]:
    """The processes that gunicorn's master started."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def kill_some(site: Site, until: float, random: Random) -> int:
    """End a web process or the worker with -9 now and then; gives how many."""
    kills = 0
    while time.monotonic() < until - KILL_EVERY:
        time.sleep(KILL_EVERY * random.uniform(0.5, 1.0))
        if random.random() < 0.3:
            site.end("worker", signal.SIGKILL)
            site.start_worker()
            kills += 1
            continue
        process = site.processes["web"].process
        assert process is not None
        children = children_of(process.pid)
        if children:
            with suppress(ProcessLookupError):
                os.kill(random.choice(children), signal.SIGKILL)
                kills += 1
    return kills


def test_web_storm_with_kills_keeps_every_promise(live_site: SiteFactory) -> None:
    site = live_site(workers=3, worker=True, tick=True)
    for code in CODES:
        make_run(site, code, capacity=4)
    visitors = [
        Visitor(site, cookie, Random(number))
        for number, cookie in enumerate(cookies(site, PEOPLE))
    ]
    until = time.monotonic() + SECONDS

    with ThreadPoolExecutor(PEOPLE) as pool:
        visits = [pool.submit(visitor.visit, until) for visitor in visitors]
        kills = kill_some(site, until, Random(7))
        for visit in visits:
            visit.result()

    answers = sum((v.answers for v in visitors), Counter[str]())
    print(f"web storm: {dict(answers)}, {kills} kills")
    assert [fault for v in visitors for fault in v.faults] == []
    assert lost(site, visitors) == []
    assert answers["200"] >= PEOPLE
    site.manage("audit")


def lost(site: Site, visitors: list[Visitor]) -> list[tuple[str, str]]:
    """What somebody was shown and the history does not know."""
    known = set(
        site.sql(
            "SELECT p.reference, c.to_state FROM booking_statuschange c"
            " JOIN booking_reservation r ON r.id = c.reservation_id"
            " JOIN booking_party p ON p.id = r.party_id"
        )
    )
    references = {reference for reference, _state in known}
    shown = [fact for visitor in visitors for fact in visitor.shown]
    return [
        (reference, what)
        for reference, what in shown
        if reference not in references
        or (what == "cancelled" and (reference, what) not in known)
    ]
