"""Writers in processes of their own on one database, and what came of their answers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from config.serve import _die_with_parent
from tests.support.site import BASE_DIR, Site

MAKE_FIELD = """
from tests.support.storm_world import make_field
make_field({runs}, {capacity}, {people})
"""


def make_field(site: Site, *, runs: int, capacity: int, people: int) -> dict[str, Any]:
    """Runs, a service and people to play with; see `storm_acts.Field`."""
    code = MAKE_FIELD.format(runs=runs, capacity=capacity, people=people)
    field_: dict[str, Any] = json.loads(site.python(code).splitlines()[-1])
    return field_


@dataclass
class Writer:
    """One process that does jobs; its journal outlives it."""

    site: Site
    journal: Path
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start it, or start it again after it was killed."""
        with (self.site.folder / "writers.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.writer", str(self.journal)],
                cwd=BASE_DIR,
                env=self.site.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                preexec_fn=_die_with_parent,
            )

    def send(self, job: dict[str, Any]) -> None:
        """Hand over a job."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """The answer to the job, waiting for it; raises AssertionError when it died."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        log = self.site.log("writers")[-2000:]
        assert line, f"the writer ended: {log}"
        return json.loads(line)

    def wait_until_ready(self) -> None:
        """Return when it has started."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.site.log("writers")

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@contextmanager
def writers(site: Site, count: int) -> Iterator[list[Writer]]:
    """So many writers, ready for their jobs; ended afterwards."""
    started = [Writer(site, site.folder / f"journal-{n}.jsonl") for n in range(count)]
    try:
        for writer in started:
            writer.wait_until_ready()
        yield started
    finally:
        for writer in started:
            writer.kill()


def rush(
    crowd: Sequence[Writer], act: str, calls: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Deal the calls out to the writers, all at once; gives all answers."""
    for number, writer in enumerate(crowd):
        share = list(calls[number :: len(crowd)])
        writer.send({"do": "rush", "act": act, "calls": share})
    return [answer for writer in crowd for answer in writer.answer()]


@dataclass
class Told:
    """What a storm was answered, read from the journals."""

    answers: Counter[str]
    facts: list[tuple[str, int, str]]
    errors: list[str]
    kills: int = 0

    @property
    def figures(self) -> str:
        """One line for the reader of the log."""
        counts = ", ".join(f"{n} {word}" for word, n in sorted(self.answers.items()))
        return f"{self.answers.total()} acts ({counts}), {self.kills} kills"


def blow(
    crowd: Sequence[Writer],
    playing_field: dict[str, Any],
    *,
    seconds: float,
    threads: int,
    seed: int,
    kill_every: float = 0.0,
) -> Told:
    """Let the writers act at random; kill one now and then, and start it again."""
    random = Random(seed)
    until = time.monotonic() + seconds

    def job(number: int) -> dict[str, Any]:
        left = max(until - time.monotonic(), 0.5)
        return {
            "do": "storm",
            "field": playing_field,
            "seconds": left,
            "threads": threads,
            "seed": f"{seed}:{number}:{left}",
        }

    for number, writer in enumerate(crowd):
        writer.send(job(number))
    kills = 0
    while kill_every and time.monotonic() < until - kill_every:
        time.sleep(random.uniform(0.5, 1.5) * kill_every)
        number = random.randrange(len(crowd))
        crowd[number].kill()
        crowd[number].start()
        crowd[number].send(job(number))
        crowd[number].wait_until_ready()
        kills += 1
    for writer in crowd:
        writer.answer()
    return _read([writer.journal for writer in crowd], kills)


def _read(journals: Sequence[Path], kills: int) -> Told:
    told = Told(Counter(), [], [], kills)
    for journal in journals:
        for text in journal.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if "answer" not in line:
                continue
            told.answers[line["answer"]] += 1
            told.facts += [tuple(fact) for fact in line.get("facts", [])]
            if line["answer"] in ("error", "busy"):
                told.errors.append(f"{line['of']}: {line.get('trace', 'busy')}")
    return told


def missing_facts(site: Site, told: Told) -> list[tuple[str, int, str]]:
    """What somebody was promised and the database does not know."""
    known = {
        (subject, key, state)
        for subject in ("reservation", "entry", "offer")
        for key, state in site.sql(
            f"SELECT {subject}_id, to_state FROM booking_statuschange"
            f" WHERE {subject}_id IS NOT NULL"
        )
    }
    blocks = site.sql("SELECT id, kind FROM booking_timeblock")
    known |= {("block", key, kind) for key, kind in blocks}
    return [fact for fact in told.facts if fact not in known]
