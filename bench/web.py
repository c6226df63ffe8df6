"""People at their browsers: they send the form of a run over HTTP.

Needs no Django: what is sent is what the page of the run asks for.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import secrets
import urllib.parse
from typing import Any
from uuid import uuid4

import requests

from bench.clients import Act, measure
from tests.support.forms import open_form
from tests.support.site import CommandFailed, Site

LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
PLACE = re.compile(r'class="reference">([۰-۹0-9]+)<')


def fill_site(site: Site, people: int, capacity: int) -> dict[str, Any]:
    """People with sessions and a run on a site; see `bench.world.fill_site`."""
    code = f"from bench.world import fill_site; fill_site({people}, {capacity})"
    return json.loads(site.python(code).strip().splitlines()[-1])


def form_values(site: Site, code: str, session_key: str) -> dict[str, str]:
    """What the form of a run sends for a known person who comes alone."""
    reader = requests.Session()
    reader.cookies.set("sessionid", session_key, domain="127.0.0.1", path="/")
    _action, values = open_form(reader, f"{site.url}/runs/{code}/book/", holding="key")
    return {**values, "who": "me", "no_firm": "on"}


def verdict(site: Site) -> str:
    """ "clean", or what the audit of the site finds broken."""
    try:
        site.manage("audit")
    except CommandFailed as error:
        return str(error)
    return "clean"


class Browser:
    """One connection that is kept open, as a browser keeps it."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(url).netloc, timeout=120
        )
        self.csrf = secrets.token_hex(16)

    def send(
        self, session_key: str, path: str, values: dict[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """GET a page, or POST values to it."""
        headers = {"Cookie": f"sessionid={session_key}; csrftoken={self.csrf}"}
        body = None
        if values is not None:
            fresh = {"csrfmiddlewaretoken": self.csrf, "key": str(uuid4())}
            body = urllib.parse.urlencode({**values, **fresh})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        method = "GET" if body is None else "POST"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def apply(self, session_key: str, path: str, values: dict[str, str]) -> str:
        """Send a form; the page of the booking, "refused", "busy" or the status."""
        status, headers, _page = self.send(session_key, path, values)
        target = headers.get("Location", "")
        if status == 302 and "/bookings/done/" in target:
            return target
        if status == 503 and headers.get("Retry-After"):
            return "busy"
        return "refused" if status == 200 else f"status {status}"

    def told(self, session_key: str, target: str) -> str:
        """What the page of a booking says: "booked", or "in line N"."""
        status, _headers, page = self.send(session_key, target)
        place = PLACE.search(page)
        if status != 200:
            return f"status {status}"
        return f"in line {place[1].translate(LATIN)}" if place else "booked"


def booker(job: dict[str, Any]) -> Act:
    """A client through which one person after another books."""
    browser = Browser(job["url"])
    keys = iter(job["keys"])

    def act() -> str | None:
        key = next(keys, None)
        if key is None:
            return None
        done = browser.apply(key, f"/runs/{job['code']}/book/", job["values"])
        return "booked" if done.startswith("/") else done

    return act


def asker(job: dict[str, Any]) -> Act:
    """A client through which one person after another sends an empty form."""
    browser = Browser(job["url"])
    keys = itertools.cycle(job["keys"])

    def act() -> str:
        status, _headers, _page = browser.send(next(keys), "/", {})
        return "answered" if status == 204 else f"status {status}"

    return act


def measure_bare(jobs: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """As `measure_bookings`, of the bare stack (`bench.bare_site`).

    Raises AssertionError for another answer than the empty one.
    """
    done = measure(asker, jobs, seconds=seconds)
    assert set(done.outcomes) == {"answered"}, done.outcomes
    return {"per_s": done.rate, **done.milliseconds()}


def measure_bookings(jobs: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Let clients book for so many seconds (called in the process of a place)."""
    done = measure(booker, jobs, seconds=seconds)
    return {
        "per_s": done.rate,
        "outcomes": dict(done.outcomes),
        **done.milliseconds(),
    }
