"""Links that act without a sign-in: who guesses addresses is slowed down.

The secrets themselves are in `core.links`; they have 80 random bits besides.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core import limits

MISSES = [(20, 3600), (60, 24 * 3600)]
ANSWERS = [(10, 60), (60, 3600)]


class TooMany(Exception):
    """This network tried too many addresses."""


def missed(request: HttpRequest) -> Http404:
    """What to raise for an address that nobody was given; raises TooMany at times."""
    _allow(request, "offer_misses", MISSES)
    return Http404()


def allow_answer(request: HttpRequest) -> None:
    """Count an answer by such a link; raises TooMany."""
    _allow(request, "offer_answers", ANSWERS)


def _allow(request: HttpRequest, scope: str, budget: list[limits.Limit]) -> None:
    network = get_adapter(request).get_client_ip(request)
    if not limits.hit(scope=scope, key=network, limits=budget, now=timezone.now()):
        raise TooMany


def too_many(request: HttpRequest) -> HttpResponse:
    """The page that asks for patience."""
    return render(request, "too_many.html", status=429)
