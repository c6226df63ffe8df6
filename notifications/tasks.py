"""RQ entry points."""

from __future__ import annotations

from django.utils import timezone

from notifications.delivery import drain


def drain_due() -> int:
    """Send what is due. The row decides what that is, so the job carries no id."""
    return drain(now=timezone.now())
