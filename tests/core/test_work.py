from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core import work
from core.exceptions import HidajError
from core.models import Heartbeat
from core.tasks import do_due_work
from core.tick import run_tick
from core.work_models import Work, WorkFile, WorkPiece, WorkQuerySet, WorkState
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = "redis://127.0.0.1:1/0"
MINUTE = dt.timedelta(minutes=1)


def count_to(one: Work) -> int:
    return int(one.parameters["to"])


def count_on(one: Work, now: dt.datetime) -> work.Step:
    """One row for each number: what is done twice is seen."""
    number, last = one.cursor + 1, count_to(one)
    if number in one.parameters.get("refused", []):
        raise HidajError("The third is not to be had.")
    if number in one.parameters.get("broken", []):
        raise KeyError(number)

    def write() -> None:
        Heartbeat.objects.create(name=f"{one.pk}:{number}", beat_at=now)
        if number == last:
            work.keep_file(one, "counted.txt", "text/plain", b"1 2 3", now)
        else:
            work.keep_piece(one, number, number)

    return work.Step(1, number, number == last, write)


@pytest.fixture(autouse=True)
def counting(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = NOBODY
    kind = work.WorkKind("count", count_to, count_on, str, str)
    work.register(kind)
    yield
    del work._kinds["count"]


def ask(key: int = 1, **parameters: Any) -> Work:
    return work.start(
        kind="count",
        parameters={"to": 3, **parameters},
        actor=7,
        language="fa",
        key=uuid.UUID(int=key),
        now=NOW,
    )


def counted() -> int:
    return (
        Heartbeat.objects.filter(name__contains=":")
        .exclude(name__startswith="tick:")
        .count()
    )


def test_work_is_done_in_chunks_and_says_so() -> None:
    asked = ask()
    assert (asked.state, asked.total) == (WorkState.WAITING, None)

    # The count of the whole, two chunks; after the last one nothing goes on.
    assert work.work_off(now=NOW) == 3

    asked.refresh_from_db()
    assert (asked.state, asked.done, asked.total) == (WorkState.DONE, 3, 3)
    assert counted() == 3
    assert asked.file.name == "counted.txt"
    assert not WorkPiece.objects.exists()


def test_form_sent_twice_is_one_work() -> None:
    assert ask() == ask()
    with pytest.raises(HidajError):
        ask(to=4)

    assert Work.objects.count() == 1


def test_progress_is_kept_when_a_worker_makes_a_pause() -> None:
    asked = ask()

    work.work_off(now=NOW, seconds=0)
    asked.refresh_from_db()
    assert (asked.state, asked.done, asked.total) == (WorkState.RUNNING, 0, 3)
    work.work_off(now=NOW + MINUTE, seconds=0)
    asked.refresh_from_db()
    assert asked.done == 1

    # What made a pause is due at once.
    do_due_work()
    asked.refresh_from_db()
    assert asked.state == WorkState.DONE
    assert counted() == 3


def test_lease_keeps_others_away_until_it_runs_out() -> None:
    asked = ask()
    first = work.claim(NOW)
    assert first is not None

    assert work.claim(NOW + work.LEASE / 2) is None
    second = work.claim(NOW + work.LEASE + MINUTE)
    assert second is not None

    # The one that was slow has lost it and writes nothing any more.
    later = NOW + work.LEASE + MINUTE
    assert not work.advance(asked.pk, first.lease_token, later)
    assert work.advance(asked.pk, second.lease_token, later)
    asked.refresh_from_db()
    assert asked.total == 3


def test_lease_that_is_lost_in_the_middle_of_a_chunk_writes_nothing() -> None:
    asked = ask()
    slow = work.claim(NOW)
    assert slow is not None
    work.advance(asked.pk, slow.lease_token, NOW)
    slow = Work.objects.get()
    step = count_on(slow, NOW)

    work.work_off(now=NOW + work.LEASE + MINUTE)
    assert not work._write(slow, NOW, step.write, done=1)

    assert counted() == 3


def test_without_the_lease_the_same_chunk_would_be_done_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the tests above: with the lease made faulty they would fail."""
    ask(to=9)
    slow = work.claim(NOW)
    assert slow is not None
    work.advance(slow.pk, slow.lease_token, NOW)
    slow.refresh_from_db()
    told: list[int] = []
    step = work.Step(1, 1, False, lambda: told.append(1))
    other = work.claim(NOW + work.LEASE + MINUTE)
    assert other is not None
    assert work._write(other, NOW, step.write, done=1)

    assert not work._write(slow, NOW, step.write, done=1)
    assert told == [1]
    monkeypatch.setattr(
        WorkQuerySet, "leased", lambda rows, pk, token: rows.filter(pk=pk)
    )
    assert work._write(slow, NOW, step.write, done=1)
    assert told == [1, 1]


def test_refusal_stops_it_with_its_sentence_and_it_can_go_on() -> None:
    asked = ask(refused=[3])
    work.work_off(now=NOW)
    asked.refresh_from_db()
    assert (asked.state, asked.done) == (WorkState.FAILED, 2)
    assert asked.failure == "The third is not to be had."

    Work.objects.update(parameters={"to": 3})
    work.again(work_id=asked.pk, now=NOW)
    work.work_off(now=NOW)

    asked.refresh_from_db()
    assert (asked.state, asked.failure) == (WorkState.DONE, "")
    assert counted() == 3


def test_fault_of_the_program_stops_it_and_not_the_tick() -> None:
    asked = ask(broken=[2])

    done = run_tick(NOW)

    asked.refresh_from_db()
    assert asked.state == WorkState.FAILED
    assert "مدیر سامانه" in asked.failure or "administrator" in asked.failure
    assert "work.sweep" in done


def test_work_that_brings_down_every_worker_is_given_up() -> None:
    asked, now = ask(), NOW
    for _worker in range(work.MOST_TRIES):
        assert work.claim(now) is not None
        now += work.LEASE + MINUTE

    assert work.claim(now) is None

    asked.refresh_from_db()
    assert asked.state == WorkState.FAILED
    assert asked.failure


def test_again_leaves_what_did_not_stop_alone() -> None:
    asked = ask()
    work.work_off(now=NOW)

    work.again(work_id=asked.pk, now=NOW)

    asked.refresh_from_db()
    assert asked.state == WorkState.DONE


def test_tick_does_it_without_redis() -> None:
    asked = ask()

    run_tick(NOW)

    asked.refresh_from_db()
    assert asked.state == WorkState.DONE


def test_files_are_swept_after_a_week() -> None:
    ask()
    work.work_off(now=NOW)

    assert work.sweep(NOW + work.KEEP_FILES - MINUTE) == 0
    assert work.sweep(NOW + work.KEEP_FILES + MINUTE) == 1

    assert not WorkFile.objects.exists()
    assert Work.objects.get().state == WorkState.DONE


def test_database_refuses_progress_that_is_no_truth() -> None:
    asked = ask()
    rows = Work.objects.filter(pk=asked.pk)
    for wrong in (
        {"done": 1},
        {"total": 2, "done": 3},
        {"state": "done", "ended_at": NOW, "total": 3, "done": 2},
        {"state": "running"},
        {"state": "failed", "ended_at": NOW},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)
