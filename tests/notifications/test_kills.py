"""Senders that are killed with -9, at each point of their work and at any moment.

In the end every message went exactly once. `HIDAJ_NIGHT=1` kills hundreds of them.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import time
from collections import Counter
from functools import partial
from typing import Any

import pytest

from notifications import services
from notifications.models import OutboxMessage, State
from notifications.reports import ask_for_reports
from notifications.results import reconcile_leases
from tests.factories import NOW
from tests.notifications.conftest import Owner, enqueue
from tests.support.fake_gateway import FakeGateway
from tests.support.kills import killed_at, start

pytestmark = pytest.mark.django_db(transaction=True)

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
TIMES = 40 if IS_NIGHT else 1
STORMS, MESSAGES = (40, 24) if IS_NIGHT else (1, 6)
MINUTE = dt.timedelta(minutes=1)
PREFIXES = {"kavenegar": "+98999123", "twilio": "+4915551234"}
# After so many UPDATEs of the outbox, before or after which statement: the claim, the
# announcement of the call and the answer are one transaction each.
POINTS = {
    "claim not committed": (1, "after"),
    "claimed": (1, "before the next"),
    "announcement not committed": (2, "after"),
    "called": (2, "before the next"),
    "answer not committed": (3, "after"),
}


@pytest.fixture(autouse=True)
def silent_bell(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def drain_until(updates: int, when: str) -> None:
    """Send one message and be killed at a point of it."""
    send_one = partial(services.drain, now=NOW, limit=1)
    killed_at("notifications_outboxmessage", updates, when, send_one)


def drain_all(now: dt.datetime) -> None:
    services.drain(now=now)


def recover(now: dt.datetime) -> dt.datetime:
    """What the tick does afterwards, until nothing is left; gives the time then."""
    left = OutboxMessage.objects.exclude(state=State.ACCEPTED)
    for _round in range(12):
        if not left.exists():
            break
        now += 4 * MINUTE
        reconcile_leases(now=now)
        services.drain(now=now)
        ask_for_reports(now)
    return now


@pytest.mark.parametrize("gateway_name", PREFIXES)
@pytest.mark.parametrize("point", POINTS)
def test_sender_killed_at_a_point_is_made_good(
    owner: Owner, gateway: FakeGateway, gateway_name: str, point: str
) -> None:
    for number in range(TIMES):
        gateway.forget()
        message = enqueue(
            "test_now",
            recipient=f"{PREFIXES[gateway_name]}{number:04}",
            dedupe_key=f"killed:{number}",
            expires_at=None,
        )

        process = start(drain_until, *POINTS[point])
        process.join()
        assert process.exitcode == -signal.SIGKILL
        had_called = len(gateway.sent)
        recover(NOW)

        message.refresh_from_db()
        assert message.state == State.ACCEPTED
        assert len(gateway.sent) == 1
        assert had_called == (point in ("called", "answer not committed"))


def test_storm_of_kills_loses_and_doubles_nothing(
    owner: Owner, gateway: FakeGateway
) -> None:
    chance, killed, now = random.Random(7), 0, NOW
    gateway.delay = 0.05
    for storm in range(STORMS):
        for number in range(MESSAGES):
            prefix = list(PREFIXES.values())[number % 2]
            enqueue(
                "test_now",
                recipient=f"{prefix}{storm:02}{number:02}",
                dedupe_key=f"storm:{storm}:{number}",
                expires_at=None,
                now=now,
            )
        for _attempt in range(3):
            senders = [start(drain_all, now) for _ in range(2)]
            time.sleep(chance.uniform(0.02, 0.6))
            for sender in senders:
                sender.kill()
                sender.join()
                killed += sender.exitcode == -signal.SIGKILL
            gateway.settle()
            now += 4 * MINUTE
            reconcile_leases(now=now)
            ask_for_reports(now)
        now = recover(now)

    print(f"storm of kills: {killed} senders, {STORMS * MESSAGES} messages")
    phones = Counter(sms.get("receptor") or sms["To"] for sms in gateway.sent)
    assert set(phones.values()) == {1}
    assert len(phones) == STORMS * MESSAGES
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {
        State.ACCEPTED
    }
    assert killed
