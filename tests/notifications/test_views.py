from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from notifications import services
from notifications.gateways.email import EmailGateway
from notifications.mail import EML_BACKEND
from notifications.models import OutboxMessage, State
from tests.factories import NOW
from tests.notifications.conftest import FOREIGN, Owner, enqueue, state_of
from tests.notifications.test_calendars import FILES
from tests.notifications.test_mail import outgoing

pytestmark = pytest.mark.django_db

PUBLIC = "https://kafsh.example"
TOKEN = "twilio-auth-token"
SID = f"SM{1:032}"


def test_development_outbox_shows_the_newest_first_with_codes(
    client: Client, owner: Owner, settings: Any
) -> None:
    settings.HIDAJ_DEVELOPMENT_PAGES = True
    settings.EMAIL_BACKEND = EML_BACKEND
    enqueue("test_code", sealed={"code": "482913"})
    services.drain(now=NOW)
    enqueue(dedupe_key="second")
    services.drain(now=NOW)
    EmailGateway().send(outgoing(FILES["request"]))

    page = client.get("/dev/outbox/").content.decode()

    assert page.index("kafsh.example/my") < page.index("482913")
    assert "ثبت «الگوسازی»" in page
    assert "invite.ics" in page


def test_development_outbox_is_empty_at_first(client: Client, settings: Any) -> None:
    settings.HIDAJ_DEVELOPMENT_PAGES = True

    assert client.get("/dev/outbox/").status_code == 200


def test_development_outbox_is_absent_elsewhere(client: Client, settings: Any) -> None:
    settings.HIDAJ_DEVELOPMENT_PAGES = False

    assert client.get("/dev/outbox/").status_code == 404


@pytest.fixture
def twilio_message(owner: Owner, settings: Any) -> OutboxMessage:
    settings.PUBLIC_BASE_URL, settings.TWILIO_AUTH_TOKEN = PUBLIC, TOKEN
    message = enqueue(recipient=FOREIGN)
    OutboxMessage.objects.update(
        state=State.UNKNOWN, gateway="twilio", first_call_at=NOW, lease_token="x"
    )
    return message


def receipt(
    client: Client, message: OutboxMessage, status: str, **overrides: str
) -> int:
    path = f"/webhooks/twilio/status?m={message.local_id}"
    form = {"MessageSid": SID, "MessageStatus": status} | overrides
    url = overrides.get("signed_url", PUBLIC + path)
    signature = RequestValidator(TOKEN).compute_signature(url, form)
    headers = {"X-Twilio-Signature": signature}
    return client.post(path, form, headers=headers).status_code


def test_receipt_settles_a_lost_answer(
    client: Client, twilio_message: OutboxMessage
) -> None:
    code = receipt(client, twilio_message, "sent")

    assert code == 204
    assert state_of(twilio_message) == State.ACCEPTED
    assert twilio_message.gateway_id == SID
    assert twilio_message.sent_at == NOW


def test_receipts_out_of_order_never_move_back(
    client: Client, twilio_message: OutboxMessage
) -> None:
    for status in ("delivered", "sent", "queued", "failed", "delivered"):
        assert receipt(client, twilio_message, status) == 204

    assert state_of(twilio_message) == State.DELIVERED


def test_receipt_of_another_message_changes_nothing(
    client: Client, twilio_message: OutboxMessage
) -> None:
    receipt(client, twilio_message, "sent")

    receipt(client, twilio_message, "delivered", MessageSid="SM999")

    assert state_of(twilio_message) == State.ACCEPTED


@pytest.mark.parametrize("headers", [{}, {"X-Twilio-Signature": "forged"}])
def test_receipt_without_a_good_signature_is_refused(
    client: Client, twilio_message: OutboxMessage, headers: dict[str, str]
) -> None:
    path = f"/webhooks/twilio/status?m={twilio_message.local_id}"
    form = {"MessageSid": SID, "MessageStatus": "sent"}

    response = client.post(path, form, headers=headers)

    assert response.status_code == 403
    assert state_of(twilio_message) == State.UNKNOWN


def test_receipt_signed_for_another_host_is_refused(
    client: Client, twilio_message: OutboxMessage
) -> None:
    evil = f"https://evil.example/webhooks/twilio/status?m={twilio_message.local_id}"

    assert receipt(client, twilio_message, "sent", signed_url=evil) == 403


def test_receipts_are_only_posted(client: Client) -> None:
    assert client.get("/webhooks/twilio/status").status_code == 405
