"""Reading one consistent state of the data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """One consistent view of the data, so that a busy site raises no false alarm.

    PostgreSQL needs REPEATABLE READ for it, as the first word of a transaction. A
    SQLite transaction reads one state, but ours begin by taking the one write lock;
    this one must not, or bookings would wait for it. Inside a transaction that is open
    already the audit reads what that one sees.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with _reading_sqlite():
            yield


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
