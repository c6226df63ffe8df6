"""A kind of message whose owner is the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction

from notifications import kinds, services
from notifications.gateways.file import read_lines, sms_file
from notifications.kinds import MessageKind
from notifications.models import OutboxMessage
from tests.factories import NOW
from tests.support.fake_gateway import FakeGateway
from tests.support.fake_smtp import serve_smtp

HOUR = dt.timedelta(hours=1)
PHONE = "+989990000001"
FOREIGN = "+4915550000001"
# Long enough for any answer of a busy machine; short where none will come.
PATIENT_SECONDS = 10
IMPATIENT_SECONDS = 0.3
Behave = Callable[[str | int], None]


@dataclass
class Owner:
    """What a higher app knows about subject 7, and what it answers."""

    values: dict[str, str] = field(default_factory=lambda: {"course": "الگوسازی"})
    unwanted: str = ""
    calendar: bytes | None = None

    def read(self, subject_id: int, language: str) -> dict[str, str]:
        return self.values

    def wants(self, subject_id: int, message: OutboxMessage) -> str:
        return self.unwanted

    def file(self, subject_id: int, language: str) -> bytes | None:
        return self.calendar


def register_kinds(owner: Owner) -> None:
    """One kind of each urgency, and a code."""
    for urgency, purpose in [
        ("now", "transactional"),
        ("change", "transactional"),
        ("normal", "transactional"),
        ("reminder", "reminder"),
    ]:
        kinds.register(
            MessageKind(
                name=f"test_{urgency}",
                purpose=purpose,
                urgency=urgency,
                variables=("course",),
                values=owner.read,
                still_wanted=owner.wants,
                sample={"course": "الگوسازی دستی"},
                sms={"fa": "جای شما در «{course}» ثبت شد.", "en": "Booked: {course}"},
                sms_linked={"fa": "«{course}» ثبت شد: kafsh.example/my"},
                email_subject={"fa": "ثبت «{course}»", "en": "Booked: {course}"},
                email_body={"fa": "«{course}» ثبت شد.\nسپاس", "en": "{course}\nThanks"},
                calendar=owner.file,
            )
        )
    kinds.register(
        MessageKind(
            name="test_code",
            purpose="code",
            urgency="code",
            variables=("code",),
            values=kinds.no_values,
            still_wanted=kinds.always_wanted,
            sample={"code": "482913"},
            sms={"fa": "کد ورود: {code}", "en": "Your code: {code}"},
        )
    )


@pytest.fixture
def owner() -> Iterator[Owner]:
    before = dict(kinds._registry.kinds)
    owner = Owner()
    register_kinds(owner)
    yield owner
    kinds._registry.kinds.clear()
    kinds._registry.kinds.update(before)


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    """A far end that can misbehave: Kavenegar (+98), Twilio (the rest), sms.ir."""
    with FakeGateway() as fake:
        settings.SMS_ROUTES = {"+98": "kavenegar", "*": "twilio"}
        settings.SMS_TIMEOUT = PATIENT_SECONDS
        settings.KAVENEGAR_BASE_URL = settings.TWILIO_BASE_URL = fake.url
        settings.SMSIR_BASE_URL = fake.url
        settings.SMSIR_API_KEY, settings.SMSIR_LINE = "smsir-secret-key", "30004505"
        settings.KAVENEGAR_API_KEY = "kave-secret-key"
        settings.TWILIO_ACCOUNT_SID = "AC" + "0" * 32
        settings.TWILIO_API_KEY = "SK" + "0" * 32
        settings.TWILIO_API_SECRET = "twilio-secret"
        settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "0" * 32
        yield fake


@pytest.fixture
def behave(gateway: FakeGateway, settings: Any) -> Behave:
    """Tell the far end how to behave; only a hanging one is not waited for."""

    def be(mode: str | int) -> None:
        gateway.mode = mode
        hangs = mode == "hang"
        settings.SMS_TIMEOUT = IMPATIENT_SECONDS if hangs else PATIENT_SECONDS

    return be


@pytest.fixture
def smtp_server() -> Callable[[str], int]:
    """Start a mail server that answers as told; gives its port."""
    return serve_smtp


def enqueue(kind: str = "test_normal", **overrides: Any) -> OutboxMessage:
    """A message about subject 7, due now."""
    now = overrides.pop("now", NOW)
    fields: dict[str, Any] = {
        "kind": kind,
        "subject_kind": "thing",
        "subject_id": 7,
        "recipient": PHONE,
        "language": "fa",
        "dedupe_key": f"{kind}:7:1",
        "due_at": now,
        "expires_at": now + HOUR,
        "now": now,
    }
    with transaction.atomic():
        return services.enqueue(**{**fields, **overrides})


def state_of(message: OutboxMessage) -> str:
    message.refresh_from_db()
    return message.state


def sent_sms() -> list[dict[str, str]]:
    """What the file gateway wrote, oldest first."""
    return read_lines(sms_file())
