"""The ceiling over HTTP: a page that only asks who is signed in, by the same server.

gunicorn opens `bench.bare_site` in the place of `config.wsgi`.
"""

from __future__ import annotations

import os

from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare_settings"


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    """Nothing, for somebody."""
    return HttpResponse(status=204)


def ready(request: HttpRequest) -> HttpResponse:
    """Whoever started the server waits for this."""
    return HttpResponse()


urlpatterns = [path("", empty), path("readyz", ready)]
application = get_wsgi_application()
