from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.utils import timezone

from core.audit import run_audit
from core.checks import refuse_unsafe_production, sqlite_problem, unsafe_settings
from core.health import failing_parts
from core.tick import run_tick
from notifications.checks import unsafe_routes
from notifications.models import OutboxMessage, State
from notifications.optouts import opt_out
from notifications.upkeep import outbox_is_well
from tests.factories import NOW
from tests.notifications.conftest import HOUR, PHONE, Owner, enqueue, state_of

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def broken() -> set[str]:
    return {result.name for result in run_audit() if result.violations}


def test_tick_sends_and_ends(owner: Owner) -> None:
    due = enqueue(dedupe_key="a")
    late = enqueue(dedupe_key="b", due_at=NOW - HOUR, expires_at=NOW)

    done = run_tick(NOW)

    assert done["outbox.drain"] == 1
    assert done["outbox.sweep"] == 1
    assert state_of(due) == State.ACCEPTED
    assert state_of(late) == State.EXPIRED


@pytest.mark.django_db(transaction=True)
def test_drain_command_sends(owner: Owner) -> None:
    message = enqueue("test_now", now=timezone.now())

    call_command("drain")

    assert state_of(message) == State.ACCEPTED


def test_outbox_is_not_well_when_messages_wait(owner: Owner) -> None:
    enqueue()

    assert outbox_is_well(NOW + 5 * MINUTE)
    assert not outbox_is_well(NOW + 6 * MINUTE)
    assert "outbox" in failing_parts(NOW + 6 * MINUTE)


def test_outbox_is_well_while_messages_wait_for_the_morning(owner: Owner) -> None:
    night = dt.datetime(2026, 11, 22, 19, 30, tzinfo=dt.UTC)
    enqueue(now=night, expires_at=None)

    assert outbox_is_well(night + HOUR)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"expires_at": NOW}, "messages.not_after_expiry"),
        ({"kind": "test_reminder"}, "messages.opt_out"),
    ],
)
def test_audit_finds_messages_that_should_not_have_gone(
    owner: Owner, fields: dict[str, Any], name: str
) -> None:
    opt_out(recipient=PHONE, purpose="reminder", now=NOW - HOUR)
    enqueue()
    OutboxMessage.objects.update(state=State.ACCEPTED, sent_at=NOW)
    assert broken() == set()

    OutboxMessage.objects.update(**fields)

    assert broken() == {name}


def test_audit_finds_one_gateway_message_in_two_rows(owner: Owner) -> None:
    for key in "ab":
        enqueue(dedupe_key=key)
    OutboxMessage.objects.update(
        state=State.ACCEPTED, sent_at=NOW, gateway="kavenegar", gateway_id="1"
    )

    assert broken() == {"messages.sent_once"}


def test_audit_finds_what_is_stuck(owner: Owner) -> None:
    enqueue()
    OutboxMessage.objects.update(state=State.SENDING, lease_until=timezone.now())
    assert broken() == set()

    OutboxMessage.objects.update(lease_until=timezone.now() - HOUR)

    assert broken() == {"messages.stuck"}


def test_production_refuses_files_and_missing_keys(settings: Any) -> None:
    settings.PRODUCTION = True
    settings.SMS_ROUTES = {"*": "file"}

    with pytest.raises(ImproperlyConfigured, match="every SMS into a file"):
        refuse_unsafe_production(unsafe_routes)


def test_production_accepts_a_gateway_with_its_keys(settings: Any) -> None:
    settings.PRODUCTION = True
    settings.SMS_ROUTES = {"+98": "kavenegar", "+98999": "file"}
    settings.KAVENEGAR_API_KEY = "key"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    refuse_unsafe_production(unsafe_routes)
    settings.KAVENEGAR_API_KEY = ""
    settings.SMS_ROUTES["*"] = "pigeon"

    assert unsafe_routes() == [
        "SMS_ROUTES names no gateway: pigeon",
        "kavenegar needs KAVENEGAR_API_KEY",
    ]


def test_production_refuses_every_setting_of_development(settings: Any) -> None:
    settings.SECRET_KEY = settings.DEVELOPMENT_SECRET
    settings.DATA_KEYS = []
    settings.HIDAJ_DEVELOPMENT_PAGES = True
    settings.PUBLIC_BASE_URL = "http://kafsh.example"

    assert len(unsafe_settings()) == 4
    refuse_unsafe_production()
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="DATA_KEYS is empty"):
        refuse_unsafe_production()


def test_the_sqlite_library_in_use_is_sound() -> None:
    assert sqlite_problem() == ""
