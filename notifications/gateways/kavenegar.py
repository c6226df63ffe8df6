"""Kavenegar, the way to Iranian numbers.

The key is part of the address, so no exception and no address of a request leaves this
module. Facts: docs of sms/send (localid, error codes, message states), verify/lookup,
sms/status, sms/inboxpaged, line/blocked/list and account/info.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings

from notifications.gateways.base import (
    Credit,
    Fate,
    GatewayError,
    Inbound,
    Outcome,
    Outgoing,
    Report,
    SendResult,
    Sent,
)
from notifications.gateways.http import ask, call, failure, retry_after

OK = 200
_CONFIGURATION = {401, 403, 407, 412, 416, 418, 420, 424, 426, 427, 429, 501}
_TRANSIENT = {409, 451}
_UNKNOWN = {402}
_BAD_NUMBER = {411}
# States of one message: failed, undelivered, cancelled; and refused by the recipient.
_NOT_SENT = {6, 11, 13}
_BLOCKED_BY_RECIPIENT = 14
_FATES = {
    **dict.fromkeys((1, 2, 4, 5), Fate.ON_ITS_WAY),
    10: Fate.DELIVERED,
    **dict.fromkeys((*_NOT_SENT, _BLOCKED_BY_RECIPIENT), Fate.UNDELIVERED),
    100: Fate.ABSENT,
}
# How many spaces a token may hold, and how long it may be; more is refused (431, 432).
_SPACES = {"token10": 5, "token20": 8}
_TOKEN_LENGTH = 100
_ASKED_AT_ONCE = 200
# Lists come in pages of as many; more of them than this nobody has sent in a week.
_MOST_PAGES = 25
_STOPPED_BY_ELEVEN = "2"
_DAY = dt.timedelta(days=1)


class KavenegarGateway:
    """Sends through `sms/send` with our `localid`, approved texts by `verify/lookup`.

    Kavenegar answers a repeated `localid` with the record that it already has. It
    documents the look-up for 12 hours, so an older message is not repeated, and an
    approved text, which has no `localid`, never.
    """

    name = "kavenegar"
    is_remote = True
    repeat_window: dt.timedelta | None = dt.timedelta(hours=12)
    # Its receipts come without a signature, so they are asked for.
    first_check: dt.timedelta | None = dt.timedelta(minutes=1)

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over; at most 4 seconds and SMS_TIMEOUT."""
        method = "verify/lookup" if outgoing.template else "sms/send"
        form = _lookup(outgoing) if outgoing.template else _form(outgoing)
        try:
            response = call("POST", _address(method), data=form)
        except requests.RequestException as error:
            return failure(error)
        return _read(response)

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        """By its number where we know it, else by our `localid`, else by recipient."""
        known = [message for message in sent if message.gateway_id]
        lost = [message for message in sent if not message.gateway_id]
        found: list[Report] = []
        for some in _batches(known, _ASKED_AT_ONCE):
            found += _by_id(some)
        for some in _batches((m for m in lost if not m.template), _ASKED_AT_ONCE):
            found += _by_local_id(some)
        for message in lost:
            if message.template:
                found += _by_recipient(message)
        return found

    def receive(self, since: dt.datetime) -> list[Inbound]:
        """The inbox of our line, read and unread, at most two days of it."""
        if not settings.KAVENEGAR_SENDER:
            return []
        form = {
            "linenumber": settings.KAVENEGAR_SENDER,
            "startdate": str(int(since.timestamp())),
        }
        # One that reads does not take from the next: both kinds are asked for.
        answers = (_ask("sms/inboxpaged", {**form, "isread": n}) for n in ("0", "1"))
        return [_inbound(entry) for entries in answers for entry in entries]

    def refusals(self, since: dt.datetime) -> list[str]:
        """Who sent «11» to our line; the operator lets nothing of it through then."""
        if not settings.KAVENEGAR_SENDER:
            return []
        form = {
            "linenumber": settings.KAVENEGAR_SENDER,
            "blockreason": _STOPPED_BY_ELEVEN,
            "startdate": str(int(since.timestamp())),
        }
        found: list[str] = []
        for page in range(1, _MOST_PAGES + 1):
            entries = _ask("line/blocked/list", {**form, "pagenumber": str(page)})
            found += [str(entry.get("number", "")) for entry in entries]
            if len(entries) < _ASKED_AT_ONCE:
                break
        return found

    def credit(self) -> Credit | None:
        """What is left, in rial."""
        info = _ask("account/info", {})[0]
        return Credit(Decimal(str(info.get("remaincredit", 0))), "IRR")


