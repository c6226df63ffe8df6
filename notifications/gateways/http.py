"""Reading what a failed HTTP call says about whether the request got through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from notifications.gateways.base import (
    CONNECT_SECONDS,
    GatewayError,
    Outcome,
    SendResult,
)


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


def call(method: str, url: str, **options: Any) -> requests.Response:
    """One HTTP call with our timeouts and without redirects.

    Raises requests.RequestException, whose text may hold the address and its key.
    """
    return requests.request(
        method,
        url,
        timeout=(CONNECT_SECONDS, settings.SMS_TIMEOUT),
        allow_redirects=False,
        **options,
    )


def ask(method: str, url: str, **options: Any) -> Any:
    """The JSON answer to a question; raises GatewayError without the address."""
    try:
        response = call(method, url, **options)
    except requests.RequestException as error:
        # `from None`: the original names the address, and the address the key.
        raise GatewayError(type(error).__name__) from None
    try:
        return response.json()
    except ValueError:
        raise GatewayError(f"http_{response.status_code}") from None
