"""Both real gateways against a far end that misbehaves."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest
import time_machine
from django.db import transaction

from notifications import services
from notifications.models import ChannelState, OptOut, OutboxMessage, State
from notifications.results import reconcile_leases
from tests.factories import NOW
from tests.notifications.conftest import (
    FOREIGN,
    HOUR,
    PHONE,
    Behave,
    Owner,
    enqueue,
    state_of,
)
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = dt.timedelta(minutes=1)
BOTH = pytest.mark.parametrize("recipient", [PHONE, FOREIGN], ids=["98", "49"])


@pytest.fixture(autouse=True)
def silent_bell(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def drain_for(minutes: int) -> None:
    """Sweep and drain every minute."""
    for n in range(minutes):
        now = NOW + n * MINUTE
        reconcile_leases(now=now)
        services.drain(now=now)


def test_kavenegar_takes_a_message(owner: Owner, gateway: FakeGateway) -> None:
    message = enqueue()

    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    assert (message.gateway, message.gateway_id) == ("kavenegar", "1")
    assert message.cost == 1200
    assert gateway.posts == [
        {
            "path": "/v1/kave-secret-key/sms/send.json",
            "receptor": PHONE,
            "message": "جای شما در «الگوسازی» ثبت شد.",
            "localid": str(message.local_id),
        }
    ]


def test_twilio_takes_a_message(
    owner: Owner, gateway: FakeGateway, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = "https://kafsh.example"
    settings.TWILIO_AUTH_TOKEN = "token"
    message = enqueue(recipient=FOREIGN, language="en")

    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    assert (message.gateway, message.gateway_id) == ("twilio", f"SM{1:032}")
    post = gateway.posts[0]
    validity = int(post.pop("ValidityPeriod"))
    assert 3590 <= validity <= 3600
    callback = f"https://kafsh.example/webhooks/twilio/status?m={message.local_id}"
    assert post == {
        "path": f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json",
        "To": FOREIGN,
        "Body": "Booked: الگوسازی",
        "MessagingServiceSid": f"MG{'0' * 32}",
        "StatusCallback": callback,
    }


def test_twilio_gets_no_callback_address_that_it_cannot_reach(
    owner: Owner, gateway: FakeGateway
) -> None:
    enqueue(recipient=FOREIGN)

    services.drain(now=NOW)

    assert "StatusCallback" not in gateway.posts[0]


@pytest.mark.parametrize("mode", ["hang", "drop", "html"])
def test_kavenegar_lost_answer_sends_exactly_one(
    owner: Owner, gateway: FakeGateway, behave: Behave, mode: str
) -> None:
    behave(mode)
    message = enqueue()
    services.drain(now=NOW)
    assert state_of(message) == State.PENDING
    behave("accept")

    drain_for(minutes=3)

    assert state_of(message) == State.ACCEPTED
    assert message.gateway_id == "1"
    assert len(gateway.posts) == 2
    assert len(gateway.sent) == 1
    assert message.attempts == 2


@pytest.mark.parametrize("mode", ["hang", "html"])
def test_twilio_lost_answer_is_unknown_and_never_repeated(
    owner: Owner, gateway: FakeGateway, behave: Behave, mode: str
) -> None:
    behave(mode)
    message = enqueue(recipient=FOREIGN)

    services.drain(now=NOW)
    behave("accept")
    drain_for(minutes=5)

    assert state_of(message) == State.UNKNOWN
    assert len(gateway.posts) == 1


def test_kavenegar_gets_no_repeat_after_twelve_hours(
    owner: Owner, gateway: FakeGateway, behave: Behave
) -> None:
    behave("hang")
    message = enqueue(expires_at=None)
    services.drain(now=NOW)
    OutboxMessage.objects.update(
        first_call_at=NOW - 12 * HOUR, next_attempt_at=NOW + MINUTE
    )
    behave("accept")

    services.drain(now=NOW + MINUTE)

    assert state_of(message) == State.UNKNOWN
    assert len(gateway.posts) == 1


@pytest.mark.parametrize("trouble", ["refused", "no text"])
def test_what_may_be_out_is_not_called_failed(
    owner: Owner, gateway: FakeGateway, behave: Behave, trouble: str
) -> None:
    behave("drop")
    message = enqueue(expires_at=None)
    services.drain(now=NOW)
    behave(411 if trouble == "refused" else "accept")
    owner.values = {"course": "الگوسازی"} if trouble == "refused" else {}

    services.drain(now=NOW + MINUTE)

    assert state_of(message) == State.UNKNOWN
    assert len(gateway.sent) == 1


@BOTH
def test_too_many_requests_are_tried_again_later(
    owner: Owner, gateway: FakeGateway, recipient: str
) -> None:
    gateway.mode = "limit"
    message = enqueue(recipient=recipient)

    services.drain(now=NOW)

    assert state_of(message) == State.PENDING
    assert message.first_call_at is None
    assert message.next_attempt_at > NOW + dt.timedelta(seconds=20)
    gateway.mode = "accept"
    drain_for(minutes=3)
    assert state_of(message) == State.ACCEPTED
    assert len(gateway.sent) == 1


def test_transient_trouble_ends_with_the_usefulness(
    owner: Owner, gateway: FakeGateway
) -> None:
    gateway.mode = "limit"
    message = enqueue(expires_at=NOW + 2 * MINUTE)
    drain_for(minutes=2)

    services.drain(now=NOW + 3 * MINUTE)
    from_tick = OutboxMessage.objects.due(NOW + 3 * MINUTE).count()

    assert from_tick == 0
    assert state_of(message) == State.PENDING
    assert gateway.sent == []


@pytest.mark.parametrize(
    ("recipient", "code", "name"),
    [
        (PHONE, 418, "kavenegar"),
        (FOREIGN, 20003, "twilio"),
    ],
)
def test_trouble_with_our_account_rests_the_gateway(
    owner: Owner, gateway: FakeGateway, recipient: str, code: int, name: str
) -> None:
    gateway.mode = code
    messages = [enqueue(recipient=recipient, dedupe_key=str(n)) for n in range(3)]

    drain_for(minutes=5)

    assert len(gateway.posts) == 1
    assert ChannelState.objects.get().gateway == name
    assert ChannelState.objects.get().reason == str(code)
    assert {state_of(message) for message in messages} == {State.PENDING}
    gateway.mode = "accept"
    services.drain(now=NOW + 11 * MINUTE)
    assert {state_of(message) for message in messages} == {State.ACCEPTED}


def test_bad_number_fails_for_good(owner: Owner, gateway: FakeGateway) -> None:
    gateway.mode = 411
    message = enqueue()

    drain_for(minutes=5)

    assert state_of(message) == State.FAILED
    assert message.error_code == "411"
    assert len(gateway.posts) == 1


def test_twilio_opt_out_is_remembered(owner: Owner, gateway: FakeGateway) -> None:
    gateway.mode = 21610
    first = enqueue("test_reminder", recipient=FOREIGN, dedupe_key="a")
    services.drain(now=NOW)
    second = enqueue("test_reminder", recipient=FOREIGN, dedupe_key="b")

    services.drain(now=NOW + MINUTE)

    assert OptOut.objects.get().recipient == FOREIGN
    assert state_of(first) == State.FAILED
    assert state_of(second) == State.SUPPRESSED
    assert len(gateway.posts) == 1


def test_kavenegar_knows_a_duplicate_localid(
    owner: Owner, gateway: FakeGateway
) -> None:
    message = enqueue()
    gateway.take({"localid": str(message.local_id)})

    services.drain(now=NOW)

    assert state_of(message) == State.ACCEPTED
    assert len(gateway.sent) == 1


def test_code_with_a_lost_answer_is_never_repeated_by_twilio(
    owner: Owner, behave: Behave
) -> None:
    behave("hang")
    code = enqueue("test_code", recipient=FOREIGN, sealed={"code": "482913"})
    services.drain(now=NOW)

    code.refresh_from_db()

    assert code.state == State.UNKNOWN
    assert code.variables is None


def test_no_gateway_is_called_inside_a_transaction(
    owner: Owner, gateway: FakeGateway
) -> None:
    enqueue()

    with pytest.raises(RuntimeError), transaction.atomic():
        services.drain(now=NOW)

    assert gateway.posts == []


@BOTH
@pytest.mark.parametrize("mode", ["accept", "hang"])
def test_log_holds_neither_numbers_nor_keys(
    owner: Owner,
    behave: Behave,
    caplog: pytest.LogCaptureFixture,
    recipient: str,
    mode: str | int,
) -> None:
    caplog.set_level(logging.INFO)
    behave(mode)
    with time_machine.travel(NOW, tick=False):
        enqueue("test_code", recipient=recipient, sealed={"code": "482913"})

    services.drain(now=NOW)

    assert "message" in caplog.text
    for secret in (recipient, recipient[3:], "482913", "kave-secret", "twilio-secret"):
        assert secret not in caplog.text
    assert "Accounts/AC" not in caplog.text
