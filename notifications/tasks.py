"""RQ entry points."""

from __future__ import annotations

from django.utils import timezone

from notifications import bell
from notifications.delivery import drain
from notifications.inbox import receive
from notifications.models import OutboxMessage
from notifications.reports import ask_for_reports


def drain_due(limit: int = 500) -> int:
    """Send what is due. The row decides what that is, so the job carries no id."""
    bell.answer()
    sent = drain(now=timezone.now(), limit=limit)
    # A drain has its limits; in a rush there is a rest.
    if sent and OutboxMessage.objects.due(timezone.now()).exists():
        bell.ring_default()
    return sent


def ask_now() -> int:
    """Ask gateways what became of messages whose receipt has just come in."""
    return ask_for_reports(timezone.now())


def look_into_inbox() -> int:
    """Read what people answered, and act upon it."""
    return receive(timezone.now())
