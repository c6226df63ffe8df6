"""What robots and readers of feeds ask for."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from consulting.models import Service
from core.pages.kept import changes_at, keeps
from courses.models import Course, CourseRun
from courses.page_state import listed_runs, moments_of
from courses.structured import address
from persian.jalali import format_datetime
from persian.text import localized

FEED_LENGTH = 30
_PRIVATE = (
    "/accounts/",
    "/admin/",
    "/staff/",
    "/teach/",
    "/bookings/",
    "/calendar/",
    "/consulting/done/",
    "/consulting/*/book/",
    "/courses/*/notify/",
    "/runs/*/book/",
    "/runs/*/wait/",
    "/runs/*/apply/",
    "/a/",
    "/b/",
    "/e/",
    "/o/",
)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Public pages may be indexed; nobody's own pages may."""
    base = settings.PUBLIC_BASE_URL.rstrip("/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _PRIVATE)]
    lines += [f"Sitemap: {base}{reverse('desk:sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page in both languages (sitemaps.org, with `xhtml:link`)."""
    runs = CourseRun.objects.public().upcoming(timezone.now())
    paths = [
        *(reverse(f"desk:{name}") for name in ("home", "help")),
        reverse("consulting:services"),
        *(reverse("courses:run", args=[run.code]) for run in runs),
        *(reverse("courses:course", args=[c.slug]) for c in Course.objects.active()),
        *(
            reverse("consulting:service", args=[service.slug])
            for service in Service.objects.active()
        ),
    ]
    context = {"base": settings.PUBLIC_BASE_URL.rstrip("/"), "paths": paths}
    return render(request, "desk/sitemap.xml", context, content_type="application/xml")


@require_safe
@keeps(listed_runs)
def feed(request: HttpRequest) -> HttpResponse:
    """New course runs, the newest first (Atom, RFC 4287)."""
    now = timezone.now()
    runs = list(CourseRun.objects.listed(now).order_by("-published_at", "-pk"))
    changes_at(request, moments_of(runs))
    facts = settings.HIDAJ_CENTRE
    atom = Atom1Feed(
        title=_("New courses of %(centre)s")
        % {"centre": localized(facts, "short_name")},
        link=address("desk:home"),
        description="",
        language=get_language(),
        feed_url=address("desk:feed"),
        author_name=localized(facts, "name"),
    )
    for run in runs[:FEED_LENGTH]:
        atom.add_item(
            title=run.title,
            link=address("courses:run", run.code),
            description=_summary(run),
            # A code is never given twice, and the address of the site may change.
            unique_id=f"tag:hidaj-booking,2026:run/{run.code}",
            pubdate=run.published_at,
            updateddate=run.published_at,
        )
    text = atom.writeString("utf-8")
    return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")


def _summary(run: CourseRun) -> str:
    """Begin, days and hours, instructor: enough to decide whether to open it."""
    begins = _("Starts %(day)s") % {"day": format_datetime(run.first_session_at)}
    parts = (begins, run.days_text, run.clock_text, run.instructor_names)
    return " · ".join(part for part in parts if part)
