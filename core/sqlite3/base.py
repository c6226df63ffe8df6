"""The connection: every transaction that may write waits for its turn first."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from core.sqlite3.queue import QueueTimeout, WriterQueue

WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")
# As many as the driver keeps prepared.
KEPT = 500


@functools.lru_cache(maxsize=KEPT)
def _with_question_marks(query: str) -> str:
    """Django's statement as SQLite reads it; made once, for the same come again."""
    return base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection with a place in the queue of its database file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue: WriterQueue | None = None

    def init_connection_state(self) -> None:
        """A database in memory has nobody else to wait for."""
        super().init_connection_state()
        if not self.is_in_memory_db():
            self.queue = WriterQueue(f"{self.settings_dict['NAME']}-queue")

    def _start_transaction_under_autocommit(self) -> None:
        # Who only reads, as the audit does, waits for nobody.
        if self.transaction_mode != "DEFERRED":  # type: ignore[attr-defined]
            self._wait_for_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_queue()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_queue()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self.queue is not None:
                self.queue.close()

    def create_cursor(self, name: str | None = None) -> QueuedCursor:
        """A cursor whose single writes outside a transaction wait, too."""
        cursor: QueuedCursor = self.connection.cursor(factory=QueuedCursor)
        cursor.wrapper = self
        return cursor

    @contextmanager
    def turn_to_write(self, query: str) -> Iterator[None]:
        """Around one statement: a write that is its own transaction has its turn."""
        is_alone = query.startswith(WRITING) and not self.connection.in_transaction
        if is_alone:
            self._wait_for_turn()
        try:
            yield
        finally:
            if is_alone:
                self._leave_queue()

    def _wait_for_turn(self) -> None:
        if self.queue is None or self.queue.has_turn:
            return
        try:
            self.queue.wait(self.settings_dict["OPTIONS"].get("timeout", 5))
        except QueueTimeout as error:
            raise OperationalError("database is locked (waited in line)") from error

    def _leave_queue(self) -> None:
        if self.queue is not None:
            self.queue.leave()


class QueuedCursor(base.SQLiteCursorWrapper):
    """See `DatabaseWrapper.create_cursor`."""

    wrapper: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        with self.wrapper.turn_to_write(query):
            return super().execute(query, params)

    def convert_query(
        self, query: str, *, param_names: Sequence[str] | None = None
    ) -> str:
        """Placeholders as Django writes them, made SQLite's."""
        if param_names is None:
            return _with_question_marks(query)
        return str(super().convert_query(query, param_names=param_names))

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement for many rows."""
        with self.wrapper.turn_to_write(query):
            return super().executemany(query, param_list)
