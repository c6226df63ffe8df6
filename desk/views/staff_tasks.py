"""What is to be done by hand: the call list, answers, faults."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.exceptions import HidajError
from desk.models import StaffTask, TaskResult
from desk.paging import back_to
from desk.roles import staff_only
from desk.staffpage import staff_page
from desk.task_lines import task_lines
from desk.tasks import NO_ANSWER, close_task, note_try
from desk.views.staff_runs import user_of

DONE_SHOWN_FOR = dt.timedelta(days=2)
DONE_SHOWN = 30
RESULTS = (TaskResult.REACHED, TaskResult.WRONG_NUMBER, TaskResult.DONE)


@require_GET
@staff_only
def task_list(request: HttpRequest) -> HttpResponse:
    """Open tasks, calls first, and what was finished of late."""
    now = timezone.now()
    lines = task_lines(StaffTask.objects.open(), now)
    done = StaffTask.objects.filter(closed_at__gte=now - DONE_SHOWN_FOR)
    context = {
        "calls": [line for line in lines if line.is_call],
        "others": [line for line in lines if not line.is_call],
        "tomorrow": (timezone.localdate(now) + dt.timedelta(days=1)).isoformat(),
        "done": task_lines(done.order_by("-closed_at", "-pk")[:DONE_SHOWN], now),
    }
    return staff_page(request, "desk/staff/tasks.html", context)


@require_POST
@staff_only
def task_result(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap: reached, no answer, wrong number, done."""
    task = get_object_or_404(StaffTask, pk=pk)
    result, now = request.POST.get("result", ""), timezone.now()
    try:
        if result == NO_ANSWER:
            note_try(task_id=task.pk, now=now)
            messages.success(request, _("Noted: no answer. The task stays."))
        elif result in RESULTS:
            close_task(task_id=task.pk, result=result, by=user_of(request), now=now)
            messages.success(request, _("Noted."))
    except HidajError as refusal:
        messages.info(request, str(refusal))
    return back_to(request, "desk:staff_tasks")
