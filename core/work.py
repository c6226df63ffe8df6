"""Long work: it runs in the worker, in chunks, and its row says how far it is.

A POST writes the row and answers at once. After the commit the worker is rung; the
job carries no id and means "do what is due", and the tick finds what a dead worker
left. Whoever takes a work up has a lease on it. A chunk is read and prepared outside
any transaction, so that no lock waits for it; what it brings and the progress are
written in one, and only while the lease is still theirs. A worker that dies at any
point thus loses its last chunk at most, and the next one begins where it stood.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import bell
from core.exceptions import HidajError
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying
from core.work_models import Work, WorkFile, WorkPiece, WorkState

logger = logging.getLogger(__name__)

JOB = "core.tasks.do_due_work"
RUNG = "work"
# Longer than the slowest chunk takes.
LEASE = dt.timedelta(seconds=60)
# A work that brought down so many workers in a row is not taken up again.
MOST_TRIES = 5
# Messages wait in the same queue, and the tick has other steps.
SECONDS_AT_A_TIME = 10.0
KEEP_FILES = dt.timedelta(days=7)
# Faults of a kind of work, not of the machine: trying again brings the same.
FAULTS = (
    AttributeError,
    IntegrityError,
    LookupError,
    ObjectDoesNotExist,
    TypeError,
    ValueError,
)


def _nothing() -> None:
    """Writes nothing."""


@dataclass(frozen=True)
class Step:
    """What one chunk came to; `write()` is called in the transaction of the progress.

    `done` things were dealt with, `cursor` is where the next chunk begins.
    """

    done: int
    cursor: int
    is_last: bool
    write: Callable[[], None] = _nothing


@dataclass(frozen=True)
class WorkKind:
    """A kind of long work, registered at start-up by its owner.

    `count(work)` says how many things there are, `step(work, now)` prepares the next
    chunk, in less than a minute and without writing. `title(work)` names it for the
    reader, maybe as safe HTML; `origin(work)` is the address of the page on which it
    was asked for. `page` is the template of what else its page shows, filled by
    `facts(work)`.
    Both steps run in the language of who asked.
    """

    name: str
    count: Callable[[Work], int]
    step: Callable[[Work, dt.datetime], Step]
    title: Callable[[Work], str]
    origin: Callable[[Work], str]
    page: str = ""
    facts: Callable[[Work], Mapping[str, Any]] = field(default=lambda work: {})


_kinds: dict[str, WorkKind] = {}


def register(kind: WorkKind) -> None:
    """Make a kind known; the last registration of a name holds."""
    _kinds[kind.name] = kind


def get(name: str) -> WorkKind:
    """The kind of this name; raises LookupError when nobody registered it."""
    return _kinds[name]


# -- Asking for it ------------------------------------------------------------------


def ring() -> None:
    """Wake a worker; silence is no error, the tick comes by."""
    bell.push("default", JOB, once_as=RUNG)


@atomic_retrying
def start(
    *,
    kind: str,
    parameters: Mapping[str, Any],
    actor: int,
    language: str,
    key: UUID,
    now: dt.datetime,
    form: Mapping[str, Any] | None = None,
    before: Callable[[], Mapping[str, Any]] | None = None,
) -> Work:
    """Ask for a long work; the same form sent twice is one work.

    `form` is what else the form says, which tells it from another one with its key.
    `before()` writes what belongs to it in the same transaction, and gives more
    parameters. Raises KeyReused, and LookupError for an unknown kind.
    """
    get(kind)
    digest = form_digest({**parameters, **(form or {})})
    record = once(
        key=key, actor=f"user:{actor}", action=f"work:{kind}", digest=digest, now=now
    )
    if record.result_id is not None:
        return Work.objects.get(pk=record.result_id)
    more = before() if before else {}
    work = Work.objects.create(
        kind=kind,
        parameters={**parameters, **more},
        actor=actor,
        language=language,
        created_at=now,
    )
    record.remember(work.pk)
    bell.on_commit(ring)
    return work


@atomic_retrying
def again(*, work_id: int, now: dt.datetime) -> None:
    """Go on with a work that stopped, where it stood; nothing for any other."""
    stopped = Work.objects.filter(pk=work_id, state=WorkState.FAILED)
    if stopped.update(state=WorkState.WAITING, failure="", tries=0, ended_at=None):
        bell.on_commit(ring)


# -- Doing it -----------------------------------------------------------------------


class _Clock:
    """Moves with the real time, from the moment that a caller names."""

    def __init__(self, now: dt.datetime, seconds: float) -> None:
        self._now, self._seconds = now, seconds
        self._started = time.monotonic()

    def now(self) -> dt.datetime:
        return self._now + dt.timedelta(seconds=time.monotonic() - self._started)

    def is_over(self) -> bool:
        return time.monotonic() - self._started > self._seconds


def work_off(*, now: dt.datetime, seconds: float = SECONDS_AT_A_TIME) -> int:
    """Do what is due for so long, one chunk at least; returns how many went on.

    Any number of workers may do so at once.
    """
    clock, chunks = _Clock(now, seconds), 0
    while work := claim(clock.now()):
        while advance(work.pk, work.lease_token, clock.now()):
            chunks += 1
            if clock.is_over():
                _pause(work, clock.now())
                return chunks
    return chunks


def claim(now: dt.datetime) -> Work | None:
    """Take up the oldest due work; None when nothing is due."""
    for work in Work.objects.due(now)[:10]:
        if work.tries >= MOST_TRIES:
            _give_up(work, now)
        elif token := _lease(work, now):
            work.lease_token = token
            return work
    return None


@atomic_retrying
def _lease(work: Work, now: dt.datetime) -> str:
    """The token of a new lease; "" when somebody else was first."""
    token = secrets.token_hex(16)
    won = (
        Work.objects.due(now)
        .filter(pk=work.pk)
        .update(
            state=WorkState.RUNNING,
            lease_token=token,
            lease_until=now + LEASE,
            tries=work.tries + 1,
        )
    )
    return token if won else ""


def _give_up(work: Work, now: dt.datetime) -> None:
    rows = Work.objects.due(now).filter(pk=work.pk, tries__gte=MOST_TRIES)
    with translation.override(work.language):
        _stop(rows, _("It was begun several times and never came to its end."), now)


def advance(work_id: int, token: str, now: dt.datetime) -> bool:
    """Do the next chunk; False when there is none, or the lease is another's."""
    work = Work.objects.leased(work_id, token).first()
    if work is None:
        return False
    with translation.override(work.language):
        try:
            return _advance(work, get(work.kind), now)
        except HidajError as refusal:
            words = str(refusal)
        except FAULTS as error:
            # The text of the error may hold a name or a number.
            logger.error("work %s stopped: %s", work_id, type(error).__name__)
            words = _("The program has a fault here. Please tell the administrator.")
        _stop(Work.objects.leased(work_id, token), words, now)
    return False


