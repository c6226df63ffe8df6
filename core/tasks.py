"""RQ entry points of the foundation."""

from __future__ import annotations

from django.utils import timezone

from core import bell, work
from core.work_models import Work


def do_due_work() -> int:
    """Do long work for a while. The row decides what that is, the job carries no id."""
    bell.answer(work.RUNG)
    chunks = work.work_off(now=timezone.now())
    # Messages that came in meanwhile have their turn before the rest.
    if chunks and Work.objects.due(timezone.now()).exists():
        work.ring()
    return chunks
