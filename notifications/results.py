"""What a gateway's answer, or its silence, makes of a message."""

from __future__ import annotations

import datetime as dt
import logging
import random

from core.transactions import atomic_retrying
from notifications import kinds, spending
from notifications.alarms import Alarm, raise_alarm
from notifications.channels import (
    first_check_at,
    next_route,
    pause,
    repeat_window_of,
)
from notifications.gateways.base import Outcome, SendResult
from notifications.models import OutboxMessage, OutboxQuerySet, State, Urgency
from notifications.optouts import opt_out
from notifications.transitions import move

logger = logging.getLogger(__name__)

# Another attempt of the same message would end the same way.
FINAL = (Outcome.PERMANENT, Outcome.OPTED_OUT, Outcome.FAULT)
MAX_ATTEMPTS = 12
FIRST_PAUSE = dt.timedelta(seconds=30)
FIRST_PAUSE_OF_CODES = dt.timedelta(seconds=5)
LONGEST_PAUSE = dt.timedelta(minutes=30)
DOUBT_CHECKED_AFTER = dt.timedelta(minutes=3)


@atomic_retrying
def record(
    *,
    message_id: int,
    token: str,
    called_at: dt.datetime,
    was_repeat: bool,
    result: SendResult,
    now: dt.datetime,
) -> bool:
    """Write an answer down, if the lease is still ours; returns whether it was taken.

    An answer that came after the lease had run out still settles `unknown`.
    """
    if result.outcome == Outcome.OPTED_OUT:
        _keep_opt_out(message_id, now)
    rows = OutboxMessage.objects.filter(pk=message_id, lease_token=token)
    message = rows.select_for_update().first()
    if message is None:
        return False
    if result.outcome == Outcome.ACCEPTED:
        return _accept(message, rows, called_at, result, now)
    if message.state != State.SENDING:
        return False
    if result.outcome == Outcome.UNKNOWN:
        _lost(message, rows, result.code, now)
    else:
        _refused(message, rows, was_repeat, result, now)
    return False


def _keep_opt_out(message_id: int, now: dt.datetime) -> None:
    """Whoever has the lease by now: the recipient said it."""
    message = OutboxMessage.objects.get(pk=message_id)
    purpose = kinds.get(message.kind).purpose
    opt_out(recipient=message.recipient, purpose=purpose, now=now)


def _accept(
    message: OutboxMessage,
    rows: OutboxQuerySet,
    called_at: dt.datetime,
    result: SendResult,
    now: dt.datetime,
) -> bool:
    if message.state not in (State.SENDING, State.UNKNOWN):
        return False
    spending.note(message, result.cost, now)
    return bool(
        move(
            rows,
            old=message.state,
            new=State.ACCEPTED,
            gateway_id=result.gateway_id[:64],
            cost=result.cost,
            error_code="",
            sent_at=called_at,
            next_check_at=first_check_at(message.gateway, now),
        )
    )


def _refused(
    message: OutboxMessage,
    rows: OutboxQuerySet,
    was_repeat: bool,
    result: SendResult,
    now: dt.datetime,
) -> None:
    """The gateway surely did not take it this time."""
    code = (result.code or result.outcome.value)[:60]
    if result.outcome == Outcome.FAULT:
        raise_alarm(Alarm.MESSAGE, f"{message.gateway}:{code}", now)
    # An attempt before this one may have got through; that doubt stays.
    doubt = message.first_call_at if was_repeat else None
    if result.outcome in FINAL:
        give_up(rows, code, now, is_in_doubt=doubt is not None)
        return
    if result.outcome == Outcome.CONFIGURATION:
        until = pause(gateway=message.gateway, reason=code, now=now)
        logger.error("gateway %s rests: %s", message.gateway, code)
        move(
            rows,
            old=State.SENDING,
            new=State.PENDING,
            attempts=max(0, message.attempts - 1),
            next_attempt_at=until,
            first_call_at=doubt,
            error_code=code,
        )
        return
    wait = max(backoff(message), result.retry_after or dt.timedelta())
    _try_again(message, rows, now + wait, code, first_call_at=doubt)


def _try_again(
    message: OutboxMessage,
    rows: OutboxQuerySet,
    at: dt.datetime,
    code: str,
    *,
    first_call_at: dt.datetime | None,
) -> None:
    if message.attempts >= MAX_ATTEMPTS:
        give_up(rows, code, at, is_in_doubt=first_call_at is not None)
        return
    move(
        rows,
        old=State.SENDING,
        new=State.PENDING,
        next_attempt_at=at,
        first_call_at=first_call_at,
        error_code=code,
        route=message.route if first_call_at else next_route(message),
    )


def give_up(
    rows: OutboxQuerySet, code: str, now: dt.datetime, *, is_in_doubt: bool
) -> None:
    """No more attempts. What may have got through by an earlier one is not called
    failed: somebody would send it again.
    """
    if is_in_doubt:
        _doubt(rows, code, now)
    else:
        move(rows, old=State.SENDING, new=State.FAILED, error_code=code)


def _doubt(rows: OutboxQuerySet, code: str, now: dt.datetime) -> None:
    """Perhaps sent: the gateway is asked when it has had time to list the message."""
    move(
        rows,
        old=State.SENDING,
        new=State.UNKNOWN,
        error_code=code,
        next_check_at=now + DOUBT_CHECKED_AFTER,
    )


def _lost(
    message: OutboxMessage, rows: OutboxQuerySet, code: str, now: dt.datetime
) -> None:
    """It may have been sent: again only where the gateway recognises a repeat."""
    called = message.first_call_at or now
    # An approved text goes without our key, so a repeat would arrive twice.
    window = None if message.template else repeat_window_of(message.gateway)
    if window is not None and now - called < window:
        at = now + backoff(message)
        _try_again(message, rows, at, code[:60], first_call_at=called)
        return
    logger.warning("message %s: perhaps sent (%s)", message.pk, code)
    _doubt(rows, code[:60], now)


def backoff(message: OutboxMessage) -> dt.timedelta:
    """The pause after so many attempts: it doubles, with jitter, up to half an hour.

    The message's own expiry ends the row of attempts.
    """
    is_code = message.urgency == Urgency.CODE
    first = FIRST_PAUSE_OF_CODES if is_code else FIRST_PAUSE
    pause_now: dt.timedelta = first * 2 ** max(0, min(message.attempts, 10) - 1)
    return min(pause_now, LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311


def reconcile_leases(*, now: dt.datetime) -> int:
    """Settle messages whose sender died; returns how many.

    Before the call was announced: surely not sent, so again. After it: Kavenegar
    knows the `localid` for 12 hours and the file shows what was written, so again;
    elsewhere it stays `unknown`.
    """
    stale = OutboxMessage.objects.with_expired_lease(now)
    return sum(_settle(pk, now) for pk in list(stale.values_list("pk", flat=True)))


@atomic_retrying
def _settle(pk: int, now: dt.datetime) -> bool:
    rows = OutboxMessage.objects.filter(pk=pk)
    message = (
        rows.filter(state=State.SENDING, lease_until__lte=now)
        .select_for_update()
        .first()
    )
    if message is None:
        return False
    if message.first_call_at is None:
        _try_again(message, rows, now, "sender_died", first_call_at=None)
    else:
        _lost(message, rows, "sender_died", now)
    return True