def _advance(work: Work, kind: WorkKind, now: dt.datetime) -> bool:
    if work.total is None:
        total = kind.count(work)
        return _write(work, now, total=total)
    step = kind.step(work, now)
    done = work.done + step.done
    # People come and go meanwhile: the end is where the last of them was.
    total = done if step.is_last else max(work.total, done)
    ended: dict[str, Any] = {
        "state": WorkState.DONE,
        "lease_token": "",
        "lease_until": None,
        "ended_at": now,
    }
    written = _write(
        work,
        now,
        step.write,
        total=total,
        done=done,
        cursor=step.cursor,
        tries=0,
        **(ended if step.is_last else {}),
    )
    return written and not step.is_last


@atomic_retrying
def _write(
    work: Work, now: dt.datetime, write: Callable[[], None] = _nothing, **fields: Any
) -> bool:
    """Progress and what belongs to it, unless the lease went to somebody else."""
    fields = {"lease_until": now + LEASE, **fields}
    mine = Work.objects.leased(work.pk, work.lease_token)
    if not mine.update(**fields):
        return False
    write()
    return True


@atomic_retrying
def _pause(work: Work, now: dt.datetime) -> None:
    """Let others have their turn; the next worker goes on at once."""
    mine = Work.objects.leased(work.pk, work.lease_token)
    mine.update(lease_until=now, tries=0)


@atomic_retrying
def _stop(rows: Any, words: str, now: dt.datetime) -> None:
    rows.update(
        state=WorkState.FAILED,
        failure=words[:300],
        lease_token="",
        lease_until=None,
        ended_at=now,
    )


# -- Results ------------------------------------------------------------------------


def keep_piece(work: Work, number: int, content: Any) -> None:
    """Put away what a chunk brought; for `Step.write`."""
    WorkPiece.objects.create(work=work, number=number, content=content)


def pieces_of(work: Work) -> list[Any]:
    """What all chunks brought, in order."""
    return list(work.pieces.order_by("number").values_list("content", flat=True))


def keep_file(
    work: Work, name: str, content_type: str, content: bytes, now: dt.datetime
) -> None:
    """Keep the finished file in place of its pieces; for `Step.write`."""
    WorkFile.objects.create(
        work=work,
        name=name,
        content_type=content_type,
        content=content,
        created_at=now,
    )
    work.pieces.all().delete()


@atomic_retrying
def sweep(now: dt.datetime) -> int:
    """Delete files after a week, and what is left of work that stopped so long ago."""
    edge = now - KEEP_FILES
    files, _counted = WorkFile.objects.filter(created_at__lte=edge).delete()
    stale = WorkPiece.objects.filter(work__ended_at__lte=edge)
    pieces, _counted = stale.delete()
    return files + pieces


def do_in_tick(now: dt.datetime) -> int:
    """Long work goes on without Redis, and where a worker died."""
    return work_off(now=now)


def kept_too_long() -> list[str]:
    """Files and pieces that should have been swept; the tick may be a day late."""
    edge = timezone.now() - KEEP_FILES - dt.timedelta(days=1)
    files = WorkFile.objects.filter(created_at__lte=edge)
    pieces = WorkPiece.objects.filter(work__ended_at__lte=edge)
    late = {
        *files.values_list("work", flat=True),
        *pieces.values_list("work", flat=True),
    }
    return [f"work {pk}: its result was not swept" for pk in sorted(late)]


def ended_with_pieces() -> list[str]:
    """Work that is done, whose pieces were not put together."""
    left = WorkPiece.objects.filter(work__state=WorkState.DONE)
    pks = left.values_list("work", flat=True).distinct()
    return [f"work {pk}: done, and pieces are left" for pk in pks]
