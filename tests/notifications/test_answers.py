"""What each gateway makes of each answer; no database in between."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.gateways import routing
from notifications.gateways.base import Outcome, Outgoing
from tests.factories import NOW
from tests.notifications.conftest import FOREIGN, HOUR, PHONE, Behave
from tests.support.fake_gateway import FakeGateway

KAVENEGAR = [
    ("accept", "accepted"),
    ("hang", "unknown"),
    ("drop", "unknown"),
    ("html", "unknown"),
    ("error", "unknown"),
    ("limit", "transient"),
    (409, "transient"),
    (451, "transient"),
    (402, "unknown"),
    (400, "fault"),
    (411, "permanent"),
    (413, "fault"),
    (431, "fault"),
    (401, "configuration"),
    (403, "configuration"),
    (412, "configuration"),
    (418, "configuration"),
    (420, "configuration"),
    (424, "configuration"),
    (429, "configuration"),
    (501, "configuration"),
]
TWILIO = [
    ("accept", "accepted"),
    ("hang", "unknown"),
    ("drop", "unknown"),
    ("html", "unknown"),
    ("error", "unknown"),
    ("limit", "transient"),
    (21611, "transient"),
    (21211, "permanent"),
    (21612, "permanent"),
    (21614, "permanent"),
    (21610, "opted_out"),
    (20003, "configuration"),
    (21408, "configuration"),
    (21606, "configuration"),
    (21608, "configuration"),
    (21705, "configuration"),
    (21617, "fault"),
]
SMSIR = [
    ("accept", "accepted"),
    ("hang", "unknown"),
    ("drop", "unknown"),
    ("html", "unknown"),
    ("error", "unknown"),
    ("limit", "transient"),
    (0, "unknown"),
    (104, "permanent"),
    (115, "opted_out"),
    (16, "fault"),
    (116, "fault"),
    (10, "configuration"),
    (101, "configuration"),
    (102, "configuration"),
    (117, "configuration"),
]


def outgoing(to: str) -> Outgoing:
    return Outgoing(
        to=to,
        text="سلام",
        kind="test",
        at=NOW,
        dedupe_key="test:1",
        local_id=4711,
        language="fa",
        expires_at=NOW + HOUR,
    )


@pytest.mark.parametrize(("mode", "outcome"), KAVENEGAR)
def test_kavenegar_answer(behave: Behave, mode: str | int, outcome: str) -> None:
    behave(mode)

    result = routing.gateway("kavenegar").send(outgoing(PHONE))

    assert result.outcome == Outcome(outcome)
    assert "kave-secret" not in repr(result)


@pytest.mark.parametrize(("mode", "outcome"), TWILIO)
def test_twilio_answer(behave: Behave, mode: str | int, outcome: str) -> None:
    behave(mode)

    result = routing.gateway("twilio").send(outgoing(FOREIGN))

    assert result.outcome == Outcome(outcome)


@pytest.mark.parametrize(("mode", "outcome"), SMSIR)
def test_smsir_answer(behave: Behave, mode: str | int, outcome: str) -> None:
    behave(mode)

    result = routing.gateway("smsir").send(outgoing(PHONE))

    assert result.outcome == Outcome(outcome)
    assert "smsir-secret" not in repr(result)


@pytest.mark.parametrize("name", ["kavenegar", "twilio", "smsir"])
@pytest.mark.parametrize("far_end", ["http://127.0.0.1:1", "http://no-host.invalid"])
def test_nobody_there_is_surely_not_sent(
    gateway: FakeGateway, settings: Any, name: str, far_end: str
) -> None:
    settings.KAVENEGAR_BASE_URL = settings.TWILIO_BASE_URL = far_end
    settings.SMSIR_BASE_URL = far_end

    result = routing.gateway(name).send(outgoing(PHONE))

    assert result.outcome == Outcome.TRANSIENT
    assert result.code == "ConnectionError"


@pytest.mark.parametrize("state", [6, 11, 13, 14, 1, 5])
def test_kavenegar_reads_the_state_of_the_entry(
    gateway: FakeGateway, state: int
) -> None:
    gateway.entry_state = state
    expected = {14: Outcome.OPTED_OUT, 1: Outcome.ACCEPTED, 5: Outcome.ACCEPTED}

    result = routing.gateway("kavenegar").send(outgoing(PHONE))

    assert result.outcome == expected.get(state, Outcome.PERMANENT)


def test_twilio_without_keys_is_a_matter_of_configuration(
    gateway: FakeGateway, settings: Any
) -> None:
    settings.TWILIO_API_SECRET = ""

    result = routing.gateway("twilio").send(outgoing(FOREIGN))

    assert result.outcome == Outcome.CONFIGURATION
    assert gateway.posts == []


def test_too_many_requests_say_when_to_come_back(gateway: FakeGateway) -> None:
    gateway.mode = "limit"

    result = routing.gateway("kavenegar").send(outgoing(PHONE))

    assert result.retry_after is not None
    assert result.retry_after.total_seconds() == 40


def test_longest_prefix_wins(settings: Any) -> None:
    settings.SMS_ROUTES = {"*": "twilio", "+98": "kavenegar", "+98999": "file"}

    names = [routing.ways(n)[0] for n in ("+98912", "+989990", "+49", "+9")]

    assert names == ["kavenegar", "file", "twilio", "twilio"]
