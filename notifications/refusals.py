"""Who stopped our line at the gateway, as people do with «11».

The operator then lets nothing of that line through, so that we stop reminding, too, and
what has to be said takes another way.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import connection

from notifications import optouts
from notifications.answers import STOPPED
from notifications.gateways import routing
from notifications.gateways.base import GatewayError
from notifications.inbox import mobile_of

logger = logging.getLogger(__name__)

# Longer than any outage of the gateway or of ours that nobody saw to.
LOOKS_BACK = dt.timedelta(days=7)


def look_at_refusals(now: dt.datetime) -> int:
    """Respect what gateways list; returns how many numbers are new.

    Raises RuntimeError when a remote gateway would be asked inside a transaction.
    """
    return sum(_look(name, now) for name in routing.used())


def _look(name: str, now: dt.datetime) -> int:
    gateway = routing.gateway(name)
    if gateway.is_remote and connection.in_atomic_block:
        raise RuntimeError("no network call inside a transaction")
    try:
        numbers = {mobile_of(text) for text in gateway.refusals(now - LOOKS_BACK)}
    except GatewayError as error:
        logger.warning("gateway %s lists no refusals: %s", name, error)
        return 0
    return sum(_respect(number, now) for number in sorted(numbers - {""}))


def _respect(number: str, now: dt.datetime) -> bool:
    is_new = not all(optouts.is_opted_out(number, purpose) for purpose in STOPPED)
    if is_new:
        for purpose in STOPPED:
            optouts.opt_out(recipient=number, purpose=purpose, now=now)
    return is_new
