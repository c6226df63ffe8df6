"""Two senders at once, and senders that are killed."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connection, connections
from django.utils import timezone

from core.audit import run_audit
from notifications import services
from notifications.models import OutboxMessage, State
from notifications.results import reconcile_leases
from tests.factories import NOW
from tests.notifications.conftest import (
    FOREIGN,
    PHONE,
    Owner,
    enqueue,
    sent_sms,
    state_of,
)
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

AFTER_LEASE = dt.timedelta(minutes=2)
SETTINGS_OF_THE_SENDER = (
    "KAVENEGAR_BASE_URL",
    "KAVENEGAR_API_KEY",
    "TWILIO_BASE_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_API_KEY",
    "TWILIO_API_SECRET",
    "TWILIO_MESSAGING_SERVICE_SID",
)


def drain_in_threads(count: int) -> None:
    start = threading.Barrier(count)

    def work() -> None:
        start.wait()
        services.drain(now=NOW)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_drains_at_once_send_each_message_once(owner: Owner) -> None:
    for n in range(24):
        enqueue(dedupe_key=f"normal:{n}", expires_at=None)

    drain_in_threads(4)

    keys = Counter(sms["dedupe_key"] for sms in sent_sms())
    assert keys == {f"normal:{n}": 1 for n in range(24)}
    states = set(OutboxMessage.objects.values_list("state", flat=True))
    assert states == {State.ACCEPTED}
    assert not any(result.violations for result in run_audit())


def test_sweeps_at_once_settle_each_message_once(owner: Owner) -> None:
    message = enqueue(expires_at=None)
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=State.SENDING,
        lease_until=NOW,
        lease_token="dead",
        gateway="file",
        first_call_at=NOW,
    )

    def work() -> None:
        reconcile_leases(now=NOW)
        services.drain(now=NOW + AFTER_LEASE)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    services.drain(now=NOW + AFTER_LEASE)
    assert state_of(message) == State.ACCEPTED
    assert len(sent_sms()) == 1


def database_url() -> str:
    """The address of the test database, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    host = f"{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}"
    user = f"{database['USER']}:{database['PASSWORD']}"
    return f"postgres://{user}@{host}/{database['NAME']}"


@contextmanager
def sender(settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py drain` in a process of its own, with the test's kinds."""
    environment = {name: getattr(settings, name) for name in SETTINGS_OF_THE_SENDER}
    environment |= {
        "DATABASE_URL": database_url(),
        "SMS_ROUTES": "+98=kavenegar,*=twilio",
        "SMS_TIMEOUT": "30",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.drain"],
        env={**os.environ, **environment},
        cwd=site_settings.BASE_DIR,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("recipient", "ends", "posts"),
    [(PHONE, State.ACCEPTED, 2), (FOREIGN, State.UNKNOWN, 1)],
    ids=["kavenegar", "twilio"],
)
def test_sender_killed_during_the_call(
    owner: Owner,
    gateway: FakeGateway,
    settings: Any,
    recipient: str,
    ends: str,
    posts: int,
) -> None:
    gateway.mode = "hang"
    message = enqueue("test_now", recipient=recipient, now=timezone.now())

    with sender(settings) as process:
        assert gateway.arrived.wait(30)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert state_of(message) == State.SENDING
    gateway.mode = "accept"
    later = timezone.now() + AFTER_LEASE
    reconcile_leases(now=later)
    services.drain(now=later + AFTER_LEASE)

    assert state_of(message) == ends
    assert len(gateway.posts) == posts
    assert len(gateway.sent) == 1


def test_sender_killed_before_the_call_is_replaced(
    owner: Owner, gateway: FakeGateway
) -> None:
    message = enqueue(recipient=FOREIGN, expires_at=None)
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=State.SENDING, lease_until=NOW, lease_token="dead", attempts=1
    )

    reconcile_leases(now=NOW)
    services.drain(now=NOW)

    assert state_of(message) == State.ACCEPTED
    assert len(gateway.posts) == 1
