"""The style sheets of a page: inside it at a first visit, files of their own later.

On a slow line every file costs a trip before anything is seen. So a browser that does
not say that it holds the sheets gets them inside the page. Its service worker fetches
them afterwards (`templates/desk/worker.js`), and then the page says so with a cookie
(`static/js/form.js`). Without scripts each page brings them along.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi

COOKIE = "sheets"
# Those that pages carry inside them, and that there are for each direction.
CARRIED = ("site", "forms")
# How a sheet in static/css names a file beside its folder.
_BESIDE = re.compile(r"url\(\"?\.\./([^\")]+)\"?\)")


def file_of(name: str, *, rtl: bool) -> str:
    """The file below `static/` of a sheet, turned for a language from right to left."""
    return f"css/{name}.rtl.css" if rtl and name in CARRIED else f"css/{name}.css"


def carried_files() -> list[str]:
    """The files that a browser holds when it says so, in both directions."""
    return [file_of(name, rtl=rtl) for name in CARRIED for rtl in (False, True)]


def are_held(request: HttpRequest) -> bool:
    """Whether the browser says that it has the sheets as they are now."""
    if not settings.SHEETS_INSIDE:
        return True
    return request.COOKIES.get(COOKIE) == held_mark()


@lru_cache(maxsize=1)
def held_mark() -> str:
    """What a browser says that holds the sheets; it changes with their text."""
    addresses = " ".join(static(file) for file in carried_files())
    return hashlib.sha256(addresses.encode()).hexdigest()[:16]


def draw_sheets(request: HttpRequest, names: tuple[str, ...]) -> SafeString:
    """The elements for the head of a page; says on the request which text is inside."""
    rtl = get_language_bidi()
    inside = () if are_held(request) else tuple(n for n in names if n in CARRIED)
    links = _links(tuple(name for name in names if name not in inside), rtl=rtl)
    if not inside:
        return links
    text = _text(inside, rtl=rtl)
    request.sheet_inside = _digest(text)  # type: ignore[attr-defined]
    return format_html("{}{}", _element(text), links)


@lru_cache(maxsize=16)
def _links(names: tuple[str, ...], *, rtl: bool) -> SafeString:
    files = [static(file_of(name, rtl=rtl)) for name in names]
    return format_html_join("", '<link rel="stylesheet" href="{}">', zip(files))


@lru_cache(maxsize=8)
def _element(text: str) -> SafeString:
    files = " ".join(static(file) for file in carried_files())
    style = mark_safe(text)  # noqa: S308 (our own sheet; a test looks for its end)
    element = '<style data-sheets="{}" data-files="{}">{}</style>'
    return format_html(element, held_mark(), files, style)


@lru_cache(maxsize=8)
def _text(names: tuple[str, ...], *, rtl: bool) -> str:
    """The sheets as one text that names its files from the root."""
    return "".join(_read(file_of(name, rtl=rtl)) for name in names)


def _read(file: str) -> str:
    path = finders.find(file)
    if path is None:
        raise FileNotFoundError(file)
    text = Path(path).read_text(encoding="utf-8")
    return _BESIDE.sub(lambda found: f'url("{static(found[1])}")', text)


@lru_cache(maxsize=8)
def _digest(text: str) -> str:
    """The source expression that permits just this text (CSP level 3, 2.3.1)."""
    return (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    )


class SheetsPolicyMiddleware(CSPMiddleware):
    """The site's policy, which permits the one style text that a page carries."""

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,
    ) -> PolicyParts:
        """As django-csp's, which names this method as the one to extend."""
        parts = super().get_policy_parts(request, response, report_only)
        inside = getattr(request, "sheet_inside", "")
        if inside and not report_only:
            parts.update = {**(parts.update or {}), "style-src": [inside]}
        return parts
