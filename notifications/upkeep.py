"""What the tick does for the outbox, and whether the outbox is well."""

from __future__ import annotations

import datetime as dt

from notifications.delivery import drain, expire
from notifications.models import OutboxMessage
from notifications.results import reconcile_leases

OVERDUE_AGE = dt.timedelta(minutes=5)
# The tick has other steps: a slow gateway may not hold them up for long.
SECONDS_IN_TICK = 20.0


def sweep(now: dt.datetime) -> int:
    """Settle messages whose sender died, and end what waited too long."""
    return reconcile_leases(now=now) + expire(now=now)


def drain_in_tick(now: dt.datetime) -> int:
    """Send what is due, so that everything goes out without Redis."""
    return drain(now=now, seconds=SECONDS_IN_TICK)


def outbox_is_well(now: dt.datetime) -> bool:
    """Whether nothing useful has been waiting for more than five minutes."""
    return not OutboxMessage.objects.overdue(now, OVERDUE_AGE).exists()
