"""Long work: how far it is, its result, and going on after it stopped."""

from __future__ import annotations

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import work
from core.work_models import Work, WorkFile, WorkQuerySet
from desk.paging import page_of
from desk.roles import planners_only, staff_only
from desk.staffpage import staff_page
from desk.views.staff_runs import user_of

# While the worker is at it, and while answers of phones come in.
SOON_SECONDS, LATER_SECONDS = 2, 15
# What has not come in by then is looked up by whoever wants to know.
LOOKS_FOR = dt.timedelta(hours=1)
REFRESH_SECONDS = 5


def _own(request: HttpRequest) -> WorkQuerySet:
    """Nobody finds the work of others, whatever their role."""
    return Work.objects.of(user_of(request).pk)


@require_GET
@staff_only
def work_list(request: HttpRequest) -> HttpResponse:
    """What one asked for oneself, the newest first."""
    page = page_of(request, _own(request))
    rows = [(one, work.get(one.kind).title(one)) for one in page.object_list]
    context = {"page": page, "rows": rows}
    return staff_page(request, "desk/staff/works.html", context)


@require_GET
@staff_only
def work_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one work; htmx asks for its changing part alone."""
    asked = get_object_or_404(_own(request), pk=pk)
    kind = work.get(asked.kind)
    facts = kind.facts(asked)
    context = {
        "work": asked,
        "title": kind.title(asked),
        "origin": kind.origin(asked),
        "part": kind.page,
        "file": WorkFile.objects.filter(work=asked).defer("content").first(),
        "kept_days": work.KEEP_FILES.days,
        "poll_seconds": _poll_seconds(
            asked, timezone.now(), is_open=bool(facts.get("is_open"))
        ),
        "refresh_seconds": REFRESH_SECONDS,
        "seen": request.GET.get("seen", ""),
        **facts,
    }
    if request.headers.get("HX-Request"):
        return render(request, "desk/staff/_work.html", context)
    return staff_page(request, "desk/staff/work.html", context)


def _poll_seconds(asked: Work, now: dt.datetime, *, is_open: bool) -> int:
    """0 when nothing changes any more."""
    if not asked.is_ended:
        return SOON_SECONDS
    is_fresh = asked.ended_at is not None and now - asked.ended_at < LOOKS_FOR
    return LATER_SECONDS if is_open and is_fresh else 0


@require_POST
@staff_only
def work_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where it stopped."""
    asked = get_object_or_404(_own(request), pk=pk)
    work.again(work_id=asked.pk, now=timezone.now())
    return redirect("desk:staff_work", pk)


@require_GET
@planners_only
def work_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, as long as it is kept."""
    asked = get_object_or_404(_own(request), pk=pk)
    kept = WorkFile.objects.filter(work=asked).first()
    if kept is None:
        raise Http404
    return HttpResponse(
        bytes(kept.content),
        content_type=kept.content_type,
        headers={"Content-Disposition": f'attachment; filename="{kept.name}"'},
    )
