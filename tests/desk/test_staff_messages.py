from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from desk.message_reasons import reason_choices
from desk.messages import KIND_NAMES, lines_of, why_not_sent
from notifications import kinds
from notifications.models import OutboxMessage, State, TextVersion, Urgency
from tests.desk.people import applicant_client, enrol_one, query_count, reception
from tests.factories import NOW, make_person, make_run, make_user

pytestmark = pytest.mark.django_db

PATH = "/staff/messages/"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def _message(number: int, **overrides: Any) -> OutboxMessage:
    fields = {
        "kind": kinds.all_kinds()[0].name,
        "channel": "sms",
        "recipient": f"+98999000{number:04}",
        "language": "fa",
        "subject_kind": "reservation",
        "subject_id": number,
        "dedupe_key": f"test:{number}",
        "urgency": Urgency.NORMAL,
        "due_at": NOW,
        "next_attempt_at": NOW,
        "created_at": NOW,
        "state": State.ACCEPTED,
        "text": "جای شما ثبت شد",
    }
    return OutboxMessage.objects.create(**{**fields, **overrides})


def _shown(**query: str) -> list[int]:
    lines = reception().get(PATH, query).context["lines"]
    return [line.message.pk for line in lines]


def test_messages_are_filtered_by_state_way_and_phone() -> None:
    sent = _message(1)
    failed = _message(2, state=State.FAILED, error_code="411")
    mail = _message(3, channel="email", recipient="a@kafsh.example")

    assert _shown() == [mail.pk, failed.pk, sent.pk]
    assert _shown(state="failed") == [failed.pk]
    assert _shown(channel="email") == [mail.pk]
    assert _shown(who="۰۹۹۹ ۰۰۰ ۰۰۰۱") == [sent.pk]
    assert _shown(who="A@KAFSH") == [mail.pk]
    assert _shown(state="nonsense") == [mail.pk, failed.pk, sent.pk]


def test_messages_are_filtered_by_person_purpose_and_day() -> None:
    person = make_person(name="سکینه ‌حیدری", contact_phone="+989990000077")
    hers = _message(1, recipient=person.contact_phone, kind="class_reminder")
    old = _message(2, created_at=NOW - dt.timedelta(days=3), kind="sign_in_code")

    assert _shown(who="سكينه") == [hers.pk]
    assert _shown(who="نامی که نیست") == []
    assert _shown(purpose="reminder") == [hers.pk]
    assert _shown(purpose="code") == [old.pk]
    # 1 Azar is NOW; "until" holds the whole day.
    assert _shown(from_on="۱۴۰۵/۰۹/۰۱") == [hers.pk]
    assert _shown(to_on="۱۴۰۵/۰۸/۲۹") == [old.pk]
    assert _shown(from_on="۱۴۰۵/۰۸/۲۸", to_on="۱۴۰۵/۰۹/۰۱") == [hers.pk, old.pk]
    assert _shown(from_on="no day") == [hers.pk, old.pk]


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("number", {"state": State.FAILED, "error_code": "411"}),
        ("unwanted", {"state": State.SUPPRESSED}),
        ("unwanted", {"state": State.FAILED, "error_code": "21610"}),
        ("service", {"state": State.FAILED, "error_code": "418"}),
        ("phone", {"state": State.UNDELIVERED, "error_code": "state_11"}),
        ("doubt", {"state": State.UNKNOWN, "error_code": "ReadTimeout"}),
        ("trying", {"state": State.PENDING, "error_code": "451"}),
        ("late", {"state": State.EXPIRED}),
        ("overtaken", {"state": State.SUPERSEDED}),
    ],
)
def test_messages_are_filtered_by_why_they_did_not_go(
    why: str, fields: dict[str, Any]
) -> None:
    _message(1)
    message = _message(2, **fields)

    found = [name for name, _words in reason_choices() if _shown(why=name)]

    assert _shown(why=why) == [message.pk]
    assert set(found) - {"any"} == {why}


def test_messages_hide_codes_and_secret_links() -> None:
    _message(
        1,
        urgency=Urgency.CODE,
        text="",
        state=State.PENDING,
        variables={"code": "482913"},
    )
    _message(2, text="یک جا برای شما: https://kafsh.example/o/0123456789abcdef/")

    text = reception().get(PATH).content.decode()

    assert "482913" not in text
    assert "0123456789abcdef" not in text
    assert "https://kafsh.example/o/…" in text


def test_messages_name_the_version_and_the_approved_text() -> None:
    version = TextVersion.objects.create(
        kind="class_reminder",
        language="fa",
        number=7,
        sms="{centre}",
        written_by=make_user(),
        written_at=NOW,
    )
    _message(1, kind="class_reminder", text_version=version, template="hidaj-class")

    page = reception().get(PATH).content.decode()

    assert "نسخهٔ ۷" in page
    assert "/staff/texts/class_reminder/" in page
    assert "hidaj-class" in page


@pytest.mark.parametrize(
    ("fields", "is_empty"),
    [
        ({"state": State.FAILED, "error_code": "411"}, False),
        ({"state": State.FAILED, "error_code": "ConnectTimeout"}, False),
        ({"state": State.UNKNOWN}, False),
        ({"state": State.EXPIRED}, False),
        ({"state": State.PENDING, "error_code": "503", "attempts": 2}, False),
        ({"state": State.ACCEPTED}, True),
    ],
)
def test_messages_say_why_they_did_not_go(
    fields: dict[str, Any], is_empty: bool
) -> None:
    assert (why_not_sent(_message(1, **fields)) == "") is is_empty


def test_message_is_sent_again_once() -> None:
    enrol_one(make_run())
    message = OutboxMessage.objects.filter(state=State.PENDING).first()
    assert message is not None
    OutboxMessage.objects.update(state=State.FAILED, error_code="411")
    before = OutboxMessage.objects.count()
    client = reception()

    for _tap in range(2):
        client.post(f"{PATH}{message.pk}/resend/")

    assert OutboxMessage.objects.count() == before + 1


def test_message_out_of_date_is_not_sent_again() -> None:
    old = _message(1, expires_at=NOW - dt.timedelta(hours=1))

    line = lines_of([old], NOW)[0]
    response = reception().post(f"{PATH}{old.pk}/resend/", follow=True)

    assert not line.may_resend
    assert "note-bad" in response.content.decode()
    assert OutboxMessage.objects.count() == 1


def test_messages_are_not_there_for_others() -> None:
    message = _message(1)
    client = applicant_client()

    assert client.get(PATH).status_code == 404
    assert client.post(f"{PATH}{message.pk}/resend/").status_code == 404


def test_messages_ask_as_often_for_three_rows() -> None:
    client = reception()
    _message(1)
    count = query_count(client, PATH)
    _message(2)
    _message(3)

    assert query_count(client, PATH) == count


def test_messages_come_in_pages() -> None:
    for number in range(60):
        _message(number)
    client = reception()

    assert len(client.get(PATH).context["lines"]) == 50
    assert len(client.get(PATH, {"page": "2"}).context["lines"]) == 10


def test_every_kind_has_a_name_in_words() -> None:
    unnamed = [kind.name for kind in kinds.all_kinds() if kind.name not in KIND_NAMES]

    assert not unnamed


def test_every_kind_of_message_has_a_name_for_staff() -> None:
    assert [
        kind.name for kind in kinds.all_kinds() if kind.name not in KIND_NAMES
    ] == []
