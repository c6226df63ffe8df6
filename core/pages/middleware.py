"""Gives kept pages before a session, a user or a view is asked."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core.pages.kept import is_shared, keep, shelf


class KeptPagesMiddleware:
    """Stands below what speaks for the whole site, above what knows a reader."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_shared(request):
            return self.get_response(request)
        page = shelf.get(request)
        try:
            if page is not None and page.is_current(timezone.now()):
                return page.answer(request)
        except DatabaseError:
            # The view meets the same fault, where it is answered politely.
            pass
        return keep(request, self.get_response(request))
