"""The least that Django and gunicorn do for a page: one view, no middleware.

`gunicorn -c config/gunicorn.py bench.empty`; what pages cannot be faster than, unless
they go around Django.
"""

from __future__ import annotations

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

BODY = b"." * 4000


def empty(request: HttpRequest) -> HttpResponse:
    """As many bytes as the packed home page."""
    return HttpResponse(BODY, headers={"Content-Length": str(len(BODY))})


urlpatterns = [path("<path:anything>", lambda request, anything: empty(request))]

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="empty")
django.setup()
application = get_wsgi_application()
