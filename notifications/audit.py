"""What must always be true of messages (invariants 7 and 14)."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from notifications import kinds
from notifications.models import (
    OPEN_STATES,
    SENT_STATES,
    OptOut,
    OutboxMessage,
    OutboxQuerySet,
    Urgency,
)

# A sender that asked before the opt-out was written may still be calling.
GRACE = dt.timedelta(minutes=6)


def _lines(rows: OutboxQuerySet) -> list[str]:
    return [f"message {pk}" for pk in rows.values_list("pk", flat=True)]


def _sent() -> OutboxQuerySet:
    return OutboxMessage.objects.filter(state__in=SENT_STATES)


def sent_twice() -> list[str]:
    """Two rows that one gateway knows as the same message.

    One row per `dedupe_key` is the database's own rule.
    """
    shared = (
        _sent()
        .exclude(gateway_id="")
        .values("gateway", "gateway_id")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
    )
    return [f"{row['gateway']} id of {row['rows']} messages" for row in shared]


def sent_too_late() -> list[str]:
    """Messages that were handed over after their usefulness."""
    return _lines(_sent().filter(sent_at__gte=F("expires_at")))


def sent_against_opt_out() -> list[str]:
    """Messages to recipients who had refused their purpose before."""
    by_purpose: dict[str, list[str]] = {}
    for kind in kinds.all_kinds():
        by_purpose.setdefault(kind.purpose, []).append(kind.name)
    lines = []
    for purpose, names in by_purpose.items():
        refusal = OptOut.objects.filter(
            recipient=OuterRef("recipient"),
            purpose=purpose,
            created_at__lt=OuterRef("sent_at") - GRACE,
        )
        lines += _lines(_sent().filter(Exists(refusal), kind__in=names))
    return lines


def stuck_in_sending() -> list[str]:
    """Messages whose lease ended long ago: the tick does not run."""
    return _lines(OutboxMessage.objects.with_expired_lease(timezone.now() - GRACE))


def readable_after_end() -> list[str]:
    """Ended messages with sealed values, and codes with a stored text."""
    ended = ~Q(state__in=OPEN_STATES) & ~Q(variables="")
    code_text = Q(urgency=Urgency.CODE) & ~Q(text="")
    return _lines(OutboxMessage.objects.filter(ended | code_text))
