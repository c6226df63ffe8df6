"""Sending what is due: claim, commit, re-read, call, write the result.

A claim is a lease: the row says who sends it and until when. The gateway is called
outside any transaction; the result is written only by whoever still holds the lease.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.transactions import atomic_retrying
from notifications import kinds, optouts, quiet_hours, rendering, spending, texts
from notifications.channels import (
    gateway_for,
    is_past_repeating,
    links_allowed,
    paused_until,
)
from notifications.gateways import routing
from notifications.gateways.base import Gateway, Outgoing
from notifications.kinds import MessageKind
from notifications.models import Channel, OutboxMessage, OutboxQuerySet, State, Urgency
from notifications.rendering import Pieces
from notifications.results import give_up, record
from notifications.segments import count_parts
from notifications.transitions import end_pending, move

logger = logging.getLogger(__name__)

# Longer than the slowest call of the channel (see the gateways' timeouts).
LEASES = {
    Channel.SMS: dt.timedelta(seconds=60),
    Channel.EMAIL: dt.timedelta(minutes=5),
}
SECONDS_PER_DRAIN = 80.0


@dataclass(frozen=True)
class Call:
    """A claimed message, ready to be handed to its gateway."""

    message_id: int
    token: str
    gateway: Gateway
    outgoing: Outgoing


class _Clock:
    """`now` as the caller gave it, moving on while we work."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self._started = time.monotonic()

    def elapsed(self) -> float:
        return time.monotonic() - self._started

    def now(self) -> dt.datetime:
        return self._now + dt.timedelta(seconds=self.elapsed())


def drain(
    *,
    now: dt.datetime,
    limit: int = 500,
    only_codes: bool = False,
    seconds: float = SECONDS_PER_DRAIN,
) -> int:
    """Send what is due, the most urgent first; returns how many were handed over.

    Stops after `limit` claims or `seconds`. Any number of drains may run at once.
    """
    clock = _Clock(now)
    sent = 0
    for _ in range(limit):
        if clock.elapsed() > seconds:
            break
        claimed = claim(now=clock.now(), only_codes=only_codes)
        if claimed is None:
            break
        call = prepare(claimed, now=clock.now())
        if call is not None:
            sent += transmit(call, clock)
    return sent


def claim(*, now: dt.datetime, only_codes: bool = False) -> OutboxMessage | None:
    """Take the most urgent due message, or None when nothing is due."""
    rows = OutboxMessage.objects.due(now)
    if only_codes:
        rows = rows.filter(urgency=Urgency.CODE)
    # On SQLite every claim takes the one write lock: look before.
    return _claim_first(rows, now) if rows.exists() else None


@atomic_retrying
def _claim_first(rows: OutboxQuerySet, now: dt.datetime) -> OutboxMessage | None:
    can_skip = connection.features.has_select_for_update_skip_locked
    message = rows.select_for_update(skip_locked=can_skip).first()
    if message is None:
        return None
    message.lease_token = secrets.token_hex(16)
    move(
        _row(message),
        old=State.PENDING,
        new=State.SENDING,
        attempts=message.attempts + 1,
        lease_token=message.lease_token,
        lease_until=now + LEASES[Channel(message.channel)],
    )
    return message


def _row(message: OutboxMessage) -> OutboxQuerySet:
    return OutboxMessage.objects.filter(pk=message.pk)


@atomic_retrying
def prepare(claimed: OutboxMessage, *, now: dt.datetime) -> Call | None:
    """Ask everything again and render; None when the message is not to go now.

    After this has committed the call may have been made: `first_call_at` says so.
    """
    rows = _row(claimed).filter(lease_token=claimed.lease_token, state=State.SENDING)
    message = rows.select_for_update().first()
    if message is None:
        return None
    try:
        return _prepare(message, kinds.get(message.kind), now)
    except rendering.RENDER_ERRORS as error:
        # The text of the error may hold a name or a number.
        code = type(error).__name__
        logger.error("message %s cannot be rendered: %s", message.pk, code)
        is_in_doubt = message.first_call_at is not None
        give_up(_row(message), code, now, is_in_doubt=is_in_doubt)
        return None


def _prepare(
    message: OutboxMessage, kind: MessageKind, now: dt.datetime
) -> Call | None:
    unwanted = _why_not(message, kind, now)
    if unwanted:
        put_back(message, until=now)
        end_pending(_row(message), new=unwanted)
        return None
    if is_past_repeating(message, now):
        give_up(_row(message), "too_late_to_repeat", now, is_in_doubt=True)
        return None
    gateway = gateway_for(message, now)
    release_at = quiet_hours.release_time(message.urgency, now)
    if release_at > now:
        put_back(message, until=release_at, due_at=release_at)
        return None
    rests = paused_until(gateway.name, now) or now
    if (free_at := max(rests, spending.next_allowed(message, now))) > now:
        put_back(message, until=free_at)
        return None
    wording = texts.wording_for(message, kind, now)
    outgoing = _render(message, kind, wording.pieces, gateway, now)
    _row(message).update(
        gateway=gateway.name,
        first_call_at=message.first_call_at or now,
        text="" if message.urgency == Urgency.CODE else _stored_text(outgoing),
        parts=_parts(message, outgoing),
        template=outgoing.template,
        text_version=wording.version,
    )
    return Call(message.pk, message.lease_token, gateway, outgoing)


