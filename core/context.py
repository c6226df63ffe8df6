"""What every template knows about the centre."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from persian.text import is_persian, localized


def centre(request: HttpRequest) -> dict[str, Any]:
    """The centre's facts in the reader's language, and the other language."""
    facts = settings.HIDAJ_CENTRE
    names = ("name", "short_name", "sponsor", "address", "landmark")
    words = {name: localized(facts, name) for name in names}
    return {
        "centre": {**facts, **words},
        "page_address": _addresses(request.path),
        "other_language_url": _in_other_language(request),
        "development_pages": settings.HIDAJ_DEVELOPMENT_PAGES,
    }


def _in_other_language(request: HttpRequest) -> str:
    """The address of this page in the other language."""
    query = request.GET.copy()
    query[settings.LANGUAGE_PARAMETER] = "en" if is_persian() else "fa"
    return f"{request.path}?{query.urlencode()}"


def _addresses(path: str) -> dict[str, str]:
    """The whole address of a page: here, and in each language."""
    persian = settings.PUBLIC_BASE_URL.rstrip("/") + path
    english = f"{persian}?{settings.LANGUAGE_PARAMETER}=en"
    here = persian if is_persian() else english
    return {"here": here, "fa": persian, "en": english}
