"""Workers of long work that are killed with -9 at each point, and two at once.

In the end everything was done exactly once. `HIDAJ_NIGHT=1` does so many times.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import random
import signal
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from django_rq import get_worker
from rq import SimpleWorker

from accounts.models import User
from core import bell, work
from core.tick import run_tick
from core.work_models import Work, WorkFile, WorkPiece, WorkState
from courses.models import CourseRun, RunMessageCopy
from courses.services.announcements import KIND as MESSAGE
from courses.services.announcements import write_message
from desk import announcing
from desk.exports import listing
from notifications.models import OutboxMessage
from tests.desk.people import enrol_one
from tests.factories import NOW, make_course, make_run, make_user
from tests.support.kills import killed_at, start

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 20 if os.environ.get("HIDAJ_NIGHT") else 1
PEOPLE = 5
KINDS = (listing.KIND, MESSAGE)
# After so many UPDATEs of the work, before or after which statement: taking it up,
# counting, and each chunk are one transaction each.
POINTS = {
    "not taken up": (1, "after"),
    "taken up": (1, "before the next"),
    "counted": (2, "before the next"),
    "chunk not committed": (3, "after"),
    "chunk committed": (3, "before the next"),
    "end not committed": (5, "after"),
}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(listing, "CHUNK", 2)
    monkeypatch.setattr(announcing, "CHUNK", 2)


@pytest.fixture
def run() -> CourseRun:
    run = make_run(course=make_course(capacity=PEOPLE))
    for number in range(PEOPLE):
        enrol_one(run, name=f"هنرجوی {number}")
    return run


def ask(kind: str, run: CourseRun, by: User, number: int) -> Work:
    def keep() -> dict[str, int]:
        message = write_message(
            run_id=run.pk, text_fa="سلام", text_en="", by=by, now=NOW
        )
        return {"message": message.pk}

    return work.start(
        kind=kind,
        parameters=listing.of_run(run, "csv"),
        actor=by.pk,
        language="fa",
        key=uuid.UUID(int=number),
        now=NOW,
        before=keep if kind == MESSAGE else None,
    )


def work_until(updates: int, when: str, do: Callable[[], Any]) -> None:
    """Work, and be killed at a point of it."""
    killed_at("core_work", updates, when, do)


def serve_queue() -> None:
    """What the worker of the site does until its queue is empty."""
    get_worker("default", worker_class=SimpleWorker).work(burst=True)


def work_now(now: dt.datetime) -> None:
    work.work_off(now=now)


def assert_done_once(asked: Work) -> None:
    asked.refresh_from_db()
    assert (asked.state, asked.done, asked.total) == (WorkState.DONE, PEOPLE, PEOPLE)
    if asked.kind == MESSAGE:
        copies = RunMessageCopy.objects.filter(message=asked.parameters["message"])
        told = OutboxMessage.objects.filter(subject_id__in=copies.values("pk"))
        sms = told.filter(kind=MESSAGE, channel="sms")
        assert copies.count() == sms.count() == PEOPLE
        return
    content = bytes(WorkFile.objects.get(work=asked).content).decode()
    names = [row[4] for row in csv.reader(io.StringIO(content))][1:]
    assert names == [f"هنرجوی {number}" for number in range(PEOPLE)]
    assert not WorkPiece.objects.filter(work=asked).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_worker_killed_at_a_point_loses_and_doubles_nothing(
    run: CourseRun, kind: str
) -> None:
    by, killed = make_user(), 0
    for number, (updates, when) in enumerate([*POINTS.values()] * TIMES):
        asked = ask(kind, run, by, number)

        process = start(work_until, updates, when, partial(work_now, NOW))
        process.join()

        assert process.exitcode == -signal.SIGKILL
        killed += 1
        later = NOW + work.LEASE + dt.timedelta(minutes=1)
        work.work_off(now=later)
        assert_done_once(asked)
    print(f"{kind}: {killed} workers killed")


@pytest.mark.parametrize("kind", KINDS)
def test_worker_of_the_queue_is_killed_and_the_next_one_goes_on(
    run: CourseRun, kind: str, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests have found Redis away.
    monkeypatch.setattr(bell.Rest, "until", 0.0)
    asked = ask(kind, run, make_user(), 1)

    process = start(work_until, *POINTS["chunk committed"], serve_queue)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    asked.refresh_from_db()
    assert (asked.state, asked.done) == (WorkState.RUNNING, 2)

    # The tick finds it once the lease has run out, whatever became of the job.
    Work.objects.update(lease_until=timezone.now())
    run_tick(timezone.now())
    assert_done_once(asked)


@pytest.mark.parametrize("kind", KINDS)
def test_storm_of_kills_and_two_at_once(run: CourseRun, kind: str) -> None:
    chance, now, by = random.Random(5), NOW, make_user()
    for number in range(TIMES):
        asked = ask(kind, run, by, number)
        for _round in range(2):
            workers = [start(work_now, now) for _ in range(2)]
            time.sleep(chance.uniform(0.0, 0.2))
            for worker in workers:
                worker.kill()
                worker.join()
            now += work.LEASE + dt.timedelta(minutes=1)
        last = [start(work_now, now) for _ in range(2)]
        for worker in last:
            worker.join()

        assert [worker.exitcode for worker in last] == [0, 0]
        assert_done_once(asked)
