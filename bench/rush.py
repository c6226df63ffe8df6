"""Booking opens: 2,000 people want 20 places within seconds, over the real HTTP stack.

Everybody presses the button of the form, is booked or is told that it is full, joins
the line then, and reads the page that says what they got. Two web processes and a
worker serve them. Afterwards every answer is held against the database.
"""

from __future__ import annotations

import bisect
import json
import time
from collections import Counter
from typing import Any

from bench.clients import Act, measure
from bench.places import Place
from bench.report import Options, Report, percentile
from bench.web import Browser, fill_site, form_values, verdict
from tests.support.site import Site

PEOPLE, SEATS, CLIENTS = 2000, 20, 32
# A person who is told "busy, come again in 5 seconds" comes again so often.
TRIES = 5
BUSY_SECONDS = 5
SECONDS = 600


def run(places: dict[str, Place], options: Options) -> Report:
    """One rush on each database."""
    report = Report("rush")
    people, seats = (40, 5) if options.tiny else (PEOPLE, SEATS)
    for place in places.values():
        with place.site(workers=2, worker=not options.tiny) as site:
            made = fill_site(site, people, seats)
            _rush(place, site, made, seats, report)
            report.notes.append(f"{place.name}: audit {verdict(site)}")
    return report


def _rush(
    place: Place, site: Site, made: dict[str, Any], seats: int, report: Report
) -> None:
    keys, run = made["keys"], made["run"]
    clients = min(CLIENTS, len(keys))
    shared = {
        "url": site.url,
        "code": run["code"],
        "values": form_values(site, run["code"], keys[0]),
    }
    jobs = [{**shared, "keys": keys[n::clients]} for n in range(clients)]
    started = time.perf_counter()
    told = place.call("bench.rush:let_them_come", jobs)
    seconds = time.perf_counter() - started
    booked, line = _in_database(site, run["offering_id"])
    answers = Counter(" ".join(t["told"].split()[:2]) for t in told)
    waits = sorted(t["seconds"] for t in told)
    report.add(
        database=place.name,
        people=len(keys),
        seats=seats,
        clients=clients,
        booked=len(booked),
        oversold=max(0, len(booked) - seats),
        in_line=len(line),
        answers=", ".join(f"{word}: {n}" for word, n in sorted(answers.items())),
        untrue_answers=len(_untrue(told, booked, line)),
        seconds=seconds,
        people_per_s=len(keys) / seconds,
        p50_ms=1000 * percentile(waits, 50),
        p99_ms=1000 * percentile(waits, 99),
        max_ms=1000 * waits[-1],
        pairs_in_order_percent=_in_order(told, line),
    )


def let_them_come(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each person was told, when they pressed the button and how long it took."""
    return [dict(note) for note in measure(visitor, jobs, seconds=SECONDS).notes]


def visitor(job: dict[str, Any]) -> Act:
    """A client through which one person after another comes."""
    browser = Browser(job["url"])
    keys = iter(job["keys"])
    notes: list[dict[str, Any]] = []

    def act() -> str | None:
        key = next(keys, None)
        if key is None:
            return None
        pressed = time.time()
        before = time.perf_counter()
        told = _come(browser, job, key)
        seconds = time.perf_counter() - before
        notes.append({"key": key, "at": pressed, "told": told, "seconds": seconds})
        return told.split()[0]

    act.notes = notes  # type: ignore[attr-defined]
    return act


def _come(browser: Browser, job: dict[str, Any], key: str) -> str:
    """Book, or join the line, and read what the page says."""
    answer = ""
    for _try in range(TRIES):
        for page in ("book", "wait"):
            answer = browser.apply(key, f"/runs/{job['code']}/{page}/", job["values"])
            if answer.startswith("/"):
                return browser.told(key, answer)
        if answer == "busy":
            time.sleep(BUSY_SECONDS)
    return answer


def _in_database(site: Site, offering: int) -> tuple[set[str], list[str]]:
    """Session keys of those who have a place, and of the line in its order."""
    rows = site.sql(
        "SELECT r.state, u.phone, p.id FROM booking_reservation r"
        " JOIN booking_party p ON p.id = r.party_id"
        " JOIN accounts_user u ON u.id = p.booked_by_id"
        " WHERE r.offering_id = %s AND r.state IN ('confirmed', 'waiting')"
        " ORDER BY p.id",
        offering,
    )
    key_of = dict(_keys_by_phone(site))
    booked = {key_of[phone] for state, phone, _pk in rows if state == "confirmed"}
    return booked, [key_of[phone] for state, phone, _pk in rows if state == "waiting"]


def _keys_by_phone(site: Site) -> list[list[str]]:
    code = "from bench.world import print_keys; print_keys()"
    return json.loads(site.python(code).strip().splitlines()[-1])


def _untrue(
    told: list[dict[str, Any]], booked: set[str], line: list[str]
) -> list[dict[str, Any]]:
    """Answers that the database does not bear out."""
    place = {key: number for number, key in enumerate(line, start=1)}
    truth = dict.fromkeys(booked, "booked") | {
        key: f"in line {number}" for key, number in place.items()
    }
    return [t for t in told if truth.get(t["key"]) != t["told"]]


def _in_order(told: list[dict[str, Any]], line: list[str]) -> float:
    """Of all pairs in the line, how many stand as they pressed the button."""
    at = {t["key"]: t["at"] for t in told}
    seen: list[float] = []
    right = 0
    for key in line:
        right += bisect.bisect(seen, at[key])
        bisect.insort(seen, at[key])
    pairs = len(line) * (len(line) - 1) / 2
    return 100 * right / pairs if pairs else 100.0
