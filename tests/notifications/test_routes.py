"""Which way a message takes, and what holds it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from notifications import channels, credit, services, spending
from notifications.alarms import Alarm, _handlers, on_alarm
from notifications.gateways import routing
from notifications.gateways.routing import NoRoute
from notifications.models import ChannelState, OutboxMessage, SmsDay, State
from tests.factories import NOW
from tests.notifications.conftest import (
    HOUR,
    PHONE,
    Owner,
    enqueue,
    sent_sms,
    state_of,
)
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = dt.timedelta(minutes=1)
Heard = list[tuple[Alarm, str]]


@pytest.fixture(autouse=True)
def silent_bell(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What staff would hear."""
    heard: Heard = []
    monkeypatch.setattr("notifications.alarms._handlers", [])
    on_alarm(lambda alarm, about, now: heard.append((alarm, about)))
    return heard


@pytest.fixture
def two_ways(gateway: FakeGateway, settings: Any) -> None:
    """Kavenegar first, sms.ir steps in; codes the other way round."""
    settings.SMS_ROUTES = {
        "+98": "kavenegar>smsir",
        "+98:code": "smsir>kavenegar",
    }


@pytest.mark.parametrize(
    ("recipient", "purpose", "names"),
    [
        ("+98912", "reminder", ["kavenegar", "smsir"]),
        ("+98912", "code", ["smsir", "kavenegar"]),
        ("+98999", "code", ["file"]),
        ("+4915", "reminder", ["twilio"]),
        ("+4915", "code", ["file"]),
    ],
)
def test_prefix_and_then_purpose_decide(
    settings: Any, recipient: str, purpose: str, names: list[str]
) -> None:
    settings.SMS_ROUTES = {
        "*": "twilio",
        "*:code": "file",
        "+98": "kavenegar > smsir",
        "+98:code": "smsir>kavenegar",
        "+98999": "file",
    }

    assert routing.ways(recipient, purpose) == names
    assert routing.used() == ["file", "kavenegar", "smsir", "twilio"]


def test_number_without_a_way_has_none(settings: Any) -> None:
    settings.SMS_ROUTES = {"+98": "file"}

    with pytest.raises(NoRoute):
        routing.ways("+4915")


def test_gateway_that_rests_hands_over(
    owner: Owner, gateway: FakeGateway, two_ways: None, alarms: Heard
) -> None:
    gateway.mode = 418
    message = enqueue()
    services.drain(now=NOW)
    assert state_of(message) == State.PENDING
    gateway.mode = "accept"
    other = enqueue(dedupe_key="other")

    services.drain(now=NOW + MINUTE)
    services.drain(now=NOW + 11 * MINUTE)

    assert state_of(other) == State.ACCEPTED
    assert other.gateway == "smsir"
    assert state_of(message) == State.ACCEPTED
    assert alarms == [(Alarm.CHANNEL, "kavenegar")]


def test_code_changes_its_way_after_each_failure(
    owner: Owner, gateway: FakeGateway, two_ways: None
) -> None:
    gateway.mode = "limit"
    code = enqueue("test_code", sealed={"code": "482913"})
    services.drain(now=NOW)
    gateway.mode = "accept"

    services.drain(now=NOW + MINUTE)

    assert state_of(code) == State.ACCEPTED
    assert code.gateway == "kavenegar"


def test_other_messages_change_it_after_two(
    owner: Owner, gateway: FakeGateway, two_ways: None
) -> None:
    gateway.mode = "limit"
    message = enqueue()

    for n in (0, 2, 6):
        services.drain(now=NOW + n * MINUTE)
        message.refresh_from_db()

    ways = ["/v1/send/bulk" in post["path"] for post in gateway.posts]
    assert ways == [False, False, True]


def test_doubt_never_changes_its_way(
    owner: Owner, gateway: FakeGateway, two_ways: None
) -> None:
    gateway.mode = "html"
    enqueue(expires_at=None)

    for n in range(0, 60, 5):
        services.drain(now=NOW + n * MINUTE)

    assert {post["path"].split("/")[-1] for post in gateway.posts} == {"send.json"}


def test_stopped_gateway_takes_nothing_until_it_is_let_go_on(
    owner: Owner, gateway: FakeGateway
) -> None:
    channels.hold(gateway="kavenegar", now=NOW)
    message = enqueue()
    services.drain(now=NOW)
    assert gateway.posts == []

    channels.release(gateway="kavenegar")
    services.drain(now=NOW + 2 * MINUTE)

    assert state_of(message) == State.ACCEPTED


def test_fault_of_ours_is_told(
    owner: Owner, gateway: FakeGateway, alarms: Heard
) -> None:
    gateway.mode = 431
    message = enqueue()

    services.drain(now=NOW)

    assert state_of(message) == State.FAILED
    assert alarms == [(Alarm.MESSAGE, "kavenegar:431")]
    assert not ChannelState.objects.exists()


# -- Limits and money ----------------------------------------------------------------


