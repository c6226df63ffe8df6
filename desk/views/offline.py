"""Reading one's bookings without a line, and leaving nothing on a shared phone."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.pages.sheets import carried_files

SHARED = "shared_phone"
READABLE = "X-Readable-Offline"
WIPE = "Clear-Site-Data"
# What an offline page needs in order to look like the site.
FACE = (
    *carried_files(),
    "css/error.css",
    "js/form.js",
    "img/favicon.svg",
    "vendor/Vazirmatn-NL.woff2",
)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. Its text changes with the files that it keeps."""
    context = {"files": [static(name) for name in FACE]}
    kind = "text/javascript; charset=utf-8"
    response = render(request, "desk/worker.js", context, content_type=kind)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a phone shows without a line, in both languages; of nobody in particular."""
    return render(request, "desk/offline.html", {"is_form": "form" in request.GET})


def readable_offline(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the reader's own phone keep this page; a shared one does not."""
    if request.user.is_authenticated and not request.COOKIES.get(SHARED):
        response[READABLE] = "yes"
    return response


@never_cache
@require_POST
def share_phone(request: HttpRequest) -> HttpResponse:
    """«گوشی مشترک»: nothing is kept here, and the sign-in ends with the browser."""
    response = redirect("desk:my_bookings")
    if "own" in request.POST:
        response.delete_cookie(SHARED)
        if request.user.is_authenticated:
            request.session.set_expiry(None)
        messages.success(request, _("Your bookings can be read here without a line."))
        return response
    response.set_cookie(
        SHARED,
        "1",
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.PRODUCTION,
    )
    if request.user.is_authenticated:
        request.session.set_expiry(0)
    response[WIPE] = '"storage"'
    messages.success(
        request,
        _("Nothing is kept on this phone. Sign out when you have finished."),
    )
    return response
