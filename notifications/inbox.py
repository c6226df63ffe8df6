"""SMS that come in: kept once, and then acted upon."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import connection

from core.transactions import atomic_retrying
from notifications.answers import handle
from notifications.gateways import routing
from notifications.gateways.base import GatewayError, Inbound
from notifications.models import InboundMessage, InboundState
from persian.errors import InputError
from persian.phones import normalise_mobile

logger = logging.getLogger(__name__)

LOOKS_BACK = dt.timedelta(days=1)
LONGEST_TEXT = 1600


def receive(now: dt.datetime) -> int:
    """Fetch what came in from every gateway that receives; returns how many are new.

    What a call to us brought is acted upon as well. Raises RuntimeError when a remote
    gateway would be asked inside a transaction.
    """
    names = [name for name in routing.used() if routing.receives(name)]
    new = sum(_fetch(name, now) for name in names)
    handle_new(now)
    return new


def _fetch(name: str, now: dt.datetime) -> int:
    gateway = routing.gateway(name)
    if gateway.is_remote and connection.in_atomic_block:
        raise RuntimeError("no network call inside a transaction")
    try:
        found = gateway.receive(now - LOOKS_BACK)
    except GatewayError as error:
        logger.warning("gateway %s gives no inbox: %s", name, error)
        return 0
    return keep(gateway=name, found=found, now=now)


@atomic_retrying
def keep(*, gateway: str, found: Iterable[Inbound], now: dt.datetime) -> int:
    """Write down what came in; the same again changes nothing. Returns how many."""
    rows = [_row(gateway, inbound, now) for inbound in found]
    known = set(
        InboundMessage.objects.filter(
            gateway=gateway, gateway_id__in=[row.gateway_id for row in rows]
        ).values_list("gateway_id", flat=True)
    )
    new = [row for row in rows if row.gateway_id not in known]
    InboundMessage.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _row(gateway: str, inbound: Inbound, now: dt.datetime) -> InboundMessage:
    sender = mobile_of(inbound.sender)
    return InboundMessage(
        gateway=gateway,
        gateway_id=(inbound.gateway_id or _digest(inbound))[:64],
        sender=sender or inbound.sender[:20],
        text=inbound.text[:LONGEST_TEXT],
        received_at=inbound.at,
        created_at=now,
        # Advertising comes from names and short numbers; nobody answers it.
        state=InboundState.NEW if sender else InboundState.IGNORED,
        handled_at=None if sender else now,
    )


def _digest(inbound: Inbound) -> str:
    words = f"{inbound.sender}:{inbound.at.isoformat()}:{inbound.text}".encode()
    return hashlib.sha256(words).hexdigest()[:32]


def mobile_of(text: str) -> str:
    """The E.164 form of a mobile number, "" for anything else."""
    try:
        return normalise_mobile(text, settings.PHONE_COUNTRIES)
    except InputError:
        return ""


def handle_new(now: dt.datetime) -> int:
    """Act upon what came in and was not looked at yet, oldest first; how many."""
    new = InboundMessage.objects.filter(state=InboundState.NEW)
    pks = list(new.order_by("received_at", "pk").values_list("pk", flat=True))
    return sum(handle(inbound_id=pk, now=now) for pk in pks)
