"""Help, and the small file of who puts the site on a home screen."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from core.pages.kept import keeps, texts
from desk.rules import questions, rules
from persian.text import is_persian, localized


@require_safe
@keeps(texts)
def help_page(request: HttpRequest) -> HttpResponse:
    """The rules in ten lines and the questions people ask."""
    context = {"rules": rules(), "questions": questions()}
    return render(request, "desk/help.html", context)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """For a phone that puts the site on its home screen."""
    facts = settings.HIDAJ_CENTRE
    icon = {"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    body = {
        "name": localized(facts, "name"),
        "short_name": localized(facts, "short_name"),
        "lang": get_language(),
        "dir": "rtl" if is_persian() else "ltr",
        "start_url": "/",
        "display": "browser",
        "background_color": "#f5f2eb",
        "theme_color": "#1d5546",
        "icons": [icon],
    }
    return JsonResponse(body, content_type="application/manifest+json")
