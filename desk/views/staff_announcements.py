"""Writing to everybody who has a place in a run."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from core import work
from core.refusals import refusals_in
from courses.models import CourseRun
from courses.services.announcements import KIND, told_by_message, write_message
from desk.forms.announcements import RunMessageForm
from desk.roles import staff_only
from desk.staffpage import posted, staff_page
from desk.text_preview import previews_of_words
from desk.views.staff_runs import user_of


@require_http_methods(["GET", "POST"])
@staff_only
def run_message(request: HttpRequest, code: str) -> HttpResponse:
    """The text with what it takes, whom it reaches, then the page of its sending."""
    run = get_object_or_404(CourseRun.objects.select_related("course"), code=code)
    form = RunMessageForm(posted(request))
    is_preview = request.POST.get("act") == "preview"
    if request.method == "POST" and not is_preview and form.is_valid():
        with refusals_in(form):
            return _send(request, run, form)
    shown = previews_of_words(KIND, form.typed(), now=timezone.now())
    if request.headers.get("HX-Request"):
        return render(request, "desk/staff/_text_previews.html", {"previews": shown})
    context = {
        "run": run,
        # A look at the text so far is no mistake.
        "form": RunMessageForm(initial=request.POST.dict()) if is_preview else form,
        "previews": {preview.language: preview for preview in shown},
        "people": told_by_message(run.pk).count(),
    }
    return staff_page(request, "desk/staff/run_message.html", context)


def _send(request: HttpRequest, run: CourseRun, form: RunMessageForm) -> HttpResponse:
    by, now, typed = user_of(request), timezone.now(), form.cleaned_data
    texts = {"text_fa": typed["text_fa"], "text_en": typed["text_en"]}

    def keep() -> dict[str, int]:
        message = write_message(run_id=run.pk, **texts, by=by, now=now)
        return {"message": message.pk}

    asked = work.start(
        kind=KIND,
        parameters={"run": run.code},
        form=texts,
        actor=by.pk,
        language=get_language() or "fa",
        key=typed["key"],
        now=now,
        before=keep,
    )
    return redirect("desk:staff_work", asked.pk)
