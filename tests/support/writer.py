"""A process of its own that writes through the services, in several threads.

`python -m tests.support.writer JOURNAL` reads one job from each line of its input,
JSON, and answers with one line when it is done:

    {"do": "rush", "act": …, "calls": [{…}, …]}     every call at the same moment
    {"do": "storm", "field": {…}, "seconds": 5, "threads": 4, "seed": 1}

The journal has a line for each try of a storm before it begins, and one for each answer
after it was given, flushed to the disk: what it says was promised to somebody.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from core.exceptions import Busy, HidajError  # noqa: E402
from tests.support import rushes, storm_acts  # noqa: E402
from tests.support.storm_acts import Act, Field  # noqa: E402


class Journal:
    """Lines that are on the disk when `write` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("a", encoding="utf-8")
        self.lock = threading.Lock()

    def write(self, **line: Any) -> None:
        """Add one line."""
        with self.lock:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()
            os.fsync(self.file.fileno())

    def unanswered(self) -> list[dict[str, Any]]:
        """Forms that an earlier process sent and got no answer to."""
        tries: dict[str, dict[str, Any]] = {}
        for text in self.path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if "act" in line:
                tries[line["key"]] = line
            else:
                tries.pop(line["key"], None)
        return [t for t in tries.values() if t["act"] in storm_acts.WITH_KEY]


def answer_of(function: Callable[[], list[Any]]) -> dict[str, Any]:
    """What a person would be told: done (with facts), refused, busy, or an error."""
    try:
        return {"answer": "done", "facts": function()}
    except HidajError as error:
        return {"answer": "refused", "code": error.code}
    except Busy:
        return {"answer": "busy"}
    except Exception:  # noqa: BLE001 - whatever it is, a person would see a 500
        return {"answer": "error", "trace": traceback.format_exc()[-1500:]}


def storm(job: dict[str, Any], journal: Journal) -> dict[str, int]:
    """Act at random until the time is over; gives how often each answer was given."""
    field = Field(**job["field"])
    counts: Counter[str] = Counter()
    until = time.monotonic() + job["seconds"]
    for line in journal.unanswered():
        _act(field, line, journal, counts)

    def write(number: int) -> None:
        random = Random(f"{job['seed']}:{number}")
        while time.monotonic() < until:
            key = UUID(int=random.getrandbits(128), version=4)
            line = {
                "key": str(key),
                "act": storm_acts.choose(random),
                "seed": random.getrandbits(32),
            }
            journal.write(**line)
            _act(field, line, journal, counts)
        connection.close()

    with ThreadPoolExecutor(job["threads"]) as pool:
        list(pool.map(write, range(job["threads"])))
    return dict(counts)


def _act(
    field: Field, line: dict[str, Any], journal: Journal, counts: Counter[str]
) -> None:
    act = Act(field, Random(line["seed"]), UUID(line["key"]), timezone.now())
    answer = answer_of(lambda: storm_acts.BY_NAME[line["act"]](act))
    journal.write(key=line["key"], of=line["act"], **answer)
    counts[answer["answer"]] += 1


def rush(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Make every call at the same moment; gives their answers in order."""
    function = getattr(rushes, job["act"])
    barrier = threading.Barrier(len(job["calls"]))

    def call(arguments: dict[str, Any]) -> dict[str, Any]:
        barrier.wait(60)
        try:
            return answer_of(lambda: function(**arguments))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(job["calls"])) as pool:
        return list(pool.map(call, job["calls"]))


def main() -> None:
    """Do one job after another until the input ends."""
    journal = Journal(Path(sys.argv[1]))
    print("ready", flush=True)
    for text in sys.stdin:
        job = json.loads(text)
        done = rush(job) if job["do"] == "rush" else storm(job, journal)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
