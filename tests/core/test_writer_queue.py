"""The queue before SQLite's writer: fair, and not stopped by who dies in it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from core.models import Heartbeat
from core.sqlite3 import queue
from core.sqlite3.queue import QueueTimeout, WriterQueue
from tests.factories import NOW
from tests.support.line import SECONDS, Line


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "queue")


@pytest.fixture
def line(path: str) -> Iterator[Line]:
    line = Line(path)
    yield line
    line.close()


@pytest.fixture
def holder(path: str) -> Iterator[WriterQueue]:
    holder = WriterQueue(path)
    holder.wait(1)
    yield holder
    holder.close()


def test_queue_lets_in_by_order_of_arrival(line: Line, holder: WriterQueue):
    names = ["first", "second", "third"]
    for name in names:
        line.add(name)
    assert line.is_quiet()

    holder.leave()

    for name in names:
        assert line.next_one() == name
        assert line.is_quiet()
        line.leave(name)


def test_killed_waiter_lets_nobody_in_too_early(line: Line, holder: WriterQueue):
    line.add("killed")
    line.add("after")

    line.kill("killed")

    assert line.is_quiet()
    holder.leave()
    assert line.next_one() == "after"


def test_killed_holder_makes_room_at_once(line: Line):
    line.add("killed")
    assert line.next_one() == "killed"
    line.add("after")

    line.kill("killed")

    assert line.next_one() == "after"


def test_threads_of_one_process_wait_for_each_other(path: str, holder: WriterQueue):
    other = WriterQueue(path)
    thread = threading.Thread(target=other.wait, args=(SECONDS,))
    thread.start()
    time.sleep(0.05)
    assert thread.is_alive()

    holder.leave()
    thread.join(SECONDS)

    assert other.has_turn
    other.close()


def test_who_leaves_wakes_the_next_one(
    line: Line, holder: WriterQueue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queue, "PAUSE_EACH", 10 * SECONDS)
    monkeypatch.setattr(queue, "LONGEST_PAUSE", 10 * SECONDS)
    for name in ("next", "after"):
        line.add(name)

    holder.leave()

    # Nobody looks by himself within the time that the line waits for a name.
    assert line.next_one() == "next"
    line.leave("next")
    assert line.next_one() == "after"


def test_whose_bell_was_taken_looks_by_himself(line: Line, holder: WriterQueue):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        stranger.bind(queue._address(holder.file, holder.number + 1))
        line.add("deaf")

        holder.leave()

        assert line.next_one() == "deaf"


def test_waiting_ends_after_its_time(path: str, holder: WriterQueue):
    late = WriterQueue(path)

    with pytest.raises(QueueTimeout):
        late.wait(0.05)

    assert not late.has_turn
    holder.leave()
    late.wait(1)
    late.close()


needs_sqlite = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL has no queue of writers"
)


@needs_sqlite
@pytest.mark.django_db(transaction=True)
def test_every_write_waits_its_turn():
    with transaction.atomic():
        assert connection.queue.has_turn
        Heartbeat.objects.create(name="inside", beat_at=NOW)
    assert not connection.queue.has_turn

    before = _draw()
    Heartbeat.objects.filter(name="inside").update(beat_at=NOW)
    assert _draw() == before + 2, "a write outside a transaction draws one, too"

    before = _draw()
    assert Heartbeat.objects.count() == 1
    assert _draw() == before + 1, "a read draws none"


def _draw() -> int:
    """The next number of the queue."""
    drawn = WriterQueue(connection.queue.path)
    drawn.wait(1)
    number = drawn.number
    drawn.close()
    return number


@needs_sqlite
@pytest.mark.django_db(transaction=True)
def test_refused_transaction_leaves_the_queue():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError

    assert not connection.queue.has_turn
