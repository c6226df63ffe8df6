"""The bell: tell a worker that something is due.

Redis only rings; the rows are the truth. When it is away, the tick finds the rows, and
a code, for which somebody waits, goes out from the request itself.
"""

from __future__ import annotations

import functools
import logging
import time

import redis
import rq
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from notifications.delivery import drain
from notifications.models import Urgency

logger = logging.getLogger(__name__)

JOB = "notifications.tasks.drain_due"
JOB_SECONDS = 120
REST_SECONDS = 5.0
# Long enough for one code; a request does not work off a backlog.
IN_REQUEST = 3


@functools.lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
    )


class _Rest:
    """After a failure the next rings of this process do not wait for Redis again."""

    until = 0.0


def _push(queue_name: str) -> bool:
    if time.monotonic() < _Rest.until:
        return False
    try:
        queue = rq.Queue(queue_name, connection=_redis(settings.REDIS_URL))
        # No row id and no retry: the job means "send what is due", and the row alone
        # decides whether something is tried again.
        queue.enqueue(JOB, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=86400)
    except (redis.RedisError, OSError) as error:
        _Rest.until = time.monotonic() + REST_SECONDS
        logger.warning("bell: no redis (%s)", type(error).__name__)
        return False
    return True


def ring_default() -> None:
    """Wake a worker for ordinary messages; silence is no error."""
    _push("default")


def ring_codes() -> None:
    """Wake a worker for a code, or send it here and now."""
    if not _push("codes"):
        drain(now=timezone.now(), limit=IN_REQUEST, only_codes=True)


def ring_on_commit(urgency: int) -> None:
    """Ring when the present transaction commits, once for all its messages."""
    ring = ring_codes if urgency == Urgency.CODE else ring_default
    if not any(hook[1] is ring for hook in connection.run_on_commit):
        transaction.on_commit(ring, robust=True)
