"""The bell: tell a worker that something is due.

Redis only rings; the rows are the truth. When it is away, the tick finds the rows, and
a code, for which somebody waits, goes out from the request itself.
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
from django.utils import timezone

from notifications.delivery import drain
from notifications.models import Urgency

logger = logging.getLogger(__name__)

JOB = "notifications.tasks.drain_due"
INBOX_JOB = "notifications.tasks.look_into_inbox"
REPORTS_JOB = "notifications.tasks.ask_now"
JOB_SECONDS = 120
REST_SECONDS = 5.0
# A ring that nobody answered for so long is made again.
RUNG, RUNG_SECONDS = "bell:", 5
# Long enough for one code; a request does not work off a backlog.
IN_REQUEST = 3
SECONDS_IN_REQUEST = 10.0


@functools.lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None
    )


class _Rest:
    """After a failure the next rings of this process do not wait for Redis again."""

    until = 0.0


def _is_rung(connection: redis.Redis, queue_name: str) -> bool:
    """Whether a job waits there that has not begun; from now on one does.

    It will see the rows of this commit, so that a rush of bookings makes few jobs.
    """
    name = RUNG + queue_name
    return not connection.set(name, 1, ex=RUNG_SECONDS, nx=True)


def answer() -> None:
    """A job begins to send what is due: the next commit has to ring again."""
    try:
        _redis(settings.REDIS_URL).delete(RUNG + "default", RUNG + "codes")
    except (redis.RedisError, OSError) as error:
        logger.warning("bell: no redis (%s)", type(error).__name__)


def _push(queue_name: str, job: str = JOB) -> bool:
    if time.monotonic() < _Rest.until:
        return False
    try:
        connection = _redis(settings.REDIS_URL)
        if job == JOB and _is_rung(connection, queue_name):
            return True
        queue = rq.Queue(queue_name, connection=connection)
        # No row id and no retry: the job means "send what is due", and the row alone
        # decides whether something is tried again.
        queue.enqueue(job, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=86400)
    except (redis.RedisError, OSError) as error:
        _Rest.until = time.monotonic() + REST_SECONDS
        logger.warning("bell: no redis (%s)", type(error).__name__)
        return False
    return True


def ring_default() -> None:
    """Wake a worker for ordinary messages; silence is no error."""
    _push("default")


def ring_reports() -> None:
    """Wake a worker that asks gateways; the tick does so without it."""
    _push("default", REPORTS_JOB)


def ring_inbox() -> None:
    """Wake a worker that reads what came in; the tick does so without it."""
    _push("default", INBOX_JOB)


def ring_codes() -> None:
    """Wake a worker for a code, or send it here and now."""
    if not _push("codes"):
        drain(
            now=timezone.now(),
            limit=IN_REQUEST,
            only_codes=True,
            seconds=SECONDS_IN_REQUEST,
        )


class _Ring:
    """One ring for all messages of a transaction: the first hook to run does it."""

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


def ring_on_commit(urgency: int) -> None:
    """Ring when the present transaction commits, once for all its messages."""
    action = ring_codes if urgency == Urgency.CODE else ring_default
    transaction.on_commit(_rings.get(action).once, robust=True)
