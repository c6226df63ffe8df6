"""Show the pages of a world in Chromium, without a server.

Django's test client makes the page in this process, so that the rows of the test, its
frozen clock and its transaction are what is shown; the browser gets it with the
headers it has, and the style sheets and scripts as they are in `static/`.
"""

from __future__ import annotations

import copy
import datetime as dt
import mimetypes
from pathlib import Path

import time_machine
from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import HttpResponse
from playwright.sync_api import Page, Request, Route

from tests.access_world import World
from tests.face.pages import Sheet
from tests.factories import NOW

# Chromium trusts this host without TLS.
SITE = "http://localhost"
UNKNOWN = {"sent": "1"}
HEIGHTS = {360: 740, 1280: 900}


class Viewer:
    """A browser's page that shows what a client of the world gets."""

    def __init__(self, page: Page, world: World) -> None:
        self.page = page
        self.world = world
        self._answer = HttpResponse()
        page.route("**/*", self._send)
        # There is no server from which a service worker could come.
        page.add_init_script("delete Navigator.prototype.serviceWorker")

    def show(
        self, sheet: Sheet, *, language: str = "fa", at: dt.datetime = NOW
    ) -> None:
        """Load a page in this language; it is as it was before, whatever it writes."""
        client = self.world.clients[sheet.role]
        cookies = copy.deepcopy(client.cookies)
        client.cookies["language"] = language
        address = sheet.address(self.world)
        with time_machine.travel(at, tick=False), transaction.atomic():
            # Without any field a form counts as not sent, and shows nothing wrong.
            send = client.get if sheet.method == "GET" else client.post
            self._answer = send(address, UNKNOWN if sheet.method == "POST" else None)
            transaction.set_rollback(True)
        client.cookies = cookies
        self.page.goto(SITE + address, wait_until="load")

    def resize(self, width: int) -> None:
        """The width of a phone or of a desk, in points."""
        height = HEIGHTS.get(width, 740)
        self.page.set_viewport_size({"width": width, "height": height})

    def darken(self, *, dark: bool) -> None:
        """The colours that the device asks for."""
        self.page.emulate_media(color_scheme="dark" if dark else "light")

    def _send(self, route: Route, request: Request) -> None:
        path = request.url.removeprefix(SITE).partition("?")[0]
        name = path.removeprefix("/static/")
        found = finders.find(name) if name != path else None
        if request.is_navigation_request():
            # The test's own cookies stay here; the browser needs none.
            kept = {k: v for k, v in self._answer.headers.items() if k != "Set-Cookie"}
            status, body = self._answer.status_code, self._answer.content
            route.fulfill(status=status, headers=kept, body=body)
        elif found:
            kind, _encoding = mimetypes.guess_type(str(found))
            route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)
        else:
            route.fulfill(status=204)
