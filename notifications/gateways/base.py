"""What every gateway takes and gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Protocol


class Outcome(Enum):
    """What became of one call; only `UNKNOWN` leaves open whether it was sent."""

    ACCEPTED = "accepted"
    PERMANENT = "permanent"  # never for this address
    FAULT = "fault"  # never like this: a fault of ours that staff must hear of
    OPTED_OUT = "opted_out"  # the recipient does not want it
    CONFIGURATION = "configuration"  # our account, key or sender: the channel rests
    TRANSIENT = "transient"  # surely not sent, may go later
    UNKNOWN = "unknown"  # perhaps sent


@dataclass(frozen=True)
class Outgoing:
    """One rendered message on its way to a gateway.

    `local_id` is the same in every attempt; `is_repeat` tells that an earlier attempt
    may have got through. `template` is the gateway's name of an approved text, filled
    with `tokens` in place of `text`; "" sends the text itself.
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
    template: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict)


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


class Fate(Enum):
    """What became of a message after the gateway took it."""

    ON_ITS_WAY = "on_its_way"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ABSENT = "absent"  # the gateway never got it


@dataclass(frozen=True)
class Sent:
    """One message as it is asked about.

    `gateway_id` is "" when the answer was lost; then it is looked for by number, text
    ("" for a code) and time, leaving out `other_ids`, which are other messages of ours.
    """

    local_id: int
    gateway_id: str
    to: str
    text: str
    dedupe_key: str
    called_at: dt.datetime
    template: str = ""
    other_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Report:
    """What a gateway says about one message; `code` is its own word for why."""

    local_id: int
    fate: Fate
    gateway_id: str = ""
    code: str = ""


@dataclass(frozen=True)
class Inbound:
    """An SMS that came in; `sender` as the gateway spells it, `at` aware."""

    gateway_id: str
    sender: str
    text: str
    at: dt.datetime


@dataclass(frozen=True)
class Credit:
    """What is left on the account: an amount and its unit (IRR, USD, SMS)."""

    amount: Decimal
    unit: str


class GatewayError(RuntimeError):
    """A question that got no usable answer; the text is a code, never an address."""


class Gateway(Protocol):
    """A way out, and back.

    `is_remote`: it talks over the network, so it is never called in a transaction.
    `repeat_window`: how long after a lost answer the same message may be handed over
    again without reaching the recipient twice; None means never. An approved text
    (`Outgoing.template`) is never handed over again.
    `first_check`: how long after sending its fate is asked for the first time; None
    when the gateway cannot be asked.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_remote(self) -> bool: ...

    @property
    def repeat_window(self) -> dt.timedelta | None: ...

    @property
    def first_check(self) -> dt.timedelta | None: ...

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one message over; takes less time than a lease, raises nothing."""

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        """What became of these; nothing for one of which nothing is known yet.

        Raises GatewayError when the gateway gives no answer.
        """

    def receive(self, since: dt.datetime) -> list[Inbound]:
        """What people sent since then; the same again is harmless.

        Raises GatewayError when the gateway gives no answer.
        """

    def refusals(self, since: dt.datetime) -> list[str]:
        """Numbers, as the gateway spells them, that stopped our line since then.

        Raises GatewayError when the gateway gives no answer.
        """

    def credit(self) -> Credit | None:
        """What is left on the account, None where that means nothing.

        Raises GatewayError when the gateway gives no answer.
        """


class ListsNoRefusals:
    """A gateway that keeps no list of who stopped our line."""

    def refusals(self, since: dt.datetime) -> list[str]:
        """Nobody is known."""
        return []


class Mute(ListsNoRefusals):
    """A gateway that can only send."""

    first_check: dt.timedelta | None = None

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        """Nothing is known."""
        return []

    def receive(self, since: dt.datetime) -> list[Inbound]:
        """Nothing comes in."""
        return []

    def credit(self) -> Credit | None:
        """There is no account."""
        return None


# With SMS_TIMEOUT for the answer, well under a lease.
CONNECT_SECONDS = 4.0
