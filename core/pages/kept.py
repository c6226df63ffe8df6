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
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

import brotli
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.utils import timezone

from core.pages.sheets import are_held
from core.pages.stamps import stamp
from core.snapshots import snapshot

View = Callable[..., HttpResponse]
# What a page is made from, at a moment; None when that cannot be told.
AskState = Callable[[dt.datetime], Hashable | None]
MOST_PAGES = 300
# The parameters that a page reads, and the values of each for which it is kept.
Queries = Mapping[str, Collection[str]]
# A page is made again after each booking: good compression would cost more time than
# it saves.
BROTLI_QUALITY, GZIP_LEVEL = 5, 6
# Headers that belong to one answer, not to the page.
NOT_KEPT = frozenset({"content-length", "set-cookie"})


class Key(NamedTuple):
    """What tells one anonymous page from another."""

    scheme: str
    host: str
    path: str
    language: str
    holds_sheets: bool
    told: tuple[tuple[str, str], ...]


class Asked(NamedTuple):
    """What the database said of the state of a page, and the moment asked about."""

    state: Any
    at: dt.datetime


class Source(NamedTuple):
    """From what a page was made: the question, its answer, and when it was asked."""

    key: Key
    queries: Queries
    ask: AskState
    state: Hashable | None
    made_at: dt.datetime


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
        self._pages: OrderedDict[Key, KeptPage] = OrderedDict()
        # What the page at a path reads of its address; known once it was made.
        self._queries: dict[str, Queries] = {}
        self._most = most
        self._lock = threading.Lock()

    def get(self, request: HttpRequest) -> KeptPage | None:
        """The page that was put here last for this address, current or not."""
        queries = self._queries.get(request.path)
        key = None if queries is None else key_of(request, queries)
        if key is None:
            return None
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def put(self, source: Source, page: KeptPage) -> None:
        """Keep a page in place of the former one."""
        key = source.key
        with self._lock:
            self._queries[key.path] = source.queries
            self._pages[key] = page
            self._pages.move_to_end(key)
            if len(self._pages) > self._most:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        key, _page = self._pages.popitem(last=False)
        if all(other.path != key.path for other in self._pages):
            del self._queries[key.path]

    def __len__(self) -> int:
        return len(self._pages)

    def clear(self) -> None:
        """Forget all pages."""
        with self._lock:
            self._pages.clear()
            self._queries.clear()


shelf = Shelf()


def is_shared(request: HttpRequest) -> bool:
    """Whether the answer may be anybody's.

    A session or a waiting message makes it personal. So does an open transaction: what
    it sees may never be committed.
    """
    cookies = request.COOKIES
    if request.method != "GET" or settings.SESSION_COOKIE_NAME in cookies:
        return False
    if "messages" in cookies or "HX-Request" in request.headers:
        return False
    return not connection.in_atomic_block


def key_of(request: HttpRequest, queries: Queries) -> Key | None:
    """What tells one anonymous page from another; None for one that is not kept.

    Of the address only those parameters count that the page reads: whatever else stands
    there leads to the same page, or made up addresses would push out the pages that
    people read. The language is known already.
    """
    told = []
    for name in sorted(queries):
        value = request.GET.get(name)
        if value and value not in queries[name]:
            return None
        if value:
            told.append((name, value))
    host = request.META.get("HTTP_HOST", "")
    language = getattr(request, "LANGUAGE_CODE", "")
    where = (request.scheme or "", host, request.path, language)
    return Key(*where, are_held(request), tuple(told))


def keeps(
    ask: Callable[..., Hashable | None], *, queries: Queries | None = None
) -> Callable[[View], View]:
    """Decorate a view whose anonymous page is kept.

    `ask(now, **arguments of the view)` gives the state that the page is made from in
    one statement. `queries` names every parameter that the page reads, with the values
    for which it is kept; with another value it is made each time. The view gets no
    other parameter.
    """
    read = queries or {}

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            key = key_of(request, read) if is_shared(request) else None
            if key is None:
                return view(request, *args, **kwargs)
            request.GET = QueryDict(urlencode(key.told))
            now = timezone.now()
            with snapshot():
                state = ask(now, **kwargs)
                request.made_from = Asked(state, now)  # type: ignore[attr-defined]
                response = view(request, *args, **kwargs)
            asking = functools.partial(ask, **kwargs)
            response.kept_from = Source(key, read, asking, state, now)  # type: ignore[attr-defined]
            return response

        return run

    return decorate


def asked_for(request: HttpRequest) -> Asked | None:
    """The state that the page for this request is made from, in its own snapshot.

    None for a page that is not kept, and where the state cannot be told.
    """
    asked: Asked | None = getattr(request, "made_from", None)
    return asked if asked and asked.state is not None else None


def changes_at(request: HttpRequest, moments: Iterable[dt.datetime | None]) -> None:
    """Tell at which moments the page that is being made changes by itself."""
    told = getattr(request, "page_changes_at", [])
    request.page_changes_at = [*told, *moments]  # type: ignore[attr-defined]


def keep(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Put a finished answer on the shelf if it is fit; the answer to give."""
    source: Source | None = getattr(response, "kept_from", None)
    if source is None or source.state is None or response.status_code != 200:
        return response
    if _is_personal(request, response):
        return response
    headers = {k: v for k, v in response.items() if k.lower() not in NOT_KEPT}
    headers |= {"Cache-Control": "no-cache", "Vary": "Cookie, Accept-Encoding"}
    digest = hashlib.sha256(response.content).hexdigest()[:32]
    tag = f'"{digest}"'
    page = KeptPage(
        ask=source.ask,
        state=source.state,
        made_at=source.made_at,
        until=_until(request, source.made_at),
        headers={**headers, "ETag": tag},
        body=response.content,
        tag=tag,
    )
    shelf.put(source, page)
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
