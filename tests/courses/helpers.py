"""What several tests of courses ask."""

from __future__ import annotations

import uuid

from notifications.models import OutboxMessage


def new_key() -> uuid.UUID:
    return uuid.uuid4()


def kinds_sent(recipient: str) -> list[str]:
    """Kinds of the messages to one address, in order."""
    rows = OutboxMessage.objects.filter(recipient=recipient).order_by("pk")
    return list(rows.values_list("kind", flat=True))
