"""Who does not want what."""

from __future__ import annotations

import datetime as dt

from core.transactions import atomic_retrying
from notifications.models import OptOut, Purpose

__all__ = ["OptOut", "is_opted_out", "opt_in", "opt_out"]


def is_opted_out(recipient: str, purpose: str) -> bool:
    """Whether this number or address refused messages of this purpose."""
    return OptOut.objects.filter(recipient=recipient, purpose=purpose).exists()


@atomic_retrying
def opt_out(*, recipient: str, purpose: str, now: dt.datetime) -> None:
    """Send nothing of this purpose any more; a second time changes nothing.

    Codes cannot be refused: whoever asks for one wants it.
    """
    if purpose == Purpose.CODE:
        return
    OptOut.objects.get_or_create(
        recipient=recipient, purpose=Purpose(purpose), defaults={"created_at": now}
    )


@atomic_retrying
def opt_in(*, recipient: str, purpose: str) -> None:
    """Send messages of this purpose again."""
    OptOut.objects.filter(recipient=recipient, purpose=purpose).delete()
