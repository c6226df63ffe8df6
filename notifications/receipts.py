"""What Twilio tells about a message later.

Receipts come in any order and more than once; the table of transitions keeps a state
from moving back. One that names a message of a lost answer settles it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import QueryDict
from twilio.request_validator import RequestValidator

from core.transactions import atomic_retrying
from notifications.gateways.twilio import TwilioGateway
from notifications.models import OutboxMessage, OutboxQuerySet, State
from notifications.transitions import move

_STATES = {
    "accepted": State.ACCEPTED,
    "scheduled": State.ACCEPTED,
    "queued": State.ACCEPTED,
    "sending": State.ACCEPTED,
    "sent": State.ACCEPTED,
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.UNDELIVERED,
}


def is_signed(*, path: str, form: QueryDict, signature: str) -> bool:
    """Whether Twilio signed this request to our public address.

    The address comes from the settings, so a forged Host header means nothing.
    """
    if not settings.TWILIO_AUTH_TOKEN or not signature:
        return False
    url = settings.PUBLIC_BASE_URL.rstrip("/") + path
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return bool(validator.validate(url, form, signature))


@atomic_retrying
def record_twilio_status(
    *, local_id: str, gateway_id: str, status: str, error_code: str
) -> bool:
    """Move the message on; returns whether anything changed."""
    state = _STATES.get(status)
    if state is None or not local_id.isdecimal():
        return False
    rows = OutboxMessage.objects.filter(
        local_id=int(local_id), gateway=TwilioGateway.name
    )
    message = rows.select_for_update().first()
    if message is None or message.gateway_id not in ("", gateway_id):
        return False
    return _advance(message, rows, state, gateway_id, error_code)


def _advance(
    message: OutboxMessage,
    rows: OutboxQuerySet,
    state: State,
    gateway_id: str,
    error_code: str,
) -> bool:
    fields: dict[str, Any] = {
        "gateway_id": gateway_id[:64],
        "error_code": error_code[:60],
    }
    if message.state == State.UNKNOWN:
        # The answer was lost, but the message was not.
        fields["sent_at"] = message.first_call_at
        return bool(move(rows, old=State.UNKNOWN, new=state, **fields))
    if message.state == State.ACCEPTED and state != State.ACCEPTED:
        return bool(move(rows, old=State.ACCEPTED, new=state, **fields))
    return False
