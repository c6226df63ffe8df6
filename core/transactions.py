"""Transactions that are tried again when the database says "not now"."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, transaction

from core.exceptions import Busy

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 5
# Serialization failure, deadlock, lock not available (PostgreSQL manual, appendix A).
RETRYABLE_SQLSTATES = {"40001", "40P01", "55P03"}


def is_retryable(error: OperationalError) -> bool:
    """Whether the same transaction may succeed when it is run once more."""
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return sqlstate in RETRYABLE_SQLSTATES or "database is locked" in str(error)


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311


def atomic_retrying(function: Callable[P, R]) -> Callable[P, R]:
    """Run a service in one transaction, whole again after a lock or deadlock error.

    Inside a transaction that is already open it only joins: the outermost service
    owns the retry, because a half-run transaction cannot be repeated from its middle.

    Raises Busy when the database refused every try.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction.get_connection().in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        for attempt in range(TRIES):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if not is_retryable(error):
                    raise
                _pause(attempt)
        raise Busy

    return run
