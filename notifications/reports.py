"""Asking gateways what became of the messages that they took, or perhaps took.

Soon after sending, then ever more seldom, for two days; after that nobody knows more.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable

from django.db import connection

from core.transactions import atomic_retrying
from notifications import receipts
from notifications.gateways import routing
from notifications.gateways.base import Gateway, GatewayError, Sent
from notifications.models import OutboxMessage

logger = logging.getLogger(__name__)

ASKED_AT_ONCE = 200
ASKED_FOR = dt.timedelta(hours=48)
SHORTEST_PAUSE = dt.timedelta(minutes=2)
LONGEST_PAUSE = dt.timedelta(hours=6)
_SAME_DAY = dt.timedelta(days=1)


def ask_for_reports(now: dt.datetime) -> int:
    """Ask about what is due; returns how many states changed.

    Raises RuntimeError when a remote gateway would be asked inside a transaction.
    """
    if not OutboxMessage.objects.to_check(now).exists():
        return 0
    by_gateway: dict[str, list[OutboxMessage]] = defaultdict(list)
    for message in _take_due(now):
        by_gateway[message.gateway].append(message)
    return sum(_ask(name, messages, now) for name, messages in by_gateway.items())


@atomic_retrying
def _take_due(now: dt.datetime) -> list[OutboxMessage]:
    """What is to be asked about; the next question is planned before this one."""
    can_skip = connection.features.has_select_for_update_skip_locked
    due = OutboxMessage.objects.to_check(now).select_for_update(skip_locked=can_skip)
    found = list(due[:ASKED_AT_ONCE])
    for message in found:
        message.next_check_at = next_check(message, now)
    OutboxMessage.objects.bulk_update(found, ["next_check_at"])
    return found


def next_check(message: OutboxMessage, now: dt.datetime) -> dt.datetime | None:
    """When to ask again: after half of the message's age; None when it is too old."""
    age = now - (message.first_call_at or message.sent_at or now)
    if age >= ASKED_FOR:
        return None
    return now + min(max(age / 2, SHORTEST_PAUSE), LONGEST_PAUSE)


def _ask(name: str, messages: Iterable[OutboxMessage], now: dt.datetime) -> int:
    if name not in routing.GATEWAYS:
        # E-mail cannot be asked, and a row may name a gateway of an earlier release.
        return 0
    gateway: Gateway = routing.gateway(name)
    if gateway.is_remote and connection.in_atomic_block:
        raise RuntimeError("no network call inside a transaction")
    try:
        reports = gateway.reports([_sent(message) for message in messages])
    except GatewayError as error:
        logger.warning("gateway %s gives no reports: %s", name, error)
        return 0
    return sum(receipts.settle(report, gateway=name, now=now) for report in reports)


def _sent(message: OutboxMessage) -> Sent:
    return Sent(
        local_id=message.local_id,
        gateway_id=message.gateway_id,
        to=message.recipient,
        text=message.text,
        dedupe_key=message.dedupe_key,
        called_at=message.first_call_at or message.created_at,
        template=message.template,
        other_ids=frozenset() if message.gateway_id else _others(message),
    )


def _others(message: OutboxMessage) -> frozenset[str]:
    """Gateway's numbers of our other messages to this number, around the same time."""
    called = message.first_call_at or message.created_at
    rows = OutboxMessage.objects.filter(
        gateway=message.gateway,
        recipient=message.recipient,
        first_call_at__gte=called - _SAME_DAY,
        first_call_at__lte=called + _SAME_DAY,
    ).exclude(gateway_id="")
    return frozenset(rows.values_list("gateway_id", flat=True))
