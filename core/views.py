"""Health pages and the error pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from core import health


def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this process may get requests: the database alone decides."""
    if health.database_answers():
        return HttpResponse("ok", content_type="text/plain")
    return HttpResponse("database", status=503, content_type="text/plain")


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """503 with the names of the parts that are not well."""
    failing = health.failing_parts(timezone.now())
    return JsonResponse({"failing": failing}, status=503 if failing else 200)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page that is not here, said in both languages' manner."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault; the page leans on nothing that may be broken."""
    return render(request, "500.html", status=500)
