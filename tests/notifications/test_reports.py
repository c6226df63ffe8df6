"""What became of a message: asked of every gateway, and told by its calls to us."""

from __future__ import annotations

import datetime as dt
import json
import logging
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from notifications import services
from notifications.gateways import routing
from notifications.gateways.base import Credit, Gateway, GatewayError
from notifications.models import OutboxMessage, State
from notifications.reports import ask_for_reports, next_check
from notifications.transitions import end_pending
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
SECRET = "f" * 32
# The gateway that serves PHONE, and its words for delivered and undelivered.
WORDS: dict[str, tuple[object, object]] = {
    "kavenegar": (10, 11),
    "smsir": (1, 6),
    "twilio": ("delivered", "undelivered"),
}
EACH = pytest.mark.parametrize("route", list(WORDS))
WITHOUT_KEY = pytest.mark.parametrize("route", ["smsir", "twilio"])


@pytest.fixture(autouse=True)
def silent_bell(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def way(route: str, gateway: FakeGateway, settings: Any) -> Gateway:
    """The gateway of this name, serving everybody."""
    settings.SMS_ROUTES = {"*": route}
    return routing.gateway(route)


@EACH
@pytest.mark.parametrize(
    ("which", "state"), [(0, State.DELIVERED), (1, State.UNDELIVERED)]
)
def test_fate_is_asked_for(
    owner: Owner, way: Gateway, gateway: FakeGateway, which: int, state: str
) -> None:
    message = enqueue()
    services.drain(now=NOW)
    gateway.fates[1] = WORDS[way.name][which]

    early = ask_for_reports(NOW + MINUTE / 2)
    late = ask_for_reports(NOW + 3 * MINUTE)

    assert (early, late) == (0, 1)
    assert state_of(message) == state
    assert message.next_check_at is None


@EACH
def test_fate_that_is_open_is_asked_for_again_ever_more_seldom(
    owner: Owner, way: Gateway, gateway: FakeGateway
) -> None:
    message = enqueue()
    services.drain(now=NOW)

    asked = [
        n for n in range(60) if ask_for_reports(NOW + n * MINUTE) or gateway.questions
    ]

    assert state_of(message) == State.ACCEPTED
    assert asked
    assert len(gateway.questions) < 12


def test_nobody_asks_after_two_days() -> None:
    message = OutboxMessage(first_call_at=NOW)

    assert next_check(message, NOW + 47 * HOUR) == NOW + 53 * HOUR
    assert next_check(message, NOW + 48 * HOUR) is None


@WITHOUT_KEY
def test_lost_answer_is_found_among_what_was_sent(
    owner: Owner, way: Gateway, gateway: FakeGateway, behave: Behave
) -> None:
    behave("hang")
    message = enqueue()
    services.drain(now=NOW)
    assert state_of(message) == State.UNKNOWN
    behave("accept")

    ask_for_reports(NOW + 4 * MINUTE)

    assert state_of(message) == State.ACCEPTED
    assert message.gateway_id
    assert message.sent_at is not None
    assert len(gateway.sent) == 1


@WITHOUT_KEY
def test_message_that_never_arrived_goes_once_more(
    owner: Owner, way: Gateway, gateway: FakeGateway
) -> None:
    gateway.mode = "html"
    message = enqueue()
    services.drain(now=NOW)
    assert state_of(message) == State.UNKNOWN
    gateway.mode = "accept"

    ask_for_reports(NOW + 4 * MINUTE)
    services.drain(now=NOW + 5 * MINUTE)

    assert state_of(message) == State.ACCEPTED
    assert len(gateway.sent) == 1


@WITHOUT_KEY
def test_message_that_keeps_vanishing_is_given_up(
    owner: Owner, way: Gateway, gateway: FakeGateway
) -> None:
    gateway.mode = "html"
    message = enqueue(expires_at=None)

    for n in range(0, 60, 4):
        services.drain(now=NOW + n * MINUTE)
        ask_for_reports(NOW + (n + 3) * MINUTE)

    assert state_of(message) == State.FAILED
    assert message.error_code == "absent"
    assert len(gateway.posts) == 3


@WITHOUT_KEY
def test_same_words_to_the_same_number_are_told_apart(
    owner: Owner, way: Gateway, gateway: FakeGateway, behave: Behave
) -> None:
    enqueue(dedupe_key="a")
    services.drain(now=NOW)
    gateway.mode = "html"
    lost = enqueue(dedupe_key="b")
    services.drain(now=NOW + MINUTE)

    ask_for_reports(NOW + 5 * MINUTE)

    assert state_of(lost) == State.PENDING


@EACH
def test_code_that_never_arrived_is_not_repeated(
    owner: Owner, way: Gateway, gateway: FakeGateway, settings: Any
) -> None:
    settings.KAVENEGAR_TEMPLATES = {"test_code": "hidaj/token:code"}
    gateway.mode = "html"
    code = enqueue("test_code", sealed={"code": "482913"})
    services.drain(now=NOW)
    gateway.mode = "accept"

    ask_for_reports(NOW + 4 * MINUTE)
    services.drain(now=NOW + 5 * MINUTE)

    assert state_of(code) == State.FAILED
    assert gateway.sent == []


def test_kavenegar_tells_what_a_late_doubt_was(
    owner: Owner, gateway: FakeGateway, behave: Behave
) -> None:
    behave("hang")
    message = enqueue(expires_at=None)
    services.drain(now=NOW)
    with transaction.atomic():
        end_pending(OutboxMessage.objects.all(), new=State.SUPERSEDED)
    assert state_of(message) == State.UNKNOWN
    behave("accept")
    gateway.fates[1] = 10

    ask_for_reports(NOW + 4 * MINUTE)

    assert state_of(message) == State.DELIVERED


@EACH
@pytest.mark.parametrize("trouble", ["error", "html", "hang", "limit"])
def test_gateway_that_gives_no_reports_changes_nothing(
    owner: Owner,
    way: Gateway,
    gateway: FakeGateway,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    trouble: str,
) -> None:
    caplog.set_level(logging.INFO)
    message = enqueue()
    services.drain(now=NOW)
    gateway.reading = trouble
    if trouble == "hang":
        settings.SMS_TIMEOUT = 0.3

    changed = ask_for_reports(NOW + 3 * MINUTE)

    assert changed == 0
    assert state_of(message) == State.ACCEPTED
    assert "gives no reports" in caplog.text
    for secret in ("kave-secret", "twilio-secret", "smsir-secret", PHONE[3:], "/v1/"):
        assert secret not in caplog.text


def test_no_gateway_is_asked_inside_a_transaction(
    owner: Owner, gateway: FakeGateway
) -> None:
    enqueue()
    services.drain(now=NOW)

    with pytest.raises(RuntimeError), transaction.atomic():
        ask_for_reports(NOW + 3 * MINUTE)

    assert gateway.questions == []


def test_file_is_delivered_by_the_next_tick(owner: Owner) -> None:
    message = enqueue()
    services.drain(now=NOW)

    ask_for_reports(NOW + MINUTE)

    assert state_of(message) == State.DELIVERED


@pytest.mark.parametrize(
    ("route", "unit"), [("kavenegar", "IRR"), ("smsir", "SMS"), ("twilio", "USD")]
)
def test_credit_is_told(way: Gateway, gateway: FakeGateway, unit: str) -> None:
    assert way.credit() == Credit(Decimal(250_000), unit)
    gateway.reading = "html"
    with pytest.raises(GatewayError):
        way.credit()


@EACH
def test_answers_come_in(way: Gateway, gateway: FakeGateway, settings: Any) -> None:
    settings.KAVENEGAR_SENDER = "10004346"
    gateway.answer("09990000001", "۲", int(NOW.timestamp()))
    gateway.answer("09990000001", "old", int((NOW - 30 * HOUR).timestamp()))
    gateway.inbox[0]["read"] = True

    found = [inbound for inbound in way.receive(NOW - HOUR) if inbound.at >= NOW - HOUR]

    assert [(one.sender, one.text, one.at) for one in found] == [
        ("09990000001", "۲", NOW)
    ]
    assert found[0].gateway_id


# -- Calls to us ---------------------------------------------------------------------


@pytest.fixture
def secret(settings: Any) -> str:
    settings.SMS_WEBHOOK_SECRET = SECRET
    return SECRET


@pytest.mark.parametrize("route", ["kavenegar", "smsir"])
@pytest.mark.parametrize("is_json", [False, True])
def test_unsigned_receipt_makes_us_ask(
    client: Client,
    owner: Owner,
    way: Gateway,
    gateway: FakeGateway,
    secret: str,
    is_json: bool,
) -> None:
    message = enqueue()
    services.drain(now=NOW)
    gateway.fates[1] = WORDS[way.name][0]
    words = {"MessageId": "1", "status": "11"}
    path = f"/webhooks/{way.name}/{secret}/status"
    sent_as = {"content_type": "application/json"} if is_json else {}

    answer = client.post(path, json.dumps(words) if is_json else words, **sent_as)

    # What it says is not believed: the gateway says "delivered".
    assert answer.status_code == 204
    assert state_of(message) == State.ACCEPTED
    ask_for_reports(dt.datetime.now(dt.UTC))
    assert state_of(message) == State.DELIVERED


@pytest.mark.parametrize(
    "path",
    [
        f"/webhooks/kavenegar/{'0' * 32}/status",
        f"/webhooks/twilio/{SECRET}/status",
        f"/webhooks/nobody/{SECRET}/status",
    ],
)
def test_receipt_without_the_secret_finds_nothing(
    client: Client, secret: str, path: str
) -> None:
    assert client.post(path, {"messageid": "1"}).status_code == 404


def test_without_a_secret_of_ours_no_path_is_open(
    client: Client, settings: Any
) -> None:
    settings.SMS_WEBHOOK_SECRET = ""

    assert client.post("/webhooks/kavenegar/x/status").status_code == 404
    assert client.get("/webhooks/kavenegar/x/status").status_code == 405


@pytest.mark.parametrize("body", ["", "[]", "[1]", "nonsense", '{"messageid": [1]}'])
def test_receipt_of_any_shape_is_answered(
    client: Client, secret: str, body: str
) -> None:
    path = f"/webhooks/smsir/{secret}/status"

    answer = client.post(path, body, content_type="application/json")

    assert answer.status_code == 204


# -- Approved texts -------------------------------------------------------------------


@pytest.fixture
def approved(settings: Any) -> None:
    settings.KAVENEGAR_TEMPLATES = {"test_code": "hidaj-code/token:code"}
    settings.SMSIR_TEMPLATES = {"test_code": "100000/CODE:code"}


def test_kavenegar_sends_an_approved_text(
    owner: Owner, gateway: FakeGateway, approved: None
) -> None:
    code = enqueue("test_code", sealed={"code": "482913"})

    services.drain(now=NOW)

    assert state_of(code) == State.ACCEPTED
    assert code.template == "hidaj-code"
    assert gateway.posts == [
        {
            "path": "/v1/kave-secret-key/verify/lookup.json",
            "receptor": PHONE,
            "template": "hidaj-code",
            "token": "482913",
        }
    ]


@pytest.mark.parametrize("route", ["smsir"])
def test_smsir_sends_words_and_approved_texts(
    owner: Owner, way: Gateway, gateway: FakeGateway, approved: None
) -> None:
    words = enqueue()
    code = enqueue("test_code", sealed={"code": "482913"})

    services.drain(now=NOW)

    assert [state_of(words), state_of(code)] == [State.ACCEPTED] * 2
    assert gateway.posts == [
        {
            "path": "/v1/send/verify",
            "mobile": "9990000001",
            "templateId": 100000,
            "parameters": [{"name": "CODE", "value": "482913"}],
        },
        {
            "path": "/v1/send/bulk",
            "lineNumber": "30004505",
            "messageText": "جای شما در «الگوسازی» ثبت شد.",
            "mobiles": ["9990000001"],
        },
    ]


def test_lost_answer_to_an_approved_text_is_never_repeated(
    owner: Owner, gateway: FakeGateway, behave: Behave, approved: None
) -> None:
    behave("hang")
    code = enqueue("test_code", sealed={"code": "482913"})
    services.drain(now=NOW)
    behave("accept")
    services.drain(now=NOW + 2 * MINUTE)
    assert state_of(code) == State.UNKNOWN

    ask_for_reports(NOW + 4 * MINUTE)

    assert state_of(code) == State.ACCEPTED
    assert len(gateway.posts) == 1


@pytest.mark.parametrize(
    ("course", "language"),
    [("الگوسازی کفش زنانه", "fa"), ("a_b", "fa"), ("x" * 101, "fa"), ("الگو", "en")],
)
def test_words_go_where_the_approved_text_does_not_fit(
    owner: Owner, gateway: FakeGateway, settings: Any, course: str, language: str
) -> None:
    settings.KAVENEGAR_TEMPLATES = {"test_normal": "hidaj/token:course"}
    owner.values = {"course": course}
    message = enqueue(language=language)

    services.drain(now=NOW)

    assert state_of(message) == State.ACCEPTED
    assert "message" in gateway.posts[0]


def test_long_values_fill_the_long_tokens(
    owner: Owner, gateway: FakeGateway, settings: Any
) -> None:
    settings.KAVENEGAR_TEMPLATES = {"test_normal.fa": "hidaj/token20:course"}
    owner.values = {"course": "الگوسازی کفش زنانه"}
    enqueue()

    services.drain(now=NOW)

    assert gateway.posts[0]["token20"] == "الگوسازی کفش زنانه"


def test_foreign_route_knows_no_approved_text(
    owner: Owner, gateway: FakeGateway, approved: None
) -> None:
    code = enqueue("test_code", recipient=FOREIGN, sealed={"code": "482913"})

    services.drain(now=NOW)

    assert state_of(code) == State.ACCEPTED
    assert code.template == ""
