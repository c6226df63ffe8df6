"""Clients: processes that do one thing again and again, all at the same time.

Runs inside a place's process, where Django is set up. A case is a function
`case(job) -> act`; `act()` does the thing once and returns a word for the outcome, or
None when the client has nothing left to do. What it keeps in a list `act.notes` comes
back, too.
"""

from __future__ import annotations

import gc
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connections

from bench.report import percentile

WAIT_SECONDS = 120
Act = Callable[[], str | None]


class ClientFailed(AssertionError):
    """A client raised; the text is its traceback."""


@dataclass
class Measured:
    """What clients did together: outcomes, and how long each act took in seconds.

    `warmed` are the outcomes of the acts that were not timed.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    warmed: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    per_client: list[int] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Acts per second of all clients together."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def milliseconds(self) -> dict[str, float]:
        """How long an act took: the median, the 99th percentile and the longest."""
        times = sorted(self.times)
        return {
            "p50_ms": percentile(times, 50) * 1000,
            "p99_ms": percentile(times, 99) * 1000,
            "max_ms": (times[-1] if times else 0.0) * 1000,
        }


def measure(
    case: Callable[[Any], Act],
    jobs: Sequence[Any],
    *,
    seconds: float,
    warm_up: int = 0,
) -> Measured:
    """Run `case` in one process for each job, for so many seconds.

    Each does it `warm_up` times before the clock runs: a process that was just forked
    copies the memory that it touches, and prepares its statements.
    """
    context = get_context("fork")
    barrier = context.Barrier(len(jobs))
    # A connection must not be shared with a child.
    connections.close_all()
    # A collection in a child would copy all memory of its parent.
    gc.freeze()
    pipes, processes = [], []
    for job in jobs:
        here, there = context.Pipe(duplex=False)
        process = context.Process(
            target=_client, args=(case, job, seconds, warm_up, barrier, there)
        )
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    got = [_received(pipe) for pipe in pipes]
    for process in processes:
        process.join()
    failed = [one for one in got if isinstance(one, str)]
    if failed:
        raise ClientFailed("\n".join(failed))
    return _together(got)


def _received(pipe: Connection) -> Any:
    try:
        return pipe.recv()
    except EOFError:
        return "a client ended without a word"


def _client(
    case: Callable[[Any], Act],
    job: Any,
    seconds: float,
    warm_up: int,
    barrier: Barrier,
    results: Connection,
) -> None:
    try:
        act = case(job)
        warmed = Counter(outcome for _ in range(warm_up) if (outcome := act()))
        results.send((warmed, *_act_for(act, seconds, barrier)))
    except Exception:  # noqa: BLE001 (told to the parent, which raises it)
        barrier.abort()
        results.send(traceback.format_exc())
    finally:
        results.close()


def _act_for(act: Act, seconds: float, barrier: Barrier) -> Any:
    barrier.wait(WAIT_SECONDS)
    outcomes: Counter[str] = Counter()
    times = []
    cpu = time.process_time()
    started = before = time.perf_counter()
    until = started + seconds
    while before < until:
        outcome = act()
        if outcome is None:
            break
        after = time.perf_counter()
        times.append(after - before)
        outcomes[outcome] += 1
        before = after
    notes = getattr(act, "notes", [])
    return outcomes, times, started, before, time.process_time() - cpu, notes


def _together(got: list[Any]) -> Measured:
    whole = Measured()
    for warmed, outcomes, times, _started, _ended, cpu, notes in got:
        whole.warmed += warmed
        whole.notes += notes
        whole.cpu_seconds += cpu
        whole.outcomes += outcomes
        whole.times += times
        whole.per_client.append(len(times))
    whole.seconds = max(g[4] for g in got) - min(g[3] for g in got)
    return whole
