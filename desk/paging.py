"""Long lists, a page at a time."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

PER_PAGE = 50


def page_of(
    request: HttpRequest, rows: QuerySet[Any], per_page: int = PER_PAGE
) -> Page[Any]:
    """The page that `?page=` asks for; the nearest one when there is no such page."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


def back_to(request: HttpRequest, fallback: str) -> HttpResponseRedirect:
    """Where the form said it came from, when that is a page of ours."""
    target = request.POST.get("next", "")
    if target and url_has_allowed_host_and_scheme(target, {request.get_host()}):
        return redirect(target)
    return redirect(fallback)


def query_of(request: HttpRequest) -> str:
    """The filters of this list, encoded, for the links to its other pages."""
    parameters = request.GET.copy()
    parameters.pop("page", None)
    return parameters.urlencode()