def test_number_gets_no_more_than_its_share(owner: Owner, settings: Any) -> None:
    settings.HIDAJ_SMS_PER_NUMBER = [(2, 3600)]
    for n in range(3):
        enqueue(dedupe_key=str(n), expires_at=NOW + 5 * HOUR)
    other = enqueue(dedupe_key="other", recipient="+989990000002")
    code = enqueue("test_code", sealed={"code": "1"})

    services.drain(now=NOW)
    assert [state_of(row) for row in (other, code)] == [State.ACCEPTED] * 2
    assert len(sent_sms()) == 4
    services.drain(now=NOW + HOUR + MINUTE)

    assert len(sent_sms()) == 5


def test_full_day_holds_back_what_is_not_urgent(
    owner: Owner, settings: Any, alarms: Heard
) -> None:
    settings.HIDAJ_SMS_PER_DAY = 1
    enqueue(dedupe_key="first")
    services.drain(now=NOW)
    normal = enqueue(dedupe_key="second", expires_at=NOW + 48 * HOUR)
    urgent = enqueue("test_now", dedupe_key="third")
    code = enqueue("test_code", sealed={"code": "1"})

    services.drain(now=NOW + MINUTE)

    assert [state_of(row) for row in (urgent, code)] == [State.ACCEPTED] * 2
    assert state_of(normal) == State.PENDING
    # The next day at 08:00 in Tehran.
    assert normal.next_attempt_at == dt.datetime(2026, 11, 23, 4, 30, tzinfo=dt.UTC)
    assert alarms == [(Alarm.DAY_FULL, "")]
    services.drain(now=normal.next_attempt_at)
    assert state_of(normal) == State.ACCEPTED


def test_what_goes_out_is_counted_once(owner: Owner, gateway: FakeGateway) -> None:
    enqueue(dedupe_key="a")
    enqueue(dedupe_key="b", recipient="+4915550000001")
    services.drain(now=NOW)
    services.drain(now=NOW + MINUTE)

    days = {row.gateway: row for row in SmsDay.objects.all()}

    assert {name: (row.messages, row.parts) for name, row in days.items()} == {
        "kavenegar": (1, 1),
        "twilio": (1, 1),
    }
    # Kavenegar tells its price, Twilio none: the usual one of a part counts.
    assert (days["kavenegar"].cost_rial, days["twilio"].cost_rial) == (1200, 2000)


def test_budget_warns_twice_a_month(
    owner: Owner, gateway: FakeGateway, settings: Any, alarms: Heard
) -> None:
    settings.HIDAJ_SMS_MONTH_RIAL = 6000
    for n in range(8):
        enqueue(dedupe_key=str(n), now=NOW + n * MINUTE)
        services.drain(now=NOW + n * MINUTE)

    assert alarms == [(Alarm.BUDGET, "80"), (Alarm.BUDGET, "100")]
    assert spending.spent_in_month(dt.date(2026, 11, 22)) == 9600
    # 1 Azar 1405; the day before belongs to Aban.
    assert spending.month_start(dt.date(2026, 11, 22)) == dt.date(2026, 11, 22)
    assert spending.month_start(dt.date(2026, 11, 21)) == dt.date(2026, 10, 23)


def test_credit_is_kept_and_little_of_it_told(
    gateway: FakeGateway, settings: Any, alarms: Heard
) -> None:
    settings.SMS_ROUTES = {"*": "twilio", "+98": "kavenegar>smsir>file"}
    gateway.credit = 900_000

    answered = credit.look_at_credit(NOW)

    kept = {s.gateway: (int(s.credit or 0), s.credit_unit) for s in all_states()}
    assert answered == 3
    assert kept == {
        "kavenegar": (900_000, "IRR"),
        "smsir": (900_000, "SMS"),
        "twilio": (900_000, "USD"),
    }
    assert alarms == [(Alarm.CREDIT, "kavenegar")]


def all_states() -> list[ChannelState]:
    return list(ChannelState.objects.order_by("gateway"))


def test_gateway_that_tells_no_credit_changes_nothing(
    gateway: FakeGateway, settings: Any
) -> None:
    settings.SMS_ROUTES = {"*": "kavenegar"}
    gateway.reading = "html"

    assert credit.look_at_credit(NOW) == 0
    assert all_states() == []


def test_credit_is_not_asked_for_inside_a_transaction(
    gateway: FakeGateway,
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        credit.look_at_credit(NOW)

    assert gateway.questions == []


def test_desk_hears_alarms() -> None:
    assert _handlers


def test_last_seconds_of_a_share_are_exact(owner: Owner, settings: Any) -> None:
    settings.HIDAJ_SMS_PER_NUMBER = [(1, 3600)]
    message = enqueue()
    services.drain(now=NOW)
    message.refresh_from_db()
    assert message.sent_at is not None
    waiting = OutboxMessage(recipient=PHONE, channel="sms", urgency=3)

    free_at = spending.next_allowed(waiting, NOW + MINUTE)

    assert free_at == message.sent_at + HOUR
    assert spending.next_allowed(waiting, free_at) == free_at
