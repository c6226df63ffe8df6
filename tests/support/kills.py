"""Processes that are killed at a point of their work, as by a power cut."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

from django.db import connection, connections


def start(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """A process of its own, with connections of its own."""
    connections.close_all()
    process = get_context("fork").Process(target=work, args=arguments)
    process.start()
    return process


def killed_at(table: str, updates: int, when: str, do: Callable[[], Any]) -> None:
    """Do something, and die around its UPDATE of this number of a table.

    `when` is "after" it, or "before the next" statement of the table.
    """
    seen = 0

    def look(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        nonlocal seen
        is_ours = f'"{table}"' in sql
        if is_ours and seen == updates and when == "before the next":
            os.kill(os.getpid(), signal.SIGKILL)
        done = execute(sql, params, many, context)
        seen += is_ours and sql.startswith("UPDATE")
        if seen == updates and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    with connection.execute_wrapper(look):
        do()
