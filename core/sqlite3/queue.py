"""Who writes next: a queue of processes and threads before SQLite's writer lock.

SQLite's own lock is not fair. Who finds it taken sleeps and tries again later, and
whoever happens to ask at the right moment gets it: with eight busy processes one waited
for seconds. Here everybody draws a number and waits until all smaller numbers are done.

The queue is a file of two numbers, the last one drawn and the last one done. A number
is alive as long as somebody holds a lock on the byte of this position; the kernel
releases the lock of a process that dies, wherever it was. Locks of open files (`man 2
fcntl`, F_OFD_SETLK) are used, because threads of one process wait for each other, too.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time

# Numbers count the bytes behind the two that are stored; nothing is ever written there.
FIRST = 16
# Seconds between two looks: of the next in line, and for each one before that.
NEXT_PAUSE, PAUSE_EACH, LONGEST_PAUSE = 0.0001, 0.0003, 0.005


class QueueTimeout(Exception):
    """Those before did not get done in time."""


class WriterQueue:
    """One place in the queue of a database file, for one connection."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.file: int | None = None
        self.owner = 0
        self.number = 0

    @property
    def has_turn(self) -> bool:
        """Whether this connection is the one that writes."""
        return bool(self.number)

    def wait(self, seconds: float) -> None:
        """Draw a number and return when it is next; raises QueueTimeout."""
        file = self._open()
        self.number = self._draw(file)
        until = time.monotonic() + seconds
        while not self._is_next(file):
            if time.monotonic() > until:
                self.leave()
                raise QueueTimeout
            time.sleep(self._pause(file))

    def leave(self) -> None:
        """Let the next one in; quiet for who has no number."""
        if not self.number or self.file is None:
            return
        number, self.number = self.number, 0
        if self.owner == os.getpid():
            os.pwrite(self.file, struct.pack("q", number), 8)
            _lock(self.file, fcntl.F_UNLCK, FIRST + number, 1)

    def close(self) -> None:
        """Leave, and let go of the file."""
        self.leave()
        if self.file is not None:
            os.close(self.file)
            self.file = None

    def _open(self) -> int:
        # A child process must not share the file, and so the place, of its parent.
        if self.file is None or self.owner != os.getpid():
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self.file = os.open(self.path, flags, 0o660)
            self.owner = os.getpid()
        return self.file

    @staticmethod
    def _draw(file: int) -> int:
        """The next number, alive before anybody else can draw."""
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            (last,) = struct.unpack("q", os.pread(file, 8, 0) or bytes(8))
            _lock(file, fcntl.F_WRLCK, FIRST + last + 1, 1)
            os.pwrite(file, struct.pack("q", last + 1), 0)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
        return last + 1

    def _is_next(self, file: int) -> bool:
        """Whether no smaller number is alive any more."""
        try:
            _lock(file, fcntl.F_RDLCK, FIRST, self.number)
        except BlockingIOError:
            return False
        _lock(file, fcntl.F_UNLCK, FIRST, self.number)
        return True

    def _pause(self, file: int) -> float:
        """Who is next looks often; those behind look as seldom as their turn is far."""
        (done,) = struct.unpack("q", os.pread(file, 8, 8) or bytes(8))
        before = self.number - done - 1
        return min(NEXT_PAUSE + PAUSE_EACH * max(0, before), LONGEST_PAUSE)


def _lock(file: int, kind: int, start: int, length: int) -> None:
    """Lock or release bytes without waiting; raises BlockingIOError."""
    request = struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0)
    fcntl.fcntl(file, fcntl.F_OFD_SETLK, request)
