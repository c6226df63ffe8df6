"""Writing into the outbox. Sending is in `delivery`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.compiled import Change, Insert
from core.transactions import atomic_retrying
from notifications import kinds, quiet_hours
from notifications.bell import ring_on_commit
from notifications.delivery import drain
from notifications.exceptions import NotificationsError
from notifications.models import (
    Channel,
    OutboxMessage,
    OutboxQuerySet,
    Purpose,
    State,
    Urgency,
)
from notifications.transitions import end_pending

__all__ = [
    "draft",
    "drain",
    "enqueue",
    "enqueue_all",
    "gathered",
    "resend",
    "retire",
    "ring_for",
    "supersede",
    "writing",
]

MAX_RESENDS = 3
AGAIN = ":again"
NEW_ROWS = Insert(OutboxMessage, ignore_conflicts=True)
_gathered: ContextVar[list[OutboxMessage] | None] = ContextVar("gathered", default=None)


def _order(urgency: str, concerns_at: dt.datetime | None, now: dt.datetime) -> Urgency:
    """A change of something far off may wait for the morning; others go at once."""
    order = kinds.URGENCIES[urgency]
    if order != Urgency.CHANGE:
        return order
    if concerns_at is None or quiet_hours.is_soon(concerns_at, now):
        return Urgency.NOW
    return order


def draft(
    *,
    kind: str,
    subject_kind: str,
    subject_id: int,
    channel: str = Channel.SMS,
    recipient: str,
    language: str,
    dedupe_key: str,
    due_at: dt.datetime,
    expires_at: dt.datetime | None,
    now: dt.datetime,
    schedule_version: int = 0,
    sealed: Mapping[str, str] | None = None,
    concerns_at: dt.datetime | None = None,
) -> OutboxMessage:
    """A message that is not written yet; `enqueue_all` writes it.

    `sealed` holds values that no dump may show (codes). `concerns_at` is the start of
    what a change is about: unless that is before noon of the next day, a change
    respects the night.

    Raises LookupError for an unknown kind and ValueError for an empty recipient.
    """
    if not recipient:
        raise ValueError("a message needs a recipient")
    order = _order(kinds.get(kind).urgency, concerns_at, max(now, due_at))
    ready_at = quiet_hours.release_time(order, due_at)
    values: Any = dict(sealed) if sealed else ""
    return OutboxMessage(
        kind=kind,
        channel=Channel(channel),
        recipient=recipient,
        language=language,
        subject_kind=subject_kind,
        subject_id=subject_id,
        dedupe_key=dedupe_key,
        schedule_version=schedule_version,
        urgency=order,
        due_at=ready_at,
        next_attempt_at=ready_at,
        expires_at=expires_at,
        variables=values,
        created_at=now,
    )


def enqueue_all(messages: Sequence[OutboxMessage]) -> None:
    """Write drafts into the outbox, in the transaction of what they tell.

    One statement for all; where the `dedupe_key` is there already, that row stays as
    it is. The worker is rung on commit. Raises RuntimeError outside a transaction.
    """
    gathered = _gathered.get()
    if gathered is not None:
        gathered.extend(messages)
        return
    _require_transaction()
    NEW_ROWS(messages)
    ring_for(messages)


@contextmanager
def gathered() -> Iterator[list[OutboxMessage]]:
    """Keep what is enqueued inside instead of writing it.

    For who makes the rows of a change before the transaction and then writes all of
    them with `write_together`: the messages by `writing`, with a call of `ring_for`.
    """
    messages: list[OutboxMessage] = []
    token = _gathered.set(messages)
    try:
        yield messages
    finally:
        _gathered.reset(token)


def writing(messages: Sequence[OutboxMessage]) -> list[Change]:
    """Gathered messages, to be written together with what they tell."""
    return [NEW_ROWS.writing(message) for message in messages]


def ring_for(messages: Sequence[OutboxMessage]) -> None:
    """Ring the worker on commit for those of the messages that are due.

    Raises RuntimeError outside a transaction.
    """
    _require_transaction()
    for message in messages:
        if message.due_at <= message.created_at:
            ring_on_commit(message.urgency)


def enqueue(**fields: Any) -> OutboxMessage:
    """Write one message, with the arguments and faults of `draft` and `enqueue_all`.

    Gives the row as it stands: the new one, or the older one of this `dedupe_key`.
    """
    message = draft(**fields)
    enqueue_all([message])
    return OutboxMessage.objects.get(dedupe_key=message.dedupe_key)


def _require_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a message belongs into the transaction of what it tells")


@atomic_retrying
def supersede(
    *,
    subject_kind: str,
    subject_id: int,
    kinds: Collection[str] | None = None,
    state: str = State.SUPERSEDED,
    now: dt.datetime,
) -> int:
    """End the waiting messages about a subject; returns how many.

    `kinds` limits it to these kinds, `state` is superseded or cancelled. A message
    that is being sent right now is out of reach: the sender asks its owner itself.
    """
    rows = OutboxMessage.objects.about(subject_kind, subject_id)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    return end_pending(rows, new=state)


@atomic_retrying
def retire(*, recipients: Iterable[str], created_before: dt.datetime) -> int:
    """Cancel what waits for these recipients since before a moment; returns how many.

    For data that comes in together with its past: what was news then is none today.
    """
    rows: OutboxQuerySet = OutboxMessage.objects.filter(
        recipient__in=set(recipients), created_at__lt=created_before
    )
    return end_pending(rows, new=State.CANCELLED)


@atomic_retrying
def resend(*, message: OutboxMessage, now: dt.datetime) -> OutboxMessage:
    """Send the same thing once more, as it stands now; for «send it again» buttons.

    While an earlier one is on its way, that one is returned. The values are read anew,
    so sealed ones cannot be repeated.

    Raises NotificationsError for codes, for what is out of date, and after three.
    """
    _require_repeatable(message, now)
    base = message.dedupe_key.split(AGAIN)[0]
    earlier = _family(base)
    waiting = earlier.filter(state__in=[State.PENDING, State.SENDING]).first()
    if waiting:
        return waiting
    count = earlier.count()
    if count > MAX_RESENDS:
        raise NotificationsError(
            _("This message was already sent several times. Please call us."),
            code="too_many_resends",
        )
    return enqueue(
        kind=message.kind,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        dedupe_key=f"{base}{AGAIN}:{count}",
        due_at=now,
        expires_at=message.expires_at,
        now=now,
        schedule_version=message.schedule_version,
    )


def _family(base: str) -> QuerySet[OutboxMessage, OutboxMessage]:
    rows: OutboxQuerySet = OutboxMessage.objects.filter(dedupe_key=base)
    return rows | OutboxMessage.objects.filter(dedupe_key__startswith=base + AGAIN)


def _require_repeatable(message: OutboxMessage, now: dt.datetime) -> None:
    if kinds.get(message.kind).purpose == Purpose.CODE:
        raise NotificationsError(
            _("A code cannot be sent again. Please ask for a new one."), code="code"
        )
    if message.expires_at and message.expires_at <= now:
        raise NotificationsError(_("This message is out of date."), code="out_of_date")
