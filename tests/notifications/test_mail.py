from __future__ import annotations

import smtplib
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from notifications import services
from notifications.gateways.base import Outcome, Outgoing
from notifications.gateways.email import EmailGateway
from notifications.mail import EML_BACKEND, build_mail
from notifications.models import State
from tests.factories import NOW
from tests.notifications.conftest import Owner, enqueue, state_of
from tests.notifications.test_calendars import FILES

pytestmark = pytest.mark.django_db

ADDRESS = "sara@kafsh.example"


def outgoing(calendar: bytes | None = None) -> Outgoing:
    return Outgoing(
        to=ADDRESS,
        text="«الگوسازی» ثبت شد.\nhttps://kafsh.example/my <b>",
        kind="test",
        at=NOW,
        dedupe_key="test:1",
        local_id=4711,
        language="fa",
        subject="ثبت «الگوسازی»",
        calendar=calendar,
    )


def parsed(calendar: bytes | None) -> EmailMessage:
    content = build_mail(outgoing(calendar)).message().as_bytes()
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def structure(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


@pytest.mark.parametrize("method", ["request", "cancel"])
def test_invitation_is_an_alternative_and_an_attachment(method: str) -> None:
    mail = parsed(FILES[method])

    assert structure(mail) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    part = next(p for p in mail.walk() if p.get_content_type() == "text/calendar")
    assert part.get_param("method") == method.upper()
    assert part.get_params().count(("charset", "utf-8")) == 1
    assert part["Content-Transfer-Encoding"] == "base64"
    assert part["Content-Disposition"] is None
    assert part.get_payload(decode=True) == FILES[method]
    attachment = next(iter(mail.iter_attachments()))
    assert attachment.get_filename() == "invite.ics"
    assert attachment.get_payload(decode=True) == FILES[method]


def test_file_of_many_events_is_only_an_attachment() -> None:
    mail = parsed(FILES["publish"])

    assert "text/calendar" not in structure(mail)
    assert structure(mail)[-1] == "application/ics"


def test_mail_reads_from_right_to_left_and_escapes() -> None:
    mail = parsed(None)

    html = mail.get_body(("html",)).get_content()

    assert '<html lang="fa" dir="rtl">' in html
    assert '<a href="https://kafsh.example/my"' in html
    assert "<b>" not in html
    assert mail["Message-ID"] == "<4711@kafsh.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "ثبت «الگوسازی»"


def test_mail_of_a_message_lands_in_a_file(
    owner: Owner, outbox_dir: Path, settings: Any
) -> None:
    settings.EMAIL_BACKEND = EML_BACKEND
    owner.calendar = FILES["request"]
    message = enqueue(channel="email", recipient=ADDRESS)

    services.drain(now=NOW)

    assert state_of(message) == State.ACCEPTED
    assert message.gateway == "email"
    assert message.text == "ثبت «الگوسازی»\n\n«الگوسازی» ثبت شد.\nسپاس"
    files = list((outbox_dir / "mail").iterdir())
    assert [file.name for file in files] == [f"{message.local_id}_kafsh.example.eml"]
    assert b"text/calendar" in files[0].read_bytes()


def test_mail_written_twice_is_one_file(outbox_dir: Path, settings: Any) -> None:
    settings.EMAIL_BACKEND = EML_BACKEND
    for _ in range(2):
        assert EmailGateway().send(outgoing()).outcome == Outcome.ACCEPTED

    assert len(list((outbox_dir / "mail").iterdir())) == 1


def test_no_mail_server_is_surely_not_sent(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    result = EmailGateway().send(outgoing())

    assert result.outcome == Outcome.TRANSIENT
    assert EmailGateway().is_remote
    assert EmailGateway().repeat_window is None


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("ok", "accepted"),
        ("550", "permanent"),
        ("451", "transient"),
        ("535", "configuration"),
        ("drop", "unknown"),
    ],
)
def test_answers_of_a_mail_server(
    settings: Any, smtp_server: Any, answer: str, outcome: str
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_server(answer)
    if answer == "535":
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = "booking"

    result = EmailGateway().send(outgoing())

    assert result.outcome == Outcome(outcome)
    assert smtplib.SMTPException.__name__ not in result.code


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("en", "ltr")])
def test_html_stands_in_the_face_of_the_centre(language: str, direction: str) -> None:
    mail = build_mail(replace(outgoing(), language=language))
    html = mail.alternatives[0][0]

    assert f'<html lang="{language}" dir="{direction}">' in html
    assert f"tel:{settings.HIDAJ_CENTRE['phone']}" in html
    assert settings.HIDAJ_CENTRE[f"short_name_{language}"] in html
    assert "<script" not in html
    assert "src=" not in html
