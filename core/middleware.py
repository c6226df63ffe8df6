"""Request-wide manners: the reader's language, and a polite "busy"."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from core.exceptions import Busy

GetResponse = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Persian unless the reader chose otherwise: `?lang=en`, remembered for a year.

    So each language of a page has its own address, and the way to the other one is a
    link. Browsers on old phones ask for English without their owner knowing, so the
    Accept-Language header is not obeyed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = dict(settings.LANGUAGES)
        asked = request.GET.get(settings.LANGUAGE_PARAMETER, "")
        kept = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = next((word for word in (asked, kept) if word in known), "fa")
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if asked == language != kept:
            remember_language(response, language)
        return response


def remember_language(response: HttpResponse, language: str) -> None:
    """Show later pages in this language, too."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.PRODUCTION,
    )


class BusyMiddleware:
    """A database that stayed locked answers 503 with Retry-After, never a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if not isinstance(error, Busy):
            return None
        response = render(request, "503.html", status=503)
        response["Retry-After"] = "5"
        return response
