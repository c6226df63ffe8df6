"""Counters that say "too often", kept in the database.

Cache counters are per process without Redis, and Redis may be down while people
sign in; a row is seen by every process and survives a restart.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from core.models import LimitCounter

Limit = tuple[int, int]


def _window_start(now: dt.datetime, seconds: int) -> dt.datetime:
    stamp = int(now.timestamp()) // seconds * seconds
    return dt.datetime.fromtimestamp(stamp, dt.UTC)


def _count_up(scope: str, key_digest: str, seconds: int, now: dt.datetime) -> int:
    window = {
        "scope": scope,
        "key_digest": key_digest,
        "window_seconds": seconds,
        "window_starts_at": _window_start(now, seconds),
    }
    counters = LimitCounter.objects.filter(**window)
    if not counters.update(count=F("count") + 1):
        try:
            with transaction.atomic():
                LimitCounter.objects.create(**window, count=1)
        except IntegrityError:
            counters.update(count=F("count") + 1)
    return counters.values_list("count", flat=True).get()


def hit(*, scope: str, key: str, limits: Sequence[Limit], now: dt.datetime) -> bool:
    """Count one event and say whether it is still allowed.

    `limits` are pairs (allowed count, seconds of the window). The key is stored as a
    digest, because it is often a phone number or an address.
    """
    key_digest = hashlib.sha256(f"{scope}:{key}".encode()).hexdigest()
    counts = [(_count_up(scope, key_digest, s, now), allowed) for allowed, s in limits]
    return all(count <= allowed for count, allowed in counts)


def forget_old(now: dt.datetime) -> int:
    """Delete counters whose window ended more than two days ago."""
    edge = now - dt.timedelta(days=2)
    return LimitCounter.objects.filter(window_starts_at__lt=edge).delete()[0]
