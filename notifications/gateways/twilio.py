"""Twilio, the way to foreign numbers, by its official client.

A message has no idempotency key there: an answer that is lost stays `unknown` until a
receipt names it, or until it is found, or not found, among what the account sent.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

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
from notifications.gateways.http import failure

LONGEST_VALIDITY = 36_000  # seconds, Twilio's own limit
# Its client logs requests at INFO: addresses hold our account, answers hold numbers.
_silent = logging.getLogger("notifications.gateways.twilio.http")
_silent.setLevel(logging.WARNING)

_OPTED_OUT = {21610}
_CONFIGURATION = {20003, 21408, 21606, 21608, 21659, 21705, 30004, 30007}
_TRANSIENT = {20429, 21611, 30001}
_BAD_NUMBER = {21211, 21612, 21614, 30005, 30006}
FATES = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), Fate.ON_ITS_WAY),
    **dict.fromkeys(("sent", "partially_delivered"), Fate.ON_ITS_WAY),
    **dict.fromkeys(("delivered", "read"), Fate.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), Fate.UNDELIVERED),
}
# A receipt may be lost on its way; where none can come, the question is asked soon.
_CHECK_AFTER_RECEIPTS = dt.timedelta(minutes=30)
_CHECK_WITHOUT_RECEIPTS = dt.timedelta(minutes=2)
_SEARCHED = 50
_RECEIVED = 200

T = TypeVar("T")


class HttpClient(TwilioHttpClient):
    """Twilio's client with a timeout, and with another host where a test wants one."""

    def __init__(self) -> None:
        super().__init__(
            timeout=settings.SMS_TIMEOUT, pool_connections=False, logger=_silent
        )

    def request(self, method: str, url: str, **kwargs: Any) -> Response:
        """Make a request; TWILIO_BASE_URL replaces scheme and host."""
        if settings.TWILIO_BASE_URL:
            base = urlsplit(settings.TWILIO_BASE_URL)
            url = urlunsplit(
                urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc)
            )
        return super().request(method, url, **kwargs)


class TwilioGateway(ListsNoRefusals):
    """Sends through a messaging service, signed in with an API key."""

    name = "twilio"
    is_remote = True
    repeat_window: dt.timedelta | None = None

    @property
    def first_check(self) -> dt.timedelta | None:
        """Late where receipts come by themselves."""
        is_told = bool(_status_callback(1))
        return _CHECK_AFTER_RECEIPTS if is_told else _CHECK_WITHOUT_RECEIPTS

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over; at most twice SMS_TIMEOUT."""
        if not (settings.TWILIO_API_KEY and settings.TWILIO_API_SECRET):
            # The client would go on without them.
            return SendResult(Outcome.CONFIGURATION, code="no_credentials")
        try:
            message = _client().messages.create(**_parameters(outgoing))
        except TwilioRestException as error:
            return _refusal(error)
        except requests.RequestException as error:
            return failure(error)
        except (TwilioException, ValueError) as error:
            # An answer that its client cannot read.
            return SendResult(Outcome.UNKNOWN, code=type(error).__name__)
        return SendResult(Outcome.ACCEPTED, gateway_id=message.sid or "")

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        """Each by its SID; a lost one among what went to its number since the call."""
        client = _client()
        return [
            _by_sid(client, message) if message.gateway_id else _found(client, message)
            for message in sent
        ]

    def receive(self, since: dt.datetime) -> list[Inbound]:
        """What came in since then."""
        rows = _listed(
            lambda: _client().messages.list(date_sent_after=since, limit=_RECEIVED)
        )
        return [
            Inbound(row.sid or "", row.from_ or "", row.body or "", row.date_sent)
            for row in rows
            if row.direction == "inbound" and row.date_sent
        ]

    def credit(self) -> Credit | None:
        """The balance, in the currency of the account."""
        balance = _listed(lambda: _client().api.account.balance.fetch())
        return Credit(Decimal(str(balance.balance)), str(balance.currency)[:3])


def _client() -> Client:
    return Client(
        settings.TWILIO_API_KEY,
        settings.TWILIO_API_SECRET,
        account_sid=settings.TWILIO_ACCOUNT_SID,
        http_client=HttpClient(),
    )


def _parameters(outgoing: Outgoing) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "to": outgoing.to,
        "body": outgoing.text,
        "messaging_service_sid": settings.TWILIO_MESSAGING_SERVICE_SID,
        "validity_period": _validity(outgoing),
    }
    if callback := _status_callback(outgoing.local_id):
        parameters["status_callback"] = callback
    return parameters


def _validity(outgoing: Outgoing) -> int:
    """Seconds after which Twilio drops it, so that nothing arrives too late."""
    if outgoing.expires_at is None:
        return LONGEST_VALIDITY
    left = int((outgoing.expires_at - outgoing.at).total_seconds())
    return max(1, min(left, LONGEST_VALIDITY))


def _status_callback(local_id: int) -> str:
    """Our address for receipts, with our id: it settles a lost answer too.

    Only where receipts can come in (https) and be checked (the auth token).
    """
    base = settings.PUBLIC_BASE_URL
    if not base.startswith("https://") or not settings.TWILIO_AUTH_TOKEN:
        return ""
    return f"{base.rstrip('/')}{reverse('notifications:twilio_status')}?m={local_id}"


def _refusal(error: TwilioRestException) -> SendResult:
    code = int(error.code or error.status)
    return SendResult(_outcome(int(error.status), code), code=str(code))


def _outcome(status: int, code: int) -> Outcome:
    if code in _OPTED_OUT:
        return Outcome.OPTED_OUT
    if code in _CONFIGURATION or status in (401, 403):
        return Outcome.CONFIGURATION
    if code in _TRANSIENT or status == 429:
        return Outcome.TRANSIENT
    if status >= 500:
        return Outcome.UNKNOWN
    # The client raises for everything but 2xx and 3xx: the rest is refused for good.
    return Outcome.PERMANENT if code in _BAD_NUMBER else Outcome.FAULT


def _listed(question: Callable[[], T]) -> T:
    """The answer to a question; raises GatewayError without numbers or account."""
    try:
        return question()
    except TwilioRestException as error:
        raise GatewayError(str(error.code or error.status)) from None
    except (requests.RequestException, TwilioException, ValueError) as error:
        raise GatewayError(type(error).__name__) from None


def _by_sid(client: Client, message: Sent) -> Report:
    row = _listed(lambda: client.messages(message.gateway_id).fetch())
    return _report(message, row)


def _found(client: Client, message: Sent) -> Report:
    """The oldest row with this number and text that is no other message of ours."""
    rows = _listed(
        lambda: client.messages.list(
            to=message.to,
            date_sent_after=message.called_at - dt.timedelta(minutes=1),
            limit=_SEARCHED,
        )
    )
    for row in rows:
        is_same = not message.text or row.body == message.text
        if is_same and row.sid not in message.other_ids:
            return _report(message, row)
    return Report(message.local_id, Fate.ABSENT)


def _report(message: Sent, row: MessageInstance) -> Report:
    return Report(
        message.local_id,
        FATES.get(str(row.status), Fate.ON_ITS_WAY),
        gateway_id=row.sid or "",
        code=str(row.error_code or ""),
    )
