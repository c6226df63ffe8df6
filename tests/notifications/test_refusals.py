"""People who stopped our line at the gateway."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from notifications import optouts, services
from notifications.models import OptOut, State
from notifications.refusals import LOOKS_BACK, look_at_refusals
from tests.factories import NOW
from tests.notifications.conftest import PHONE, Owner, enqueue, state_of
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db(transaction=True)

LINE = "30004505"


@pytest.fixture(autouse=True)
def line(settings: Any, gateway: FakeGateway) -> None:
    settings.KAVENEGAR_SENDER = LINE


def test_who_stopped_our_line_is_not_reminded(
    owner: Owner, gateway: FakeGateway
) -> None:
    gateway.blocked = ["09990000001", "not a number", "09990000001"]
    reminder, news = enqueue("test_reminder"), enqueue("test_now")

    assert look_at_refusals(NOW) == 1
    assert look_at_refusals(NOW) == 0
    services.drain(now=NOW)

    assert optouts.is_opted_out(PHONE, "news")
    assert state_of(reminder) == State.SUPPRESSED
    # News of a booking are tried, and climb when the operator stops them.
    assert state_of(news) == State.ACCEPTED
    question = gateway.questions[0]
    assert question["linenumber"] == LINE
    assert question["blockreason"] == "2"
    assert question["startdate"] == str(int((NOW - LOOKS_BACK).timestamp()))


def test_long_lists_are_read_to_the_end(gateway: FakeGateway) -> None:
    gateway.blocked = [f"0912{number:07}" for number in range(401)]

    assert look_at_refusals(NOW) == 401
    assert OptOut.objects.count() == 2 * 401


@pytest.mark.parametrize("trouble", ["html", 407])
def test_gateway_without_an_answer_changes_nothing(
    gateway: FakeGateway, trouble: str | int
) -> None:
    gateway.blocked, gateway.reading = ["09990000001"], trouble

    assert look_at_refusals(NOW) == 0
    assert not OptOut.objects.exists()


def test_without_a_line_nobody_is_asked(gateway: FakeGateway, settings: Any) -> None:
    settings.KAVENEGAR_SENDER = ""

    assert look_at_refusals(NOW) == 0
    assert gateway.questions == []


def test_gateway_is_not_asked_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="network"):
        look_at_refusals(NOW)
