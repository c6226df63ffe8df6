"""Keys of rows before they are written, so that rows can point to each other.

Usually a row gets its key from the database when it is written, and whoever writes the
next one has to wait for it. With keys that are known, all rows of a booking are made
before the transaction and sent in one go. A process takes a block of keys at once; what
it does not use soon is never used, so that keys still tell roughly what came first.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.transactions import atomic_retrying

BLOCK = 32
SOON_SECONDS = 60.0
Place = tuple[str, str]


@dataclass
class _Block:
    """What is left of a block, and until when (seconds of the epoch) it is used."""

    keys: list[int]
    until: float


_left: dict[Place, _Block] = {}
_lock = threading.Lock()
# A child process must not hand out the keys of its parent.
os.register_at_fork(after_in_child=_left.clear)


def next_keys(model: type[models.Model], count: int) -> list[int]:
    """So many keys for new rows of a model, in rising order; nobody else gets them.

    Those of one process rise; those that two processes take within SOON_SECONDS come
    in any order. Raises Busy when the database stayed locked.
    """
    connection = transaction.get_connection()
    table = model._meta.db_table
    place = (str(connection.settings_dict["NAME"]), table)
    keys = _kept(place, count)
    if len(keys) == count:
        return keys
    block = _reserve(connection, table, max(BLOCK, count))
    # In a transaction that is rolled back the block is, too.
    transaction.on_commit(lambda: _keep(place, block[count:]))
    return block[:count]


def _kept(place: Place, count: int) -> list[int]:
    with _lock:
        block = _left.get(place)
        if block is None or time.time() > block.until:
            return []
        taken = block.keys[:count] if len(block.keys) >= count else []
        del block.keys[: len(taken)]
        return taken


def _keep(place: Place, keys: list[int]) -> None:
    with _lock:
        _left[place] = _Block(keys, time.time() + SOON_SECONDS)


@atomic_retrying
def _reserve(connection: BaseDatabaseWrapper, table: str, count: int) -> list[int]:
    """Take keys from the counter of a table, which Django has no word for.

    https://www.postgresql.org/docs/current/functions-sequence.html,
    https://www.sqlite.org/autoinc.html (the counters are an ordinary table)
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id'))"
                " FROM generate_series(1, %s)",
                [table, count],
            )
            return sorted(key for (key,) in cursor.fetchall())
        cursor.execute(
            "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq",
            [count, table],
        )
        (last,) = cursor.fetchone() or (0,)
        if not last:
            # The table never had a row.
            last = count
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last]
            )
        return list(range(last - count + 1, last + 1))
