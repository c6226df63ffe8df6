"""Gateways in memory that misbehave, and what must be true of all that they take.

`keyed` knows a repeat by our key for twelve hours, as Kavenegar does; `plain` takes
everything that comes, as Twilio and sms.ir do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from booking.models import Reservation
from consulting.messages import sequence
from consulting.models import Meeting
from courses.models import SessionNotice
from notifications import kinds
from notifications.gateways.base import (
    Fate,
    GatewayError,
    Mute,
    Outcome,
    Outgoing,
    Report,
    SendResult,
    Sent,
)
from notifications.models import OutboxMessage, Urgency

TEHRAN = ZoneInfo("Asia/Tehran")
KEYS_ARE_KNOWN_FOR = dt.timedelta(hours=12)
# What may happen to a call; the first two of them reach the person.
MODES = (
    "accept",
    "lost_after",
    "lost_before",
    "transient",
    "permanent",
    "opted_out",
    "configuration",
    "fault",
)


@dataclass(frozen=True)
class Taken:
    """One SMS on its way to a phone; `number` is the gateway's own."""

    number: int
    gateway: str
    outgoing: Outgoing
    at: dt.datetime


@dataclass
class FarEnd:
    """What all gateways together took, and what was wrong with it when they did.

    `modes` says what happens to the next calls, one after the other; then all are
    accepted. `refused` are numbers and purposes that opted out.
    """

    now: dt.datetime
    modes: list[str] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    fates: dict[int, Fate] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    is_silent: bool = False

    def take(self, gateway: str, outgoing: Outgoing, *, knows_keys: bool) -> int:
        """Let it go to the phone, unless this gateway knows that it did; its number."""
        if knows_keys and (known := self._known(gateway, outgoing)):
            return known.number
        self.wrong += self._faults(outgoing)
        number = len(self.taken) + 1
        self.taken.append(Taken(number, gateway, outgoing, self.now))
        return number

    def _known(self, gateway: str, outgoing: Outgoing) -> Taken | None:
        since = self.now - KEYS_ARE_KNOWN_FOR
        for taken in self.taken:
            is_same = taken.outgoing.local_id == outgoing.local_id
            if is_same and taken.gateway == gateway and taken.at > since:
                return taken
        return None

    def find(self, gateway: str, sent: Sent) -> Taken | None:
        """What this gateway took under our key or its own number."""
        for taken in self.taken:
            if taken.gateway == gateway and taken.outgoing.local_id == sent.local_id:
                return taken
        return None

    def _faults(self, outgoing: Outgoing) -> list[str]:
        """Invariant 7 at the moment when it counts."""
        message = OutboxMessage.objects.get(dedupe_key=outgoing.dedupe_key)
        purpose = kinds.get(message.kind).purpose
        local = self.now.astimezone(TEHRAN).time()
        sleeps = local >= dt.time(21, 30) or local < dt.time(8)
        passes = message.urgency in (Urgency.CODE, Urgency.NOW)
        keys = [taken.outgoing.dedupe_key for taken in self.taken]
        found = {
            "twice": outgoing.dedupe_key in keys,
            "too late": bool(message.expires_at and message.expires_at <= self.now),
            "against an opt-out": (message.recipient, purpose) in self.refused,
            "at night": sleeps and not passes,
            "out of date": not _is_of_today(message),
        }
        return [f"{message.kind} went {why}" for why, is_so in found.items() if is_so]


def _is_of_today(message: OutboxMessage) -> bool:
    """Whether the version of what it tells is still the one that stands."""
    if message.kind.startswith("class_"):
        notice = SessionNotice.objects.get(pk=message.subject_id)
        return message.schedule_version == notice.class_session.schedule_version
    if message.kind.startswith("appointment_"):
        place = Reservation.objects.get(pk=message.subject_id)
        meeting = Meeting.objects.get(offering=place.offering_id)
        return message.schedule_version == sequence(meeting, place)
    return True


class _InMemory(Mute):
    """What both gateways have in common."""

    name = ""
    is_remote = False
    repeat_window: dt.timedelta | None = None
    first_check: dt.timedelta | None = dt.timedelta(minutes=1)

    def __init__(self, far_end: FarEnd) -> None:
        self.far_end = far_end

    def send(self, outgoing: Outgoing) -> SendResult:
        modes = self.far_end.modes
        mode = modes.pop(0) if modes else "accept"
        if mode in ("accept", "lost_after"):
            knows = self.repeat_window is not None
            number = self.far_end.take(self.name, outgoing, knows_keys=knows)
            if mode == "accept":
                return SendResult(Outcome.ACCEPTED, gateway_id=str(number), cost=1200)
        if mode.startswith("lost"):
            return SendResult(Outcome.UNKNOWN, code="ReadTimeout")
        if mode == "opted_out":
            message = OutboxMessage.objects.get(dedupe_key=outgoing.dedupe_key)
            purpose = kinds.get(message.kind).purpose
            self.far_end.refused.add((outgoing.to, purpose))
        return SendResult(Outcome(mode), code=mode)

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        if self.far_end.is_silent:
            raise GatewayError("no_answer")
        return [self._report(one) for one in sent]

    def _report(self, sent: Sent) -> Report:
        taken = self.far_end.find(self.name, sent)
        if taken is None:
            return Report(sent.local_id, Fate.ABSENT)
        fate = self.far_end.fates.get(taken.number, Fate.ON_ITS_WAY)
        return Report(sent.local_id, fate, gateway_id=str(taken.number))


class Keyed(_InMemory):
    name = "keyed"
    repeat_window = KEYS_ARE_KNOWN_FOR


class Plain(_InMemory):
    name = "plain"


def gateways(current: Callable[[], FarEnd]) -> dict[str, Callable[[], _InMemory]]:
    """Both, by name, before the far end of the present story."""
    return {
        "keyed": lambda: Keyed(current()),
        "plain": lambda: Plain(current()),
    }
