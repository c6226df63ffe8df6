"""Is each part alive? The answers behind /readyz and /healthz."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import django_rq
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

from core.models import Heartbeat

TICK_MAX_AGE = dt.timedelta(minutes=5)

HealthCheck = Callable[[dt.datetime], bool]
_extra_checks: dict[str, HealthCheck] = {}


def register_check(name: str, check: HealthCheck) -> None:
    """Add a part that /healthz names; `check(now)` says whether it is well."""
    _extra_checks[name] = check


def database_answers() -> bool:
    """Whether a query comes back."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def queue_answers() -> bool:
    """Whether Redis answers a ping."""
    try:
        return bool(django_rq.get_connection("default").ping())
    except (RedisError, OSError):
        return False


def tick_is_fresh(now: dt.datetime) -> bool:
    """Whether the tick ran within the last five minutes."""
    return Heartbeat.objects.filter(
        name="tick", beat_at__gte=now - TICK_MAX_AGE
    ).exists()


def failing_parts(now: dt.datetime) -> list[str]:
    """Names of the parts that are not well; the database first."""
    if not database_answers():
        return ["database"]
    checks: dict[str, bool] = {
        "queue": queue_answers(),
        "tick": tick_is_fresh(now),
        **{name: check(now) for name, check in _extra_checks.items()},
    }
    return [name for name, is_well in checks.items() if not is_well]
