"""Several connections that act at the same moment, in threads of one test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connections

J = TypeVar("J")
WAIT_SECONDS = 60


def at_once(act: Callable[[J], Any], jobs: Sequence[J]) -> list[Any]:
    """What `act(job)` gives or raises for each job, all begun at the same moment."""
    barrier = threading.Barrier(len(jobs))

    def one(job: J) -> Any:
        barrier.wait(WAIT_SECONDS)
        try:
            return act(job)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))
