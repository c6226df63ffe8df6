"""What staff must hear of: a gateway that refuses us, money that runs out, abuse.

This app knows no staff: whoever shows the alarms registers here at start-up.
"""

from __future__ import annotations

import datetime as dt
import enum
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Alarm(enum.StrEnum):
    """Each has its sentence where it is shown; `about` names the gateway or code."""

    CHANNEL = "channel"  # a gateway rests: key, line, credit or permission
    MESSAGE = "message"  # a gateway refused what we sent as wrong
    CREDIT = "credit"  # little is left on an account
    BUDGET = "budget"  # the month's money is nearly spent; `about` is the percentage
    DAY_FULL = "day_full"  # no more SMS today but codes and urgent news
    TEXT = "text"  # a text of staff cannot be sent; `about` is its kind and language
    CODES = "codes"  # somebody asks for codes without end


Handler = Callable[[Alarm, str, dt.datetime], None]
_handlers: list[Handler] = []


def on_alarm(handler: Handler) -> None:
    """Have `handler(alarm, about, now)` called; once for each, at start-up.

    It runs inside the transaction that found the reason, when there is one.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def raise_alarm(alarm: Alarm, about: str, now: dt.datetime) -> None:
    """Tell staff; the same alarm again on the same day is theirs to leave out."""
    logger.error("alarm %s: %s", alarm, about)
    for handler in _handlers:
        handler(alarm, about, now)
