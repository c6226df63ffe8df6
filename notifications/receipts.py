"""What gateways tell about a message later, by receipt or because we ask.

Reports come in any order and more than once; the table of transitions keeps a state
from moving back. One that names a message of a lost answer settles it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.crypto import constant_time_compare
from twilio.request_validator import RequestValidator, get_signature_algorithm

from core.transactions import atomic_retrying
from notifications import spending
from notifications.bell import ring_reports
from notifications.gateways.base import Fate, Report
from notifications.gateways.twilio import FATES, TwilioGateway
from notifications.models import (
    CHECKED_STATES,
    OutboxMessage,
    OutboxQuerySet,
    State,
    Urgency,
)
from notifications.results import DOUBT_CHECKED_AFTER
from notifications.transitions import move

_STATES = {
    Fate.ON_ITS_WAY: State.ACCEPTED,
    Fate.DELIVERED: State.DELIVERED,
    Fate.UNDELIVERED: State.UNDELIVERED,
}
# A message that the gateway never got goes once more, and then once again.
MAX_ATTEMPTS_FROM_UNKNOWN = 3
SHORTEST_SECRET = 32


def is_signed(*, path: str, form: QueryDict, signature: str, scheme: str) -> bool:
    """Whether Twilio signed this request to our public address.

    The address comes from the settings, so a forged Host header means nothing.
    `scheme` is the header that names the algorithm, "" for the old one.
    """
    if not settings.TWILIO_AUTH_TOKEN or not signature:
        return False
    url = settings.PUBLIC_BASE_URL.rstrip("/") + path
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    algorithm = get_signature_algorithm(scheme)
    return bool(validator.validate(url, form, signature, algorithm=algorithm))


def is_secret(secret: str) -> bool:
    """Whether a path holds our secret, for gateways that sign nothing."""
    ours = settings.SMS_WEBHOOK_SECRET
    return len(ours) >= SHORTEST_SECRET and constant_time_compare(ours, secret)


def record_twilio_status(
    *, local_id: str, gateway_id: str, status: str, error_code: str, now: dt.datetime
) -> bool:
    """Believe a signed receipt; returns whether anything changed."""
    fate = FATES.get(status)
    if fate is None or not local_id.isdecimal():
        return False
    report = Report(int(local_id), fate, gateway_id, error_code)
    return settle(report, gateway=TwilioGateway.name, now=now)


def ask_soon(*, gateway: str, gateway_ids: Collection[str], now: dt.datetime) -> int:
    """An unsigned receipt proves nothing: the gateway itself is asked; how many."""
    rows = OutboxMessage.objects.filter(
        gateway=gateway, gateway_id__in=gateway_ids, state__in=CHECKED_STATES
    )
    found = rows.update(next_check_at=now)
    if found:
        ring_reports()
    return found


@atomic_retrying
def settle(report: Report, *, gateway: str, now: dt.datetime) -> bool:
    """Move the message of a report on; returns whether its state changed."""
    rows = OutboxMessage.objects.filter(local_id=report.local_id, gateway=gateway)
    message = rows.select_for_update().first()
    if message is None or message.state not in CHECKED_STATES:
        return False
    if report.fate == Fate.ABSENT:
        return _absent(message, rows, now)
    if message.gateway_id not in ("", report.gateway_id):
        return False
    return _advance(message, rows, report, now)


def _advance(
    message: OutboxMessage, rows: OutboxQuerySet, report: Report, now: dt.datetime
) -> bool:
    state = _STATES[report.fate]
    fields: dict[str, Any] = {
        "gateway_id": report.gateway_id[:64],
        "error_code": report.code[:60],
    }
    if state == State.ACCEPTED:
        fields["next_check_at"] = message.next_check_at
    if message.state == State.UNKNOWN:
        # The answer was lost, but the message was not.
        fields["sent_at"] = message.first_call_at
        spending.note(message, None, message.first_call_at or now)
        return bool(move(rows, old=State.UNKNOWN, new=state, **fields))
    if state == State.ACCEPTED:
        return False
    return bool(move(rows, old=State.ACCEPTED, new=state, **fields))


def _absent(message: OutboxMessage, rows: OutboxQuerySet, now: dt.datetime) -> bool:
    """The gateway never got it: once more, while that is of use.

    A code is never repeated (the person asks for another one), and a gateway needs
    some minutes before a message shows up in its lists.
    """
    called = message.first_call_at or now
    if message.state != State.UNKNOWN or now - called < DOUBT_CHECKED_AFTER:
        return False
    is_code = message.urgency == Urgency.CODE
    if is_code or message.attempts >= MAX_ATTEMPTS_FROM_UNKNOWN:
        return bool(
            move(rows, old=State.UNKNOWN, new=State.FAILED, error_code="absent")
        )
    return bool(
        move(
            rows,
            old=State.UNKNOWN,
            new=State.PENDING,
            next_attempt_at=now,
            first_call_at=None,
            error_code="absent",
        )
    )
