"""Who asks for codes without end is stopped, and staff hear of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts import codes
from accounts.exceptions import AccountsError
from desk.models import StaffTask
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def ask(number: int, network: str = "203.0.113.7", after: int = 0) -> bool:
    """Whether a number gets a code, so many seconds after NOW."""
    try:
        codes.count_sending(
            phone=f"+98999{number:07}",
            network=network,
            now=NOW + dt.timedelta(seconds=after),
        )
    except AccountsError as refusal:
        assert refusal.code == "too_many_codes"
        return False
    return True


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.HIDAJ_CODES_PER_PHONE = [(3, 60)]
    settings.HIDAJ_CODES_PER_NETWORK = [(5, 60)]
    settings.HIDAJ_CODES_PER_REGION = [(8, 60)]
    settings.HIDAJ_CODES_PER_DAY = [(10, 24 * 3600)]


def test_one_number_is_stopped_without_an_alarm() -> None:
    assert [ask(1) for _ in range(5)] == [True] * 3 + [False] * 2
    assert not StaffTask.objects.exists()


def test_one_network_is_stopped_and_staff_hear_once() -> None:
    assert [ask(n) for n in range(8)] == [True] * 5 + [False] * 3
    assert StaffTask.objects.get().text == "codes:code_network"


def test_neighbours_share_a_limit() -> None:
    networks = [f"203.0.113.{n}" for n in range(10)]

    answers = [ask(n, network) for n, network in enumerate(networks)]

    assert answers == [True] * 8 + [False] * 2
    assert ask(99, "198.51.100.1")
    assert codes.region_of("2001:db8:1:2::") == "2001:db8:1::/48"


def test_day_has_an_end() -> None:
    answers = [ask(n, f"198.{n}.100.1") for n in range(12)]

    assert answers == [True] * 10 + [False] * 2
    assert StaffTask.objects.get().text == "codes:code_day"
    assert ask(99, after=24 * 3600)


def test_asking_in_vain_does_not_use_up_the_day() -> None:
    for _ in range(20):
        ask(1)

    assert ask(2)
    assert [ask(n, f"198.{n}.100.1") for n in range(10, 17)] == [True] * 6 + [False]
