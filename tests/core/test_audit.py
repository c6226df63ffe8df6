from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from core.audit import snapshot
from core.models import Heartbeat


def write(name: str) -> None:
    try:
        Heartbeat.objects.create(name=name, beat_at=timezone.now())
    finally:
        connection.close()


def write_beside(name: str) -> None:
    """Write in a connection of its own, and wait until that is done."""
    thread = threading.Thread(target=write, args=[name])
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_snapshot_holds_up_no_writer_and_sees_one_state() -> None:
    write_beside("before")

    with snapshot():
        seen = [Heartbeat.objects.count()]
        write_beside("meanwhile")
        seen.append(Heartbeat.objects.count())

    assert seen == [1, 1]
    assert Heartbeat.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_snapshot_reads_only() -> None:
    with pytest.raises(DatabaseError), snapshot():
        Heartbeat.objects.create(name="mine", beat_at=timezone.now())

    Heartbeat.objects.create(name="mine", beat_at=timezone.now())
    assert Heartbeat.objects.count() == 1
