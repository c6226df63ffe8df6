"""How many readers two web processes serve: pages kept, made each time, or one's own.

Beside them stands an empty Django view behind the same gunicorn in the same run. A page
that is made each time is the same one, asked for as htmx asks for parts of pages: those
are never kept. `queries` leave out the beginning and end of transactions.
"""

from __future__ import annotations

import json
import socket
import urllib.parse
from typing import Any

from bench.clients import Act, measure
from bench.places import Place
from bench.report import Options, Report
from tests.support.site import Site, wait_until_ready

CLIENTS, WORKERS = 16, 2
Headers = dict[str, str]
# How it is asked for, its name, its address, and what is sent along.
Case = tuple[str, str, str, Headers]
# Pages of the demo centre, by the name that the table shows.
ANONYMOUS = ("home", "run", "course", "consulting", "slots", "help")
OWN = ("home", "run", "bookings", "booking form")
EACH_TIME = {"HX-Request": "true"}


def run(places: dict[str, Place], options: Options) -> Report:
    """All pages on each database, one after another."""
    report = Report("pages")
    for place in places.values():
        with place.site(workers=WORKERS, demo=True) as site:
            _measure_site(place, site, options, report)
    return report


def _measure_site(place: Place, site: Site, options: Options, report: Report) -> None:
    (reader,) = site.signed_in(["+989350000001"])
    made = site.python("from bench.pages_world import show; show()")
    pages = json.loads(made.strip().splitlines()[-1])
    own = {"Cookie": f"sessionid={reader.cookies['sessionid']}"}
    kept = [name for name in ANONYMOUS if name != "slots"]
    cases: list[Case] = [("kept", name, pages[name], {}) for name in kept]
    cases += [("each time", name, pages[name], EACH_TIME) for name in ANONYMOUS]
    cases += [("signed in", name, pages[name], own) for name in OWN]
    cases = cases[::5] if options.tiny else cases
    counted = _queries(site, cases)
    site.end("web")
    site.start_web("bench.empty")
    wait_until_ready(site)
    ceiling = _rate(place, site, "/empty/", {}, options)
    name = place.name
    report.add(database=name, page="empty view", how="ceiling", **ceiling, queries=0)
    site.end("web")
    site.start_web()
    wait_until_ready(site)
    for how, name, path, headers in cases:
        figures = _rate(place, site, path, headers, options)
        queries = counted[f"{how} {name}"]
        report.add(database=place.name, page=name, how=how, **figures, queries=queries)


def _rate(
    place: Place, site: Site, path: str, headers: Headers, options: Options
) -> dict[str, Any]:
    job = {"url": site.url, "path": path, "headers": headers}
    clients = min(CLIENTS, max(options.clients)) if options.tiny else CLIENTS
    # The first answers of a process load what the others find loaded.
    place.call("bench.pages:measure_reading", [job] * clients, options.seconds / 4)
    done: dict[str, Any] = place.call(
        "bench.pages:measure_reading", [job] * clients, options.seconds
    )
    return done


def _queries(site: Site, cases: list[Case]) -> dict[str, int]:
    rows = [(f"{how} {name}", path, headers) for how, name, path, headers in cases]
    counted = site.python(f"from bench.pages_world import count; count({rows!r})")
    found: dict[str, int] = json.loads(counted.strip().splitlines()[-1])
    return found


def measure_reading(jobs: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Let clients read for so many seconds (called in the process of a place)."""
    done = measure(reader, jobs, seconds=seconds)
    refused = {word: n for word, n in done.outcomes.items() if word != "200"}
    if refused:
        raise AssertionError(f"{jobs[0]['path']}: {refused}")
    times = done.milliseconds()
    return {"per_s": done.rate, "p50_ms": times["p50_ms"], "p99_ms": times["p99_ms"]}


def reader(job: dict[str, Any]) -> Act:
    """One browser that opens the same page again and again.

    It writes and reads the bytes itself: a client of the standard library would take
    as much of the processor as the site.
    """
    where = urllib.parse.urlsplit(job["url"])
    assert where.hostname
    assert where.port
    address = (where.hostname, where.port)
    headers = {"Host": where.netloc, "Accept-Encoding": "gzip, br", **job["headers"]}
    lines = [f"GET {job['path']} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    wish = ("\r\n".join(lines) + "\r\n\r\n").encode()
    wire = socket.create_connection(address)

    def act() -> str:
        nonlocal wire
        try:
            return _ask(wire, wish)
        except (ConnectionError, ValueError):
            # A web process ends a connection now and then, and itself after a while.
            wire.close()
            wire = socket.create_connection(address)
            return _ask(wire, wish)

    return act


def _ask(wire: socket.socket, wish: bytes) -> str:
    wire.sendall(wish)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _some(wire)
    head, _, body = answer.partition(b"\r\n\r\n")
    lower = head.lower()
    start = lower.index(b"content-length:") + len(b"content-length:")
    left = int(lower[start:].split(b"\r\n", 1)[0]) - len(body)
    while left > 0:
        left -= len(_some(wire))
    if b"connection: close" in lower:
        wire.close()
    return head[9:12].decode()


def _some(wire: socket.socket) -> bytes:
    got = wire.recv(65536)
    if not got:
        raise ConnectionError
    return got
