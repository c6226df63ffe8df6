"""sms.ir, another way to Iranian numbers (REST v1).

It knows no key of ours: an answer that is lost stays `unknown` until the message is
found, or not found, among what the account sent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings

from notifications.gateways.base import (
    Credit,
    Fate,
    GatewayError,
    Inbound,
    ListsNoRefusals,
    Outcome,
    Outgoing,
    Report,
    SendResult,
    Sent,
)
from notifications.gateways.http import ask, call, failure, retry_after

OK = 1
_CONFIGURATION = {*range(10, 16), 101, 102, 113, 117, 119, 123, 124}
_TRANSIENT = {20, 118}
_BAD_NUMBER = {104}
_BLACKLISTED = 115
_NOTHING_FOUND = {111, 112}
_UNKNOWN = {0}
# How the phone network answered; 8 is "unknown" and says nothing.
_FATES = {
    1: Fate.DELIVERED,
    3: Fate.ON_ITS_WAY,
    5: Fate.ON_ITS_WAY,
    **dict.fromkeys((2, 4, 6, 7), Fate.UNDELIVERED),
}
_VALUE_LENGTH = 25
_PAGE = 100
# The national part of a mobile number, whatever stands before it.
_NATIONAL = 10


class SmsIrGateway(ListsNoRefusals):
    """Sends through `send/bulk`, approved texts through `send/verify`."""

    name = "smsir"
    is_remote = True
    repeat_window: dt.timedelta | None = None
    first_check: dt.timedelta | None = dt.timedelta(minutes=1)

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over; at most 4 seconds and SMS_TIMEOUT."""
        method = "send/verify" if outgoing.template else "send/bulk"
        body = _verify(outgoing) if outgoing.template else _bulk(outgoing)
        try:
            response = call("POST", _address(method), json=body, headers=_headers())
        except requests.RequestException as error:
            return failure(error)
        return _read(response)

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        """Each by its number; lost ones among what was sent today."""
        found = [_by_id(message) for message in sent if message.gateway_id]
        lost = [message for message in sent if not message.gateway_id]
        recent = _ask("send/live", _first_page()) if lost else []
        found += [_among(message, recent) for message in lost]
        return [report for report in found if report is not None]

    def receive(self, since: dt.datetime) -> list[Inbound]:
        """What came in today."""
        found = [_inbound(entry) for entry in _ask("receive/live", _first_page())]
        return [inbound for inbound in found if inbound.at >= since]

    def credit(self) -> Credit | None:
        """How many messages are left."""
        return Credit(Decimal(str(_ask("credit", {}) or 0)), "SMS")


def _address(method: str) -> str:
    return f"{settings.SMSIR_BASE_URL.rstrip('/')}/v1/{method}"


def _headers() -> dict[str, str]:
    return {"X-API-KEY": settings.SMSIR_API_KEY, "Accept": "application/json"}


def _first_page() -> dict[str, int]:
    return {"pageNumber": 1, "pageSize": _PAGE}


def national(number: str) -> str:
    """The last ten digits, by which differently spelled numbers are compared."""
    return "".join(c for c in number if c.isdecimal())[-_NATIONAL:]


def _bulk(outgoing: Outgoing) -> dict[str, Any]:
    return {
        "lineNumber": settings.SMSIR_LINE,
        "messageText": outgoing.text,
        "mobiles": [national(outgoing.to)],
    }


def _verify(outgoing: Outgoing) -> dict[str, Any]:
    values = [{"name": n, "value": v} for n, v in outgoing.tokens.items()]
    return {
        "mobile": national(outgoing.to),
        "templateId": int(outgoing.template),
        "parameters": values,
    }


def tokens_fit(tokens: Mapping[str, str]) -> bool:
    """Whether an approved text takes these values; else the words themselves go."""
    return all(len(value) <= _VALUE_LENGTH for value in tokens.values())


def _read(response: requests.Response) -> SendResult:
    """Decide by `status`; an answer that is no JSON decides nothing."""
    try:
        answer = response.json()
        status, data = int(answer["status"]), answer.get("data") or {}
    except (ValueError, LookupError, TypeError, AttributeError):
        return _unread(response)
    if status != OK:
        wait = retry_after(response.headers)
        return SendResult(_outcome(status), code=str(status), retry_after=wait)
    ids = data.get("messageIds") or [data.get("messageId")]
    if not ids[0]:
        # It takes a list and leaves out a number that it cannot serve.
        return SendResult(Outcome.PERMANENT, code="no_message")
    return SendResult(Outcome.ACCEPTED, gateway_id=str(ids[0]))


def _unread(response: requests.Response) -> SendResult:
    code = f"http_{response.status_code}"
    if response.status_code == 429:
        wait = retry_after(response.headers)
        return SendResult(Outcome.TRANSIENT, code=code, retry_after=wait)
    is_refused = response.status_code in (401, 403)
    return SendResult(
        Outcome.CONFIGURATION if is_refused else Outcome.UNKNOWN, code=code
    )


def _outcome(status: int) -> Outcome:
    if status in _CONFIGURATION:
        return Outcome.CONFIGURATION
    if status in _TRANSIENT:
        return Outcome.TRANSIENT
    if status in _UNKNOWN:
        return Outcome.UNKNOWN
    if status == _BLACKLISTED:
        return Outcome.OPTED_OUT
    return Outcome.PERMANENT if status in _BAD_NUMBER else Outcome.FAULT


def _ask(method: str, query: Mapping[str, Any]) -> Any:
    """The data of an answer, [] for "nothing found"; raises GatewayError."""
    answer = ask("GET", _address(method), params=query, headers=_headers())
    try:
        status, data = int(answer["status"]), answer.get("data")
    except (LookupError, TypeError, ValueError, AttributeError):
        raise GatewayError("no_answer") from None
    if status in _NOTHING_FOUND:
        return []
    if status != OK:
        raise GatewayError(str(status))
    return data or []


def _by_id(message: Sent) -> Report | None:
    entry = _ask(f"send/{message.gateway_id}", {})
    return _report(message, entry) if entry else None


def _among(message: Sent, entries: Sequence[Mapping[str, Any]]) -> Report | None:
    """The entry with this number and text; without a text the number must do."""
    for entry in entries:
        is_other = str(entry.get("messageId")) in message.other_ids
        is_same = national(str(entry.get("mobile"))) == national(message.to)
        text = message.text or entry.get("messageText")
        if is_same and not is_other and entry.get("messageText") == text:
            return _report(message, entry)
    # A page that is full may have left it out.
    is_whole = len(entries) < _PAGE
    return Report(message.local_id, Fate.ABSENT) if is_whole else None


def _report(message: Sent, entry: Mapping[str, Any]) -> Report | None:
    state = entry.get("deliveryState")
    fate = _FATES.get(state or 0)
    if fate is None and message.gateway_id:
        return None
    return Report(
        message.local_id,
        fate or Fate.ON_ITS_WAY,
        gateway_id=str(entry.get("messageId") or ""),
        code=f"state_{state}" if fate == Fate.UNDELIVERED else "",
    )


def _inbound(entry: Mapping[str, Any]) -> Inbound:
    """It gives no number of its own: sender, time and words make one."""
    stamp = int(entry.get("receivedDateTime") or 0)
    sender, text = str(entry.get("mobile", "")), str(entry.get("messageText", ""))
    words = f"{sender}:{stamp}:{text}".encode()
    return Inbound(
        gateway_id=hashlib.sha256(words).hexdigest()[:32],
        sender=sender,
        text=text,
        at=dt.datetime.fromtimestamp(stamp, dt.UTC),
    )
