"""Which bell rings for messages, and what happens where none does.

A code, for which somebody waits, goes out from the request itself.
"""

from __future__ import annotations

from django.utils import timezone

from core import bell
from notifications.delivery import drain
from notifications.models import Urgency

JOB = "notifications.tasks.drain_due"
INBOX_JOB = "notifications.tasks.look_into_inbox"
REPORTS_JOB = "notifications.tasks.ask_now"
QUEUES = ("default", "codes")
# Long enough for one code; a request does not work off a backlog.
IN_REQUEST = 3
SECONDS_IN_REQUEST = 10.0


def answer() -> None:
    """A job begins to send what is due: the next commit has to ring again."""
    bell.answer(*QUEUES)


def ring_default() -> None:
    """Wake a worker for ordinary messages; silence is no error."""
    bell.push("default", JOB, once_as="default")


def ring_reports() -> None:
    """Wake a worker that asks gateways; the tick does so without it."""
    bell.push("default", REPORTS_JOB)


def ring_inbox() -> None:
    """Wake a worker that reads what came in; the tick does so without it."""
    bell.push("default", INBOX_JOB)


def ring_codes() -> None:
    """Wake a worker for a code, or send it here and now."""
    if not bell.push("codes", JOB, once_as="codes"):
        drain(
            now=timezone.now(),
            limit=IN_REQUEST,
            only_codes=True,
            seconds=SECONDS_IN_REQUEST,
        )


def ring_on_commit(urgency: int) -> None:
    """Ring when the present transaction commits, once for all its messages."""
    bell.on_commit(ring_codes if urgency == Urgency.CODE else ring_default)
