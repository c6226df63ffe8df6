"""An SMS that did not arrive: the next gateway, then the telephone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from notifications import services
from notifications.ladder import climb
from notifications.models import OutboxMessage, State
from notifications.questions import Wish, on_wish
from notifications.reports import ask_for_reports
from tests.factories import NOW
from tests.notifications.conftest import HOUR, PHONE, Owner, enqueue, state_of
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def silent_bell(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[Wish]:
    """What reception would see."""
    heard: list[Wish] = []
    monkeypatch.setattr("notifications.questions._receptions", [])
    on_wish(lambda wish, now: heard.append(wish))
    return heard


@pytest.fixture
def two_ways(gateway: FakeGateway, settings: Any) -> None:
    settings.SMS_ROUTES = {"+98": "kavenegar>smsir"}


def fate(gateway: FakeGateway, number: int, state: int, now: dt.datetime) -> None:
    """The gateway knows what became of its message; we ask."""
    gateway.fates[number] = state
    ask_for_reports(now)


def test_undelivered_takes_the_next_way_and_then_the_telephone(
    owner: Owner, gateway: FakeGateway, two_ways: None, wishes: list[Wish]
) -> None:
    first = enqueue()
    services.drain(now=NOW)
    fate(gateway, 1, 11, NOW + 3 * MINUTE)
    assert state_of(first) == State.UNDELIVERED

    climb(NOW + 4 * MINUTE)
    services.drain(now=NOW + 5 * MINUTE)

    second = OutboxMessage.objects.exclude(pk=first.pk).get()
    assert (second.state, second.gateway) == (State.ACCEPTED, "smsir")
    assert wishes == []
    fate(gateway, 2, 6, NOW + 9 * MINUTE)
    climb(NOW + 10 * MINUTE)
    climb(NOW + 11 * MINUTE)

    assert OutboxMessage.objects.count() == 2
    assert [(w.kind, w.phone, w.subject_id) for w in wishes] == [
        ("unreached", PHONE, 7)
    ]
    assert wishes[0].text == second.text


def test_number_that_does_not_exist_is_called_at_once(
    owner: Owner, gateway: FakeGateway, two_ways: None, wishes: list[Wish]
) -> None:
    gateway.mode = 411
    enqueue()
    services.drain(now=NOW)

    assert climb(NOW + MINUTE) == 1
    assert len(wishes) == 1
    assert OutboxMessage.objects.count() == 1


def test_doubt_waits_and_never_takes_another_way(
    owner: Owner, gateway: FakeGateway, settings: Any, wishes: list[Wish]
) -> None:
    settings.SMS_ROUTES = {"+98": "smsir>kavenegar"}
    gateway.mode = "html"
    enqueue()
    services.drain(now=NOW)

    early, late = climb(NOW + 10 * MINUTE), climb(NOW + 16 * MINUTE)

    assert (early, late) == (0, 1)
    assert OutboxMessage.objects.count() == 1
    assert [w.kind for w in wishes] == ["unreached"]


@pytest.mark.parametrize("why", ["late", "unwanted", "old"])
def test_what_is_of_no_use_climbs_nowhere(
    owner: Owner, gateway: FakeGateway, wishes: list[Wish], why: str
) -> None:
    gateway.mode = 411
    enqueue(expires_at=None if why == "old" else NOW + HOUR)
    services.drain(now=NOW)
    owner.unwanted = "superseded" if why == "unwanted" else ""
    later = {"late": 2 * HOUR, "unwanted": MINUTE, "old": 73 * HOUR}[why]

    assert climb(NOW + later) == 0
    assert wishes == []


def test_code_is_asked_for_again_by_its_person(
    owner: Owner, gateway: FakeGateway, wishes: list[Wish]
) -> None:
    gateway.mode = 411
    enqueue("test_code", sealed={"code": "482913"})
    services.drain(now=NOW)

    assert climb(NOW + MINUTE) == 0
    assert wishes == []


def test_call_list_knows_of_the_mail(
    owner: Owner, gateway: FakeGateway, wishes: list[Wish]
) -> None:
    gateway.mode = 411
    enqueue()
    enqueue(channel="email", recipient="a@kafsh.example", dedupe_key="mail")
    services.drain(now=NOW)

    climb(NOW + MINUTE)

    assert wishes[0].was_mailed
