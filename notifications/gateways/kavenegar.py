"""Kavenegar, the way to Iranian numbers.

The key is part of the address, so no exception and no address of a request leaves this
module. Facts: docs of sms/send (localid, error codes, message states).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import requests
from django.conf import settings

from notifications.gateways.base import (
    CONNECT_SECONDS,
    Outcome,
    Outgoing,
    SendResult,
)
from notifications.gateways.http import failure, retry_after

OK = 200
_CONFIGURATION = {401, 403, 407, 412, 416, 418, 420, 424, 426, 427, 429, 501}
_TRANSIENT = {409, 451}
_UNKNOWN = {402}
# States of one message: failed, undelivered, cancelled; and refused by the recipient.
_NOT_SENT = {6, 11, 13}
_BLOCKED_BY_RECIPIENT = 14


class KavenegarGateway:
    """Sends through `sms/send` with our `localid`.

    Kavenegar answers a repeated `localid` with the record that it already has. It
    documents the look-up for 12 hours, so an older message is not repeated.
    """

    name = "kavenegar"
    is_remote = True
    repeat_window: dt.timedelta | None = dt.timedelta(hours=12)

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over; at most 4 seconds and SMS_TIMEOUT."""
        try:
            response = requests.post(
                _address(),
                data=_form(outgoing),
                timeout=(CONNECT_SECONDS, settings.SMS_TIMEOUT),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return failure(error)
        return _read(response)


def _address() -> str:
    base = settings.KAVENEGAR_BASE_URL.rstrip("/")
    return f"{base}/v1/{settings.KAVENEGAR_API_KEY}/sms/send.json"


def _form(outgoing: Outgoing) -> dict[str, str]:
    form = {
        "receptor": outgoing.to,
        "message": outgoing.text,
        "localid": str(outgoing.local_id),
    }
    if settings.KAVENEGAR_SENDER:
        form["sender"] = settings.KAVENEGAR_SENDER
    return form


def _read(response: requests.Response) -> SendResult:
    """Decide by `return.status`; an answer that is no JSON decides nothing."""
    try:
        answer = response.json()
        status = int(answer["return"]["status"])
        entries = answer.get("entries") or []
    except (ValueError, LookupError, TypeError, AttributeError):
        return SendResult(Outcome.UNKNOWN, code=f"http_{response.status_code}")
    if status == OK:
        return _accepted(entries)
    return SendResult(
        _outcome(status), code=str(status), retry_after=retry_after(response.headers)
    )


def _outcome(status: int) -> Outcome:
    if status in _CONFIGURATION:
        return Outcome.CONFIGURATION
    if status in _TRANSIENT:
        return Outcome.TRANSIENT
    if status in _UNKNOWN or status >= 500:
        return Outcome.UNKNOWN
    return Outcome.PERMANENT


def _accepted(entries: list[dict[str, Any]]) -> SendResult:
    if not entries:
        return SendResult(Outcome.UNKNOWN, code="no_entry")
    entry = entries[0]
    state = entry.get("status")
    if state == _BLOCKED_BY_RECIPIENT:
        return SendResult(Outcome.OPTED_OUT, code=f"state_{state}")
    if state in _NOT_SENT:
        return SendResult(Outcome.PERMANENT, code=f"state_{state}")
    return SendResult(
        Outcome.ACCEPTED,
        gateway_id=str(entry.get("messageid", "")),
        cost=entry.get("cost"),
    )
