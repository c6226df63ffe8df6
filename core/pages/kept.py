"""Pages in the memory of this process, each with the state that it was made from.

Before a kept page is given, its state is asked again, in one statement: whatever was
committed until then, by whichever process, is in the answer. The page itself was made
in the same snapshot as the state that stands beside it. So a page is never older than
the last commit, and no process has to tell another one anything.
"""

from __future__ import annotations

import datetime as dt
import functools
import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import brotli
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone

from core.pages.stamps import stamp
from core.snapshots import snapshot

View = Callable[..., HttpResponse]
# What a page is made from, at a moment; None when that cannot be told.
AskState = Callable[[dt.datetime], Hashable | None]
MOST_PAGES = 300
NOTHING: tuple[Any, Hashable | None, Any] = (None, None, None)
# A page is made again after each booking: good compression would cost more time than
# it saves.
BROTLI_QUALITY, GZIP_LEVEL = 5, 6
# Headers that belong to one answer, not to the page.
NOT_KEPT = frozenset({"content-length", "set-cookie"})


@dataclass(frozen=True)
class KeptPage:
    """A whole answer. It holds from `made_at` until `until`, while its state stands."""

    ask: AskState
    state: Hashable
    made_at: dt.datetime
    until: dt.datetime
    headers: dict[str, str]
    body: bytes
    tag: str
    packed: dict[str, bytes] = field(default_factory=dict)

    def is_current(self, now: dt.datetime) -> bool:
        """Whether it would look the same if it were made now. One query."""
        return self.made_at <= now < self.until and self.ask(now) == self.state

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The page, or "not modified" for who has it already."""
        if self.tag in request.headers.get("If-None-Match", ""):
            return HttpResponseNotModified(headers=self.headers)
        coding = _coding(request.headers.get("Accept-Encoding", ""))
        body, headers = self.body, self.headers
        if coding:
            if coding not in self.packed:
                self.packed[coding] = PACKERS[coding](body)
            body = self.packed[coding]
            headers = {**headers, "Content-Encoding": coding}
        return HttpResponse(body, headers={**headers, "Content-Length": str(len(body))})


def _brotli(body: bytes) -> bytes:
    return brotli.compress(body, quality=BROTLI_QUALITY, mode=brotli.MODE_TEXT)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, GZIP_LEVEL, mtime=0)


PACKERS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}


def _coding(accepted: str) -> str:
    """The best coding that a browser takes; one that it refuses (q=0) is not named."""
    names = {
        part.partition(";")[0].strip()
        for part in accepted.split(",")
        if "q=0" not in part.replace(" ", "") or "q=0." in part.replace(" ", "")
    }
    return next((name for name in PACKERS if name in names), "")


class Shelf:
    """The pages of this process; what was not asked for longest gives way."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._pages: OrderedDict[Hashable, KeptPage] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> KeptPage | None:
        """The page that was put here last, current or not."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def put(self, key: Hashable, page: KeptPage) -> None:
        """Keep a page in place of the former one."""
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            if len(self._pages) > self._most:
                self._pages.popitem(last=False)

    def clear(self) -> None:
        """Forget all pages."""
        with self._lock:
            self._pages.clear()


shelf = Shelf()


def key_of(request: HttpRequest) -> Hashable | None:
    """What tells one anonymous page from another; None for a personal request.

    A session or a waiting message makes it personal. So does an open transaction: what
    it sees may never be committed.
    """
    cookies = request.COOKIES
    if request.method != "GET" or settings.SESSION_COOKIE_NAME in cookies:
        return None
    if "messages" in cookies or "HX-Request" in request.headers:
        return None
    if connection.in_atomic_block:
        return None
    host = request.META.get("HTTP_HOST", "")
    language = getattr(request, "LANGUAGE_CODE", "")
    return request.scheme, host, request.get_full_path(), language


def keeps(
    ask: Callable[..., Hashable | None], *, queries: Iterable[str] = ()
) -> Callable[[View], View]:
    """Decorate a view whose anonymous page is kept.

    `ask(now, **arguments of the view)` gives the state that the page is made from in
    one statement. `queries` are the parameters that the page knows: with others it is
    made each time.
    """
    known = {*queries, settings.LANGUAGE_PARAMETER}

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if key_of(request) is None or not known.issuperset(request.GET):
                return view(request, *args, **kwargs)
            now = timezone.now()
            with snapshot():
                state = ask(now, **kwargs)
                response = view(request, *args, **kwargs)
            asking = functools.partial(ask, **kwargs)
            response.kept_from = (asking, state, now)  # type: ignore[attr-defined]
            return response

        return run

    return decorate


def changes_at(request: HttpRequest, moments: Iterable[dt.datetime | None]) -> None:
    """Tell at which moments the page that is being made changes by itself."""
    told = getattr(request, "page_changes_at", [])
    request.page_changes_at = [*told, *moments]  # type: ignore[attr-defined]


def keep(request: HttpRequest, key: Hashable, response: HttpResponse) -> HttpResponse:
    """Put a finished answer on the shelf if it is fit; the answer to give."""
    asking, state, now = getattr(response, "kept_from", NOTHING)
    if state is None or response.status_code != 200 or _is_personal(request, response):
        return response
    headers = {k: v for k, v in response.items() if k.lower() not in NOT_KEPT}
    headers |= {"Cache-Control": "no-cache", "Vary": "Cookie, Accept-Encoding"}
    digest = hashlib.sha256(response.content).hexdigest()[:32]
    tag = f'"{digest}"'
    until = _until(request, now)
    page = KeptPage(
        asking, state, now, until, {**headers, "ETag": tag}, response.content, tag
    )
    shelf.put(key, page)
    return page.answer(request)


def _is_personal(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether it holds a form's token, a cookie or anything of a session."""
    session = getattr(request, "session", None)
    return bool(
        response.cookies
        or "CSRF_COOKIE" in request.META
        or (session is not None and not session.is_empty())
    )


def _until(request: HttpRequest, now: dt.datetime) -> dt.datetime:
    """The next moment of change; midnight at the latest, for the year is relative."""
    tomorrow = timezone.localdate(now) + dt.timedelta(days=1)
    midnight = dt.datetime.combine(tomorrow, dt.time(), timezone.get_default_timezone())
    told = getattr(request, "page_changes_at", [])
    return min([midnight, *(moment for moment in told if moment and moment > now)])


def texts(now: dt.datetime, **_: object) -> Hashable | None:
    """The state of a page that shows texts only."""
    return stamp()
