"""An empty page below the whole middleware of the site.

`gunicorn -c config/gunicorn.py bench.empty_page`; what pages of the site cannot be
faster than. It asks who is signed in, as the site does.
"""

from __future__ import annotations

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config import settings as own

BODY = b"." * 4000


def empty(request: HttpRequest, anything: str) -> HttpResponse:
    """As many bytes as the packed home page."""
    return HttpResponse(BODY, headers={"Content-Length": str(len(BODY))})


urlpatterns = [path("<path:anything>", empty)]

settings.configure(
    **{name: value for name, value in vars(own).items() if name.isupper()}
    | {"ROOT_URLCONF": __name__}
)
django.setup()
application = get_wsgi_application()
