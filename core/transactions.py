"""Transactions that are tried again when the database says "not now"."""

from __future__ import annotations

import functools
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, transaction

from core.exceptions import Busy

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 5
# Serialization failure, deadlock, lock not available (PostgreSQL manual, appendix A).
RETRYABLE_SQLSTATES = {"40001", "40P01", "55P03"}
# The statement timeout: whoever stood in line so long is told to come back.
TIMED_OUT = "57014"


def is_retryable(error: OperationalError) -> bool:
    """Whether the same transaction may succeed when it is run once more."""
    return _sqlstate(error) in RETRYABLE_SQLSTATES or "database is locked" in str(error)


def _sqlstate(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def broken_constraint(error: IntegrityError) -> str:
    """What a row broke: the name of the constraint; on SQLite the columns of a key."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name or "")
    return str(error).partition(": ")[2]


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311


class RunAgain(Exception):
    """Raised in a service: its transaction has to be undone and run once more.

    For what was drawn at random and turned out to be taken.
    """


class _Running(threading.local):
    """Whether this thread is inside a service; on_commit hooks are outside again."""

    inside = False


_running = _Running()


def atomic_retrying(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction, whole again after a lock or deadlock error.

    A service that another one calls joins its transaction without a savepoint: what
    it refuses ends the outer one, too, unless that wrote `transaction.atomic()` around
    the call. The outermost owns the retry, because a half-run transaction cannot be
    repeated from its middle. Inside a transaction that was opened otherwise it does
    not retry after a lock error, because the whole of that one would have to run again.

    Raises Busy when the database refused every try.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        is_open = transaction.get_connection().in_atomic_block
        if is_open and _running.inside:
            with transaction.atomic(savepoint=False):
                return function(*args, **kwargs)
        outside, _running.inside = _running.inside, True
        try:
            return _run_whole(lambda: function(*args, **kwargs), is_joining=is_open)
        finally:
            _running.inside = outside

    return run


def _run_whole(function: Callable[[], R], *, is_joining: bool) -> R:
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return function()
        except RunAgain:
            continue
        except OperationalError as error:
            if not is_joining and _sqlstate(error) == TIMED_OUT:
                raise Busy from error
            if is_joining or not is_retryable(error):
                raise
            logger.info("tried again: %s", _sqlstate(error) or "locked")
            _pause(attempt)
    raise Busy
