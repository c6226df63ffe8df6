"""The bell: tell a worker that something is due.

Redis only rings; rows are the truth. When it is away, the tick finds the rows.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable

import redis
import rq
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

JOB_SECONDS = 120
REST_SECONDS = 5.0
# A ring that nobody answered for so long is made again.
RUNG, RUNG_SECONDS = "bell:", 5


@functools.lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
    )


class Rest:
    """After a failure the next rings of this process do not wait for Redis again."""

    until = 0.0


def _is_rung(connection: redis.Redis, name: str) -> bool:
    """Whether a job waits there that has not begun; from now on one does.

    It will see the rows of this commit, so that a rush of bookings makes few jobs.
    """
    return not connection.set(RUNG + name, 1, ex=RUNG_SECONDS, nx=True)


def answer(*names: str) -> None:
    """A job begins to do what is due: the next commit has to ring again."""
    try:
        _redis(settings.REDIS_URL).delete(*(RUNG + name for name in names))
    except (redis.RedisError, OSError) as error:
        logger.warning("bell: no redis (%s)", type(error).__name__)


def push(queue_name: str, job: str, *, once_as: str = "") -> bool:
    """Put a job into a queue; whether Redis took it.

    With `once_as` no second one is put there while one of this name has not begun.
    """
    if time.monotonic() < Rest.until:
        return False
    try:
        connection = _redis(settings.REDIS_URL)
        if once_as and _is_rung(connection, once_as):
            return True
        queue = rq.Queue(queue_name, connection=connection)
        # No row id and no retry: the job means "do what is due", and the row alone
        # decides whether something is tried again.
        queue.enqueue(job, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=86400)
    except (redis.RedisError, OSError) as error:
        Rest.until = time.monotonic() + REST_SECONDS
        logger.warning("bell: no redis (%s)", type(error).__name__)
        return False
    return True


class _Ring:
    """One ring for all rows of a transaction: the first hook to run does it."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action
        self.is_done = False

    def once(self) -> None:
        if not self.is_done:
            self.is_done = True
            self.action()


class _Rings(threading.local):
    """The rings that wait for a commit of this thread's connection."""

    def __init__(self) -> None:
        self.waiting: dict[Callable[[], None], _Ring] = {}

    def get(self, action: Callable[[], None]) -> _Ring:
        ring = self.waiting.get(action)
        if ring is None or ring.is_done:
            ring = self.waiting[action] = _Ring(action)
        return ring


_rings = _Rings()


def on_commit(action: Callable[[], None]) -> None:
    """Ring when the present transaction commits, once for all that asked for it."""
    transaction.on_commit(_rings.get(action).once, robust=True)