def _address(method: str) -> str:
    base = settings.KAVENEGAR_BASE_URL.rstrip("/")
    return f"{base}/v1/{settings.KAVENEGAR_API_KEY}/{method}.json"


def _form(outgoing: Outgoing) -> dict[str, str]:
    form = {
        "receptor": outgoing.to,
        "message": outgoing.text,
        "localid": str(outgoing.local_id),
    }
    if settings.KAVENEGAR_SENDER:
        form["sender"] = settings.KAVENEGAR_SENDER
    return form


def _lookup(outgoing: Outgoing) -> dict[str, str]:
    return {
        "receptor": outgoing.to,
        "template": outgoing.template,
        **outgoing.tokens,
    }


def tokens_fit(tokens: Mapping[str, str]) -> bool:
    """Whether an approved text takes these values; else the words themselves go."""
    return all(
        len(value) <= _TOKEN_LENGTH
        and value.count(" ") <= _SPACES.get(token, 0)
        and not set(value) & {"\n", "_"}
        for token, value in tokens.items()
    )


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
    return Outcome.PERMANENT if status in _BAD_NUMBER else Outcome.FAULT


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


def _ask(method: str, form: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries of an answer; raises GatewayError with Kavenegar's code."""
    answer = ask("POST", _address(method), data=dict(form))
    try:
        status = int(answer["return"]["status"])
        entries = answer.get("entries") or []
    except (LookupError, TypeError, ValueError, AttributeError):
        raise GatewayError("no_answer") from None
    if status != OK:
        raise GatewayError(str(status))
    return [entries] if isinstance(entries, dict) else list(entries)


def _by_id(sent: Sequence[Sent]) -> list[Report]:
    ours = {message.gateway_id: message.local_id for message in sent}
    entries = _ask("sms/status", {"messageid": ",".join(ours)})
    return list(_reports(entries, "messageid", ours))


def _by_local_id(sent: Sequence[Sent]) -> list[Report]:
    ours = {str(message.local_id): message.local_id for message in sent}
    entries = _ask("sms/statuslocalmessageid", {"localid": ",".join(ours)})
    return list(_reports(entries, "localid", ours))


def _batches(sent: Iterable[Sent], size: int) -> Iterable[list[Sent]]:
    rows = list(sent)
    return (rows[i : i + size] for i in range(0, len(rows), size))


def _reports(
    entries: Iterable[dict[str, Any]], key: str, ours: Mapping[str, int]
) -> Iterable[Report]:
    for entry in entries:
        local_id = ours.get(str(entry.get(key)))
        fate = _FATES.get(entry.get("status", 0))
        if local_id is not None and fate is not None:
            yield _report(local_id, entry, fate)


def _report(local_id: int, entry: Mapping[str, Any], fate: Fate) -> Report:
    is_bad = fate == Fate.UNDELIVERED
    return Report(
        local_id,
        fate,
        gateway_id=str(entry.get("messageid") or ""),
        code=f"state_{entry['status']}" if is_bad else "",
    )


def _by_recipient(message: Sent) -> list[Report]:
    """What went to this number around the call and is no other message of ours."""
    start = int(message.called_at.timestamp())
    form = {
        "receptor": message.to,
        "startdate": str(start - 5),
        "enddate": str(start + int(_DAY.total_seconds())),
    }
    found = [
        entry
        for entry in _ask("sms/statusbyreceptor", form)
        if str(entry.get("messageid")) not in message.other_ids
    ]
    if not found:
        return [Report(message.local_id, Fate.ABSENT)]
    fate = _FATES.get(found[0].get("status", 0))
    return [_report(message.local_id, found[0], fate)] if fate else []


def _inbound(entry: Mapping[str, Any]) -> Inbound:
    return Inbound(
        gateway_id=str(entry.get("messageid", "")),
        sender=str(entry.get("sender", "")),
        text=str(entry.get("message", "")),
        at=dt.datetime.fromtimestamp(int(entry.get("date", 0)), dt.UTC),
    )
