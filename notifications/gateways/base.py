"""What every gateway takes and gives."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Outcome(Enum):
    """What became of one call; only `UNKNOWN` leaves open whether it was sent."""

    ACCEPTED = "accepted"
    PERMANENT = "permanent"  # never for this address, or a fault of ours
    OPTED_OUT = "opted_out"  # the recipient does not want it
    CONFIGURATION = "configuration"  # our account, key or sender: the channel rests
    TRANSIENT = "transient"  # surely not sent, may go later
    UNKNOWN = "unknown"  # perhaps sent


@dataclass(frozen=True)
class Outgoing:
    """One rendered message on its way to a gateway.

    `local_id` is the same in every attempt; `is_repeat` tells that an earlier attempt
    may have got through.
    """

    to: str
    text: str
    kind: str
    at: dt.datetime
    dedupe_key: str
    local_id: int
    language: str
    expires_at: dt.datetime | None = None
    is_repeat: bool = False
    subject: str = ""
    calendar: bytes | None = None


@dataclass(frozen=True)
class SendResult:
    """The answer of a gateway.

    `code` is the gateway's own word for a refusal, `cost` is in rial, and
    `retry_after` says how long to wait when the gateway said it.
    """

    outcome: Outcome
    gateway_id: str = ""
    code: str = ""
    cost: int | None = None
    retry_after: dt.timedelta | None = None


class Gateway(Protocol):
    """A way out.

    `is_remote`: it talks over the network, so it is never called in a transaction.
    `repeat_window`: how long after a lost answer the same message may be handed over
    again without reaching the recipient twice; None means never.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_remote(self) -> bool: ...

    @property
    def repeat_window(self) -> dt.timedelta | None: ...

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over; takes less time than a lease, raises nothing."""


# With SMS_TIMEOUT for the answer, well under a lease.
CONNECT_SECONDS = 4.0
