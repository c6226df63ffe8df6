"""Who writes next: a queue of processes and threads before SQLite's writer lock.

SQLite's own lock is not fair. Who finds it taken sleeps and tries again later, and
whoever happens to ask at the right moment gets it: with eight busy processes one waited
for seconds. Here everybody draws a number and waits until all smaller numbers are done.

The queue is a file of two numbers, the last one drawn and the last one done. A number
is alive as long as somebody holds a lock on the byte of this position; the kernel
releases the lock of a process that dies, wherever it was. Locks of open files (`man 2
fcntl`, F_OFD_SETLK) are used, because threads of one process wait for each other, too.

Who leaves rings the next one, by a datagram to the socket of its number. A ring only
says that it is worth looking: who hears none, because the one before died or lives in
another container, looks by itself from time to time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
import time
from collections.abc import Iterator

# Numbers count the bytes behind the two that are stored; nothing is ever written there.
FIRST = 16
# Seconds between two looks of who hears no bell: for each one in the line before.
PAUSE_EACH, LONGEST_PAUSE = 0.005, 0.05


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
        if self._is_next(file):
            return
        until = time.monotonic() + seconds
        # Who is rung from here on, before the next look, hears it in `_listen`.
        with _bell(file, self.number) as bell:
            while not self._is_next(file):
                if time.monotonic() > until:
                    self.leave()
                    raise QueueTimeout
                _listen(bell, self._pause(file))

    def leave(self) -> None:
        """Let the next one in; quiet for who has no number."""
        if not self.number or self.file is None:
            return
        number, self.number = self.number, 0
        if self.owner == os.getpid():
            os.pwrite(self.file, struct.pack("q", number), 8)
            _lock(self.file, fcntl.F_UNLCK, FIRST + number, 1)
            _ring_after(self.file, number)

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
            last = _stored(file, 0)
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
        """Those behind look as seldom as their turn is far."""
        return min(PAUSE_EACH * (self.number - _stored(file, 8)), LONGEST_PAUSE)


def _address(file: int, number: int) -> str:
    """Of the socket of a number, in Linux's abstract namespace (`man 7 unix`)."""
    known = os.fstat(file)
    return f"\0hidaj-queue-{known.st_dev}-{known.st_ino}-{number}"


@contextlib.contextmanager
def _bell(file: int, number: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        # A name that somebody took leaves a bell that never rings.
        with contextlib.suppress(OSError):
            bell.bind(_address(file, number))
        yield bell


def _ring_after(file: int, number: int) -> None:
    """Ring the first one behind a number who has a bell."""
    last = _stored(file, 0)
    if last == number:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as rings:
        rings.setblocking(False)
        for behind in range(number + 1, last + 1):
            with contextlib.suppress(OSError):
                rings.sendto(b"!", _address(file, behind))
                return


def _listen(bell: socket.socket, seconds: float) -> None:
    bell.settimeout(seconds)
    with contextlib.suppress(TimeoutError):
        bell.recv(1)


def _stored(file: int, position: int) -> int:
    """One of the two numbers of the file: the last drawn at 0, the last done at 8."""
    (number,) = struct.unpack("q", os.pread(file, 8, position) or bytes(8))
    return int(number)


def _lock(file: int, kind: int, start: int, length: int) -> None:
    """Lock or release bytes without waiting; raises BlockingIOError."""
    request = struct.pack("hhqqi4x", kind, os.SEEK_SET, start, length, 0)
    fcntl.fcntl(file, fcntl.F_OFD_SETLK, request)
