"""Reading one consistent state of the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg import IsolationLevel


@contextmanager
def snapshot() -> Iterator[None]:
    """One consistent view of the data, so that a busy site raises no false alarm.

    PostgreSQL needs REPEATABLE READ for it. A
    SQLite transaction reads one state, but ours begin by taking the one write lock;
    this one must not, or bookings would wait for it. Inside a transaction that is open
    already the audit reads what that one sees.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with _reading_postgres():
            yield
    else:
        with _reading_sqlite():
            yield


@contextmanager
def _reading_postgres() -> Iterator[None]:
    """A transaction whose very BEGIN says what it is: no trip more than any other."""
    connection.ensure_connection()
    wire: Any = connection.connection
    wire.isolation_level, wire.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with transaction.atomic():
            yield
    finally:
        if not wire.closed:
            wire.isolation_level, wire.read_only = None, None


@contextmanager
def _reading_sqlite() -> Iterator[None]:
    """A transaction of SQLite that waits for no writer and writes nothing."""
    connection.ensure_connection()
    mode = connection.transaction_mode  # type: ignore[attr-defined]
    connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    try:
        _set_query_only("ON")
        with transaction.atomic():
            yield
    finally:
        connection.transaction_mode = mode  # type: ignore[attr-defined]
        _set_query_only("OFF")


def _set_query_only(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA query_only = {value}")
