"""Reading what a failed HTTP call says about whether the request got through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from notifications.gateways.base import Outcome, SendResult


def never_connected(error: requests.RequestException) -> bool:
    """Whether the request surely never left: name, refusal, connect timeout, TLS."""
    if isinstance(
        error,
        requests.ConnectTimeout | requests.exceptions.SSLError,
    ):
        return True
    reason = error.args[0] if error.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def failure(error: requests.RequestException) -> SendResult:
    """The result of a call that gave no answer; the address is never repeated."""
    outcome = Outcome.TRANSIENT if never_connected(error) else Outcome.UNKNOWN
    return SendResult(outcome, code=type(error).__name__)


def retry_after(headers: Mapping[str, str]) -> dt.timedelta | None:
    """The pause that an answer asks for, when it is given in seconds."""
    text = headers.get("Retry-After", "")
    if not text.isdecimal():
        return None
    return dt.timedelta(seconds=min(int(text), 3600))
