from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client

from core import health, limits, links, tick
from core.audit import run_audit
from core.exceptions import Busy, HidajError
from core.holidays import confirm_holiday, import_public_holidays
from core.idempotency import KeyReused, form_digest, once
from core.models import Heartbeat, Holiday
from core.registry import TickStep, registry
from core.sealed import SealedJSONField
from core.transactions import TRIES, atomic_retrying
from tests.factories import NOW

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


def locked() -> OperationalError:
    return OperationalError("database is locked")


@pytest.mark.django_db(transaction=True)
def test_retrying_runs_the_whole_function_again() -> None:
    calls: list[bool] = []

    @atomic_retrying
    def flaky() -> str:
        calls.append(connection.in_atomic_block)
        if len(calls) < 3:
            raise locked()
        return "done"

    assert flaky() == "done"
    assert calls == [True, True, True]


@pytest.mark.django_db(transaction=True)
def test_retrying_gives_up_as_busy() -> None:
    calls: list[int] = []

    @atomic_retrying
    def hopeless() -> None:
        calls.append(1)
        raise locked()

    with pytest.raises(Busy):
        hopeless()
    assert len(calls) == TRIES


def test_retrying_inside_a_transaction_leaves_the_retry_to_the_outermost() -> None:
    calls: list[int] = []

    @atomic_retrying
    def inner() -> None:
        calls.append(1)
        raise locked()

    with pytest.raises(OperationalError), transaction.atomic():
        inner()
    assert calls == [1]


@pytest.mark.django_db(transaction=True)
def test_retrying_passes_other_faults_on() -> None:
    @atomic_retrying
    def broken() -> None:
        raise OperationalError("no such table")

    with pytest.raises(OperationalError, match="no such table"):
        broken()


def test_once_gives_the_first_result_back() -> None:
    form = {"key": uuid4(), "actor": "user:1", "action": "book", "now": NOW}

    once(**form, digest="a").remember(17)

    assert once(**form, digest="a").result_id == 17
    with pytest.raises(KeyReused):
        once(**form, digest="b")


def test_form_digest_does_not_depend_on_order() -> None:
    assert form_digest({"a": 1, "b": [2]}) == form_digest({"b": [2], "a": 1})
    assert form_digest({"a": 1}) != form_digest({"a": 2})


def test_limits_count_in_each_window() -> None:
    def hit(seconds: int) -> bool:
        now = NOW + seconds * SECOND
        return limits.hit(scope="code", key="+98", limits=[(2, 60), (3, 3600)], now=now)

    assert [hit(0), hit(1), hit(2)] == [True, True, False]
    # A new minute, but the hour is used up.
    assert hit(61) is False
    assert limits.hit(scope="code", key="other", limits=[(2, 60)], now=NOW)


def test_limits_are_forgotten_after_two_days() -> None:
    limits.hit(scope="code", key="x", limits=[(2, 60)], now=NOW)

    assert limits.forget_old(NOW + dt.timedelta(days=1)) == 0
    assert limits.forget_old(NOW + dt.timedelta(days=3)) == 1


def test_link_secret_is_long_stable_and_bound() -> None:
    secret = links.secret_for("offer", 1, "nonce")

    assert len(secret) == 16
    assert set(secret) <= set(links.ALPHABET)
    assert secret == links.secret_for("offer", 1, "nonce")
    assert secret != links.secret_for("offer", 2, "nonce")
    assert secret != links.secret_for("offer", 1, "other")
    assert links.digest(secret) == links.digest(secret.upper() + " ")


def test_sealed_values_are_not_readable() -> None:
    field = SealedJSONField()

    sealed = field.get_prep_value({"code": "482913"})

    assert "482913" not in sealed
    assert field.from_db_value(sealed) == {"code": "482913"}
    assert field.from_db_value("gAAAAA-not-ours") is None
    assert field.get_prep_value(None) == ""


def test_tick_step_runs_once_in_its_interval() -> None:
    step = TickStep("test.step", lambda now: 1, every_seconds=30)

    turns = [
        tick._take_turn(step, NOW + seconds * SECOND) for seconds in (0, 10, 29, 30)
    ]

    assert turns == [True, False, False, True]


def test_tick_runs_again_after_the_clock_was_set_back() -> None:
    step = TickStep("test.back", lambda now: 1, every_seconds=30)
    tick._take_turn(step, NOW + dt.timedelta(days=300))

    assert tick._take_turn(step, NOW)


def test_tick_command_beats() -> None:
    call_command("tick")

    assert health.tick_is_fresh(dt.datetime.now(dt.UTC))
    assert not health.tick_is_fresh(dt.datetime.now(dt.UTC) + 6 * 60 * SECOND)


def test_audit_of_an_empty_centre_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit")

    assert all(not result.violations for result in run_audit())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(registry.audit_checks)


def test_livez_and_readyz_answer(client: Client) -> None:
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_healthz_names_what_is_not_well(client: Client) -> None:
    Heartbeat.objects.filter(name="tick").delete()

    response = client.get("/healthz")

    assert response.status_code == 503
    assert "tick" in response.json()["failing"]


def test_language_is_persian_whatever_the_browser_says(client: Client) -> None:
    response = client.get("/livez", headers={"accept-language": "en-US"})

    assert response.headers["Content-Language"] == "fa"


def test_language_is_chosen_by_address_and_remembered(client: Client) -> None:
    assert client.get("/livez?lang=en").headers["Content-Language"] == "en"
    assert client.get("/livez").headers["Content-Language"] == "en"
    assert client.get("/livez?lang=xx").headers["Content-Language"] == "en"
    assert client.get("/livez?lang=fa").headers["Content-Language"] == "fa"
    assert client.get("/livez").headers["Content-Language"] == "fa"


def test_holidays_are_imported_once_and_estimates_are_marked() -> None:
    added = import_public_holidays(first_year=2026, last_year=2027)

    assert added > 40
    assert import_public_holidays(first_year=2026, last_year=2027) == 0
    nowruz = Holiday.objects.get(on=dt.date(2027, 3, 21))
    assert nowruz.status == "confirmed"
    estimated = Holiday.objects.filter(status="estimated")
    assert estimated.exists()
    assert not estimated.filter(title_fa__contains="تخمینی").exists()


def test_confirmed_holiday_stays_on_its_new_date() -> None:
    import_public_holidays(first_year=2027, last_year=2027)
    holiday = Holiday.objects.filter(status="estimated").order_by("on")[0]
    estimated_on, count = holiday.on, Holiday.objects.count()
    day = dt.timedelta(days=1)

    confirm_holiday(holiday_id=holiday.pk, on=estimated_on + day)
    confirm_holiday(holiday_id=holiday.pk, on=estimated_on - day)
    import_public_holidays(first_year=2027, last_year=2027)

    assert Holiday.objects.count() == count
    holiday.refresh_from_db()
    assert (holiday.on, holiday.status) == (estimated_on - day, "confirmed")


def test_holiday_is_not_confirmed_onto_itself() -> None:
    on = dt.date(2027, 3, 10)
    Holiday.objects.create(on=on, title_fa="عید")
    other = Holiday.objects.create(on=on + dt.timedelta(days=1), title_fa="عید")

    with pytest.raises(HidajError) as error:
        confirm_holiday(holiday_id=other.pk, on=on)

    assert error.value.code == "twice"
