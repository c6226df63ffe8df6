"""Processes that stand in the queue before SQLite's writer; imports no models."""

from __future__ import annotations

import multiprocessing
import struct
import time
from pathlib import Path
from typing import Any

from core.sqlite3.queue import WriterQueue

SECONDS = 60
context = multiprocessing.get_context("fork")


def stand_in_line(path: str, said: Any, may_leave: Any, name: str) -> None:
    """Wait for the turn, say the name, and leave when told."""
    queue = WriterQueue(path)
    queue.wait(SECONDS)
    said.put(name)
    may_leave.wait(SECONDS)
    queue.leave()


class Line:
    """Processes that draw their numbers one after another."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.said = context.Queue()
        self.processes: dict[str, tuple[Any, Any]] = {}

    def add(self, name: str) -> None:
        """One more at the end; returns when it has drawn its number."""
        before = self._drawn()
        may_leave = context.Event()
        process = context.Process(
            target=stand_in_line, args=(str(self.path), self.said, may_leave, name)
        )
        process.start()
        self.processes[name] = (process, may_leave)
        until = time.monotonic() + SECONDS
        while self._drawn() == before:
            assert time.monotonic() < until
            time.sleep(0.01)

    def _drawn(self) -> int:
        stored = self.path.read_bytes()[:8] if self.path.exists() else b""
        return struct.unpack("q", stored)[0] if stored else 0

    def next_one(self) -> str:
        """The name of whoever has its turn now."""
        return self.said.get(timeout=SECONDS)

    def is_quiet(self) -> bool:
        """Whether nobody has got a turn since."""
        time.sleep(0.1)
        return self.said.empty()

    def leave(self, name: str) -> None:
        """Let it end its turn."""
        self.processes[name][1].set()

    def kill(self, name: str) -> None:
        """kill -9, and wait until it is gone."""
        process, _may_leave = self.processes[name]
        process.kill()
        process.join()

    def close(self) -> None:
        """End all of them."""
        for name in self.processes:
            self.kill(name)
