"""What people answer by SMS, and what becomes of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from twilio.request_validator import RequestValidator

from core.exceptions import HidajError
from notifications import inbox, kinds, services
from notifications.gateways.base import Inbound
from notifications.gateways.file import write_answer
from notifications.kinds import MessageKind
from notifications.models import InboundMessage, Meaning, OptOut, OutboxMessage
from notifications.questions import Answered, Question, Replies, Wish, on_wish
from notifications.understanding import understand
from tests.factories import NOW
from tests.notifications.conftest import HOUR, PHONE, Owner, enqueue, sent_sms
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
OTHER = "+989990000002"


@dataclass
class Asker:
    """An owner of questions: subjects that are open, and what was answered."""

    open: dict[int, str] = field(default_factory=lambda: {7: "a", 8: "b"})
    answers: list[tuple[int, str]] = field(default_factory=list)
    outcome: Answered = Answered.COMES
    refuses: bool = False

    def question(self, pk: int, language: str, now: dt.datetime) -> Question | None:
        topic = self.open.get(pk)
        if not topic:
            return None
        return Question(topic, f"کلاس {topic}", f"کلاس {topic}", "۱۶:۰۰")

    def answer(self, pk: int, meaning: Meaning, now: dt.datetime) -> Answered:
        if self.refuses:
            raise HidajError("no", code="no")
        self.answers.append((pk, str(meaning)))
        return self.outcome


@pytest.fixture
def asker(owner: Owner) -> Asker:
    asker = Asker()
    for name, invites in (("test_question", True), ("test_news", False)):
        kinds.register(
            MessageKind(
                name=name,
                purpose="reminder",
                urgency="reminder",
                variables=("course",),
                values=owner.read,
                still_wanted=owner.wants,
                sample={"course": "الگوسازی دستی"},
                sms={"fa": "فردا «{course}»", "en": "Tomorrow {course}"},
                sms_linked={"fa": "فردا «{course}» kafsh.example/my"},
                replies=Replies(asker.question, asker.answer, invites=invites),
            )
        )
    return asker


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[Wish]:
    """What reception would see."""
    heard: list[Wish] = []
    monkeypatch.setattr("notifications.questions._receptions", [])
    on_wish(lambda wish, now: heard.append(wish))
    return heard


def ask(subject_id: int = 7, kind: str = "test_question", **fields: Any) -> None:
    """Send a question to PHONE, each a minute after the one before."""
    at = NOW - HOUR + OutboxMessage.objects.count() * MINUTE
    enqueue(
        kind,
        subject_id=subject_id,
        dedupe_key=f"{kind}:{subject_id}",
        now=at,
        expires_at=NOW + HOUR,
        **fields,
    )
    services.drain(now=at)


def reply(text: str, *, sender: str = PHONE, after: int = 0) -> InboundMessage:
    """An answer comes in, so many minutes after NOW, and is acted upon."""
    now = NOW + after * MINUTE
    number = InboundMessage.objects.count() + 1
    inbox.keep(gateway="file", found=[Inbound(str(number), sender, text, now)], now=now)
    inbox.handle_new(now)
    return InboundMessage.objects.get(gateway_id=str(number))


def confirmations() -> list[str]:
    rows = OutboxMessage.objects.filter(kind__startswith="reply_").order_by("pk")
    return [row.kind for row in rows]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", Meaning.YES),
        (" ۱ ", Meaning.YES),
        ("١.", Meaning.YES),
        ("می‌آیم", Meaning.YES),
        ("مي آيم", Meaning.YES),
        ("۲", Meaning.NO),
        ("«2»", Meaning.NO),
        ("نمی آیم", Meaning.NO),
        ("نميام!", Meaning.NO),
        ("۳", Meaning.CALL),
        ("دیر می‌رسم", Meaning.LATE),
        ("دير ميرسم", Meaning.LATE),
        ("11", Meaning.STOP),
        ("۱۱", Meaning.STOP),
        ("١١", Meaning.STOP),
        ("لغو", Meaning.STOP),
        ("لغو۱۱", Meaning.STOP),
        ("لغو ۱۱", Meaning.STOP),
        ("STOP", Meaning.STOP),
        ("۱۲", Meaning.START),
        ("شروع", Meaning.START),
        ("", Meaning.OTHER),
        ("4", Meaning.OTHER),
        ("۱ و ۲", Meaning.OTHER),
        ("شنبه نمی‌آیم ولی دوشنبه می‌آیم", Meaning.OTHER),
    ],
)
def test_text_is_understood_in_any_digits(text: str, meaning: Meaning) -> None:
    assert understand(text) == meaning


@pytest.mark.parametrize(("text", "meaning"), [("۱", "yes"), ("۲", "no")])
def test_answer_reaches_its_owner_and_is_confirmed_once(
    asker: Asker, wishes: list[Wish], text: str, meaning: str
) -> None:
    ask()

    inbound = reply(text)
    inbox.handle_new(NOW)
    services.drain(now=NOW + MINUTE)

    assert asker.answers == [(7, meaning)]
    assert inbound.state == "done"
    assert confirmations() == ["reply_comes"]
    assert "کلاس a" in sent_sms()[-1]["text"]
    assert wishes == []


def test_what_the_owner_told_is_not_told_again(asker: Asker) -> None:
    asker.outcome = Answered.CANCELLED
    ask()

    reply("2")

    assert confirmations() == []


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [(Answered.TOO_LATE, "cannot_come"), (Answered.LATE, "late")],
)
def test_some_answers_are_for_reception_too(
    asker: Asker, wishes: list[Wish], outcome: Answered, kind: str
) -> None:
    asker.outcome = outcome
    ask()

    reply("2")

    assert [(w.kind, w.subject_kind, w.subject_id) for w in wishes] == [
        (kind, "thing", 7)
    ]
    assert confirmations() == [f"reply_{outcome}"]


def test_call_is_a_wish_with_and_without_a_question(
    asker: Asker, wishes: list[Wish]
) -> None:
    ask()

    reply("3")
    reply("تماس بگیرید", sender=OTHER)

    assert [(w.kind, w.phone, w.subject_id) for w in wishes] == [
        ("call_back", PHONE, 7),
        ("call_back", OTHER, 0),
    ]


@pytest.mark.parametrize("text", ["سلام، کلاس کی شروع می‌شود؟", "۷", "1"])
def test_everything_else_is_for_people(
    asker: Asker, wishes: list[Wish], text: str
) -> None:
    inbound = reply(text)

    assert inbound.state == "inbox"
    assert [(w.kind, w.text) for w in wishes] == [("answer", text)]
    assert confirmations() == []


def test_what_the_owner_refuses_is_for_people(asker: Asker, wishes: list[Wish]) -> None:
    asker.refuses = True
    ask()

    assert reply("2").state == "inbox"
    assert [w.kind for w in wishes] == ["answer"]


def test_latest_of_two_messages_about_the_same_is_answered(asker: Asker) -> None:
    asker.open = {7: "a", 8: "a"}
    ask(7)
    ask(8)

    reply("1")

    assert asker.answers == [(8, "yes")]


def test_closed_question_is_passed_over(asker: Asker) -> None:
    ask(7)
    ask(8)
    del asker.open[8]

    reply("1")

    assert asker.answers == [(7, "yes")]


def test_invited_question_goes_before_news(asker: Asker) -> None:
    ask(7)
    ask(8, kind="test_news")

    reply("1")

    assert asker.answers == [(7, "yes")]


def test_two_open_questions_make_us_ask_which(asker: Asker) -> None:
    ask(7)
    ask(8)

    first = reply("2")
    services.drain(now=NOW + MINUTE)
    text = sent_sms()[-1]["text"]
    second = reply("۲", after=2)

    assert first.state == "asked"
    assert "۱. کلاس b" in text
    assert "۲. کلاس a" in text
    assert asker.answers == [(7, "no")]
    assert second.state == "done"
    first.refresh_from_db()
    assert first.state == "done"
    assert confirmations() == ["reply_which", "reply_comes"]


def test_number_out_of_the_choice_and_late_ones_are_answers_again(
    asker: Asker,
) -> None:
    ask(7)
    ask(8)
    reply("2")

    late = reply("1", after=13 * 60)

    assert late.state == "asked"
    assert asker.answers == []


def test_choice_that_has_closed_is_for_people(asker: Asker, wishes: list[Wish]) -> None:
    ask(7)
    ask(8)
    reply("2")
    del asker.open[7]

    reply("2", after=1)

    assert asker.answers == []
    assert [w.kind for w in wishes] == ["answer"]


def test_too_many_open_questions_are_settled_by_telephone(
    asker: Asker, wishes: list[Wish]
) -> None:
    asker.open = {n: str(n) for n in range(5)}
    for n in range(5):
        ask(n)

    reply("2")

    assert [w.kind for w in wishes] == ["call_back"]


def test_stop_and_start(asker: Asker) -> None:
    reply("لغو۱۱")
    assert set(OptOut.objects.values_list("recipient", "purpose")) == {
        (PHONE, "reminder"),
        (PHONE, "news"),
    }

    reply("۱۲", after=1)

    assert not OptOut.objects.exists()
    assert confirmations() == ["reply_stopped", "reply_started"]


def test_answering_machine_is_not_talked_to_for_ever(asker: Asker) -> None:
    ask()

    for n in range(10):
        reply("1", after=n)

    assert len(confirmations()) == 6


def test_same_sms_twice_is_one(asker: Asker) -> None:
    ask()
    found = [Inbound("x", "09990000001", "1", NOW)]

    first = inbox.keep(gateway="file", found=found, now=NOW)
    second = inbox.keep(gateway="file", found=found, now=NOW)
    inbox.handle_new(NOW)

    assert (first, second) == (1, 0)
    assert asker.answers == [(7, "yes")]
    with pytest.raises(IntegrityError), transaction.atomic():
        InboundMessage.objects.create(
            gateway="file", gateway_id="x", received_at=NOW, created_at=NOW
        )


def test_advertising_is_left_alone(wishes: list[Wish]) -> None:
    inbox.keep(
        gateway="file", found=[Inbound("x", "IRANCELL", "خرید کنید", NOW)], now=NOW
    )

    assert inbox.handle_new(NOW) == 0
    assert wishes == []


# -- The text that invites answers ---------------------------------------------------


def test_text_invites_answers_where_they_can_come_in(
    asker: Asker, settings: Any
) -> None:
    ask(7)
    settings.SMS_REPLY_GATEWAYS = []
    ask(8)

    invited, plain = (sms["text"] for sms in sent_sms())

    assert invited == "فردا «الگوسازی»\n۱ می‌آیم، ۲ نمی‌آیم، ۳ تماس"
    assert plain == "فردا «الگوسازی» kafsh.example/my"


def test_invitation_never_makes_a_third_part(asker: Asker, owner: Owner) -> None:
    owner.values = {"course": "الف" * 40}

    ask(7)

    assert "۱ می‌آیم" not in sent_sms()[0]["text"]


# -- Coming in ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_inbox_of_kavenegar_is_read(
    asker: Asker, gateway: FakeGateway, settings: Any
) -> None:
    settings.KAVENEGAR_SENDER = "10004346"
    settings.SMS_REPLY_GATEWAYS = ["kavenegar"]
    ask()
    gateway.answer("09990000001", "۱", int(NOW.timestamp()))

    assert inbox.receive(NOW) == 1
    assert inbox.receive(NOW + MINUTE) == 0
    assert asker.answers == [(7, "yes")]


def test_inbox_that_does_not_answer_is_no_error(
    gateway: FakeGateway, settings: Any, transactional_db: None
) -> None:
    settings.KAVENEGAR_SENDER = "10004346"
    settings.SMS_REPLY_GATEWAYS = ["kavenegar", "twilio"]
    gateway.reading = "html"

    assert inbox.receive(NOW) == 0


def test_developer_answers_by_file(asker: Asker) -> None:
    ask()
    write_answer(sender=PHONE, text="1", at=NOW)

    assert inbox.receive(NOW + MINUTE) == 1
    assert asker.answers == [(7, "yes")]


def test_developer_answers_on_the_page(
    client: Client, asker: Asker, settings: Any
) -> None:
    settings.HIDAJ_DEVELOPMENT_PAGES = True

    client.post("/dev/answer/", {"to": PHONE, "text": "سلام"})

    assert InboundMessage.objects.get().text == "سلام"
    settings.HIDAJ_DEVELOPMENT_PAGES = False
    assert client.post("/dev/answer/").status_code == 404


def test_twilio_brings_an_answer(client: Client, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://kafsh.example"
    settings.TWILIO_AUTH_TOKEN = "token"
    settings.PHONE_COUNTRIES = ["IR", "DE"]
    path = "/webhooks/twilio/inbound"
    form = {"MessageSid": "SM1", "From": "+4915112345678", "Body": "1"}
    signer = RequestValidator("token")
    signature = signer.compute_signature(f"https://kafsh.example{path}", form)

    answer = client.post(path, form, headers={"X-Twilio-Signature": signature})
    client.post(path, form, headers={"X-Twilio-Signature": signature})
    forged = client.post(path, form, headers={"X-Twilio-Signature": "no"})

    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    assert forged.status_code == 403
    assert InboundMessage.objects.get().sender == "+4915112345678"


def test_kavenegar_brings_an_answer(client: Client, settings: Any) -> None:
    settings.SMS_WEBHOOK_SECRET = "f" * 32
    path = f"/webhooks/kavenegar/{'f' * 32}/inbound"
    form = {"messageid": "5", "from": "09990000001", "to": "1000", "message": "۱"}

    codes = [client.post(path, form).status_code for _ in range(2)]

    assert codes == [204, 204]
    assert InboundMessage.objects.get().sender == PHONE
    other = path.replace("kavenegar", "smsir")
    assert client.post(other, form).status_code == 204
    assert InboundMessage.objects.count() == 1


def test_reminder_stops_for_who_sent_eleven(asker: Asker, owner: Owner) -> None:
    reply("11")
    enqueue("test_reminder", expires_at=NOW + HOUR)

    services.drain(now=NOW + MINUTE)

    assert [sms["kind"] for sms in sent_sms()] == ["reply_stopped"]
