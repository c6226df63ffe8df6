"""Many clients at the same moment, from several processes."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

WAIT_SECONDS = 120


@dataclass(frozen=True)
class Failed:
    """What a job raised; exceptions themselves do not always survive the journey."""

    reason: str


def run_processes(
    target: Callable[[Any], Any], jobs: Sequence[Any], *, processes: int = 4
) -> list[Any]:
    """Call `target(job)` for every job at once and give the results in order of jobs.

    The jobs are dealt out to `processes` new processes with a thread for each job, and
    all start together. `target` is a function at the top of a module that imports no
    models; jobs and results are plain data. An exception in one is raised here.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(jobs))
    results = context.Queue()
    numbered = list(enumerate(jobs))
    started = [
        context.Process(
            target=_share, args=(target, numbered[first::processes], barrier, results)
        )
        for first in range(min(processes, len(jobs)))
    ]
    for process in started:
        process.start()
    try:
        got = dict(_collect(results) for _ in jobs)
    finally:
        for process in started:
            process.join(5)
            process.kill()
    for result in got.values():
        if isinstance(result, Failed):
            raise AssertionError(result.reason)
    return [got[number] for number in range(len(jobs))]


def _collect(results: Queue[tuple[int, Any]]) -> tuple[int, Any]:
    try:
        return results.get(timeout=WAIT_SECONDS)
    except queue.Empty:
        raise AssertionError(f"a client did not end in {WAIT_SECONDS} s") from None


def _share(
    target: Callable[[Any], Any],
    jobs: list[tuple[int, Any]],
    barrier: Barrier,
    results: Queue[tuple[int, Any]],
) -> None:
    def one(job: Any) -> Any:
        barrier.wait(WAIT_SECONDS)
        return target(job)

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        futures = [(number, pool.submit(one, job)) for number, job in jobs]
        for number, future in futures:
            error = future.exception()
            results.put((number, Failed(repr(error)) if error else future.result()))