def _why_not(message: OutboxMessage, kind: MessageKind, now: dt.datetime) -> str:
    """ "" or the state that the message shall end in."""
    if message.expires_at and message.expires_at <= now:
        return State.EXPIRED
    if optouts.is_opted_out(message.recipient, kind.purpose):
        return State.SUPPRESSED
    unwanted = kind.still_wanted(message.subject_id, message)
    if unwanted and unwanted not in kinds.UNWANTED_STATES:
        raise ValueError(f"still_wanted answered {unwanted}")
    return unwanted


def put_back(
    message: OutboxMessage, *, until: dt.datetime, due_at: dt.datetime | None = None
) -> None:
    """Return a claimed message untried; one held for the night is due later."""
    move(
        _row(message),
        old=State.SENDING,
        new=State.PENDING,
        attempts=max(0, message.attempts - 1),
        next_attempt_at=until,
        due_at=due_at or message.due_at,
    )


def _render(
    message: OutboxMessage,
    kind: MessageKind,
    pieces: Pieces,
    gateway: Gateway,
    now: dt.datetime,
) -> Outgoing:
    values = rendering.current_values(message, kind)
    is_mail = message.channel == Channel.EMAIL
    words = (
        _mail(message, kind, pieces, values)
        if is_mail
        else _sms(message, kind, pieces, gateway.name, values)
    )
    return Outgoing(
        to=message.recipient,
        kind=message.kind,
        at=now,
        dedupe_key=message.dedupe_key,
        local_id=message.local_id,
        language=message.language,
        expires_at=message.expires_at,
        is_repeat=message.first_call_at is not None,
        **words,
    )


def _mail(
    message: OutboxMessage, kind: MessageKind, pieces: Pieces, values: dict[str, str]
) -> dict[str, Any]:
    subject, text = rendering.render_email(pieces, values)
    calendar = rendering.calendar_file(message, kind)
    return {"subject": subject, "text": text, "calendar": calendar}


def _sms(
    message: OutboxMessage,
    kind: MessageKind,
    pieces: Pieces,
    gateway: str,
    values: dict[str, str],
) -> dict[str, Any]:
    language = message.language
    invites = kind.replies is not None and kind.replies.invites
    if invites and routing.receives(gateway):
        text = rendering.render_sms(pieces, values, with_link=False)
        text = rendering.invite_reply(text, language)
    else:
        linked = links_allowed(gateway)
        text = rendering.render_sms(pieces, values, with_link=linked)
    if message.first_call_at and not message.template:
        # A repeat is recognised only as what it was.
        return {"text": text}
    template, tokens = routing.approved_text(gateway, kind.name, language, values)
    return {"text": text, "template": template, "tokens": tokens}


def _stored_text(outgoing: Outgoing) -> str:
    if not outgoing.subject:
        return outgoing.text
    return f"{outgoing.subject}\n\n{outgoing.text}"


def _parts(message: OutboxMessage, outgoing: Outgoing) -> int:
    return count_parts(outgoing.text) if message.channel == Channel.SMS else 0


def transmit(call: Call, clock: _Clock) -> bool:
    """Call the gateway and write down what it said; returns whether it took it.

    Raises RuntimeError when a remote gateway would be called inside a transaction: a
    lock must never wait for the network.
    """
    if call.gateway.is_remote and connection.in_atomic_block:
        raise RuntimeError("no network call inside a transaction")
    result = call.gateway.send(call.outgoing)
    logger.info(
        "message %s %s %s %s",
        call.message_id,
        call.gateway.name,
        result.outcome.value,
        result.code,
    )
    return record(
        message_id=call.message_id,
        token=call.token,
        called_at=call.outgoing.at,
        was_repeat=call.outgoing.is_repeat,
        result=result,
        now=clock.now(),
    )


def expire(*, now: dt.datetime) -> int:
    """End what waited too long; returns how many."""
    return _expire(now) if _expirable(now).exists() else 0


def _expirable(now: dt.datetime) -> OutboxQuerySet:
    return OutboxMessage.objects.filter(state=State.PENDING, expires_at__lte=now)


@atomic_retrying
def _expire(now: dt.datetime) -> int:
    return end_pending(_expirable(now), new=State.EXPIRED)
