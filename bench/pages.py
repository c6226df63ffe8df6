"""How many readers two web processes serve: pages kept, made again, or one's own.

Beside them stand an empty view without any middleware and an empty page below the whole
middleware of the site, behind the same gunicorn in the same run; `share_percent` is
that of the latter. A page that is made again was forgotten before the request, as after
a booking; with its texts, as after a change of them (`bench.forgetful`); what is drawn
of equal values stays drawn. Readers hold the style sheets, as after a first page; a
first visit gets them inside the page. `queries` are those without the beginning and end
of transactions.
"""

from __future__ import annotations

import json
import socket
import urllib.parse
from typing import Any

from bench.clients import Act, measure
from bench.places import Place
from bench.report import Options, Report
from core.pages.sheets import COOKIE
from tests.support.site import Site, wait_until_ready

CLIENTS, WORKERS = 16, 2
Headers = dict[str, str]
# How it is asked for, its name, its address, and what is sent along.
Case = tuple[str, str, str, Headers]
# Pages of the demo centre, by the name that the table shows.
ANONYMOUS = ("home", "run", "course", "consulting", "slots", "help")
OWN = ("home", "run", "bookings", "booking form")
EMPTY_PAGE = "empty page"
FORGET = {"X-Forget": "texts"}
FIRST = "first visit"


def run(places: dict[str, Place], options: Options) -> Report:
    """All pages on each database, one after another."""
    report = Report("pages")
    for place in places.values():
        with place.site(workers=WORKERS, demo=True) as site:
            _measure_site(place, site, options, report)
    return report


def _measure_site(place: Place, site: Site, options: Options, report: Report) -> None:
    made = site.python("from bench.pages_world import show; show()")
    pages = json.loads(made.strip().splitlines()[-1])
    (reader,) = site.signed_in([pages["reader"]])
    held = f"{COOKIE}={pages['sheets']}"
    own = {"Cookie": f"sessionid={reader.cookies['sessionid']}; {held}"}
    groups = _groups(pages, own, {"Cookie": held})
    counted = _queries(site, [case for cases in groups.values() for case in cases])
    ceilings: dict[bool, float] = {}
    for application, cases in groups.items():
        site.end("web")
        site.start_web(application)
        wait_until_ready(site)
        for how, page, path, headers in cases[:: 5 if options.tiny else 1]:
            figures = _rate(place, site, path, headers, options)
            if page.startswith(EMPTY_PAGE):
                ceilings[headers == own] = figures["per_s"]
            report.add(
                database=place.name,
                page=page,
                how=how,
                **figures,
                share_percent=_share(figures["per_s"], ceilings.get(headers == own)),
                queries=counted.get(f"{how} {page}", ""),
            )


def _groups(
    pages: dict[str, str], own: Headers, held: Headers
) -> dict[str, list[Case]]:
    """What is measured, by the application that gunicorn opens for it."""
    kept = [name for name in ANONYMOUS if name != "slots"]
    return {
        "bench.empty": [("ceiling", "empty view", "/empty/", {})],
        "bench.empty_page": [
            ("ceiling", EMPTY_PAGE, "/empty/", {}),
            ("ceiling", f"{EMPTY_PAGE}, signed in", "/empty/", own),
        ],
        "config.wsgi": [
            *(("kept", name, pages[name], held) for name in kept),
            ("kept", f"home, {FIRST}", pages["home"], {}),
            *(("signed in", name, pages[name], own) for name in OWN),
        ],
        "bench.forgetful": [
            *(("made again", name, pages[name], held) for name in ANONYMOUS),
            ("made again", f"home, {FIRST}", pages["home"], {}),
            *(
                ("texts too", name, pages[name], {**FORGET, **held})
                for name in ("home", "run")
            ),
        ],
    }


def _share(rate: float, ceiling: float | None) -> float | str:
    return round(100 * rate / ceiling, 1) if ceiling else ""


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
        except (OSError, ValueError):
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
