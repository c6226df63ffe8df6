from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from desk.messages import kind_name
from desk.task_lines import alarm_words
from desk.text_warnings import warnings
from desk.text_words import VALUES, WHEN
from notifications import kinds
from notifications.models import SmsDay, TextVersion
from notifications.texts import Draft, write_texts
from tests.desk.people import planner, query_count, reception, user_of
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db

LIST = "/staff/texts/"
KIND = "enrolment_cancelled"
PATH = f"{LIST}{KIND}/"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def filled(**changed: str) -> dict[str, str]:
    """The form as it comes, with some of it changed: `fa_sms="…"`."""
    kind = kinds.get(KIND)
    typed = {
        f"{language}-{piece}": text
        for language in ("fa", "en")
        for piece, text in kind.pieces(language).items()
    }
    own = {name.replace("_", "-", 1): text for name, text in changed.items()}
    return {"fa-base": "0", "en-base": "0", **typed, **own}


def save(client: Client, **changed: str) -> Any:
    return client.post(PATH, {"act": "save", **filled(**changed)})


def own_text(words: str = "خوش آمدید") -> str:
    return f"لغو «{{course}}»، {{day}}. {words}.\n{{centre}}"


def test_every_kind_and_value_is_explained() -> None:
    names = {kind.name for kind in kinds.all_kinds()}
    values = {name for kind in kinds.all_kinds() for name in kind.variables}

    assert names - set(WHEN) == set()
    assert values - set(VALUES) == set()


def test_texts_are_found_by_name_sentence_and_words() -> None:
    client = reception()
    write_texts(
        kind=KIND,
        drafts=[Draft("fa", 0, kinds.get(KIND).pieces("fa") | {"sms": own_text()})],
        by=make_user().pk,
        now=NOW,
    )

    def found(**query: str) -> list[str]:
        page = client.get(LIST, query)
        return [line.name for group in page.context["groups"] for line in group.lines]

    assert len(found()) == len(kinds.all_kinds())
    assert found(q="خوش امديد") == [KIND]
    assert KIND in found(q=kind_name(KIND))
    assert found(own="on") == [KIND]
    assert found(q="آنچه نیست") == []


def test_list_costs_the_same_with_more_texts() -> None:
    client = reception()
    before = query_count(client, LIST)
    user = make_user()
    for name in ("class_reminder", KIND, "run_opened"):
        for language in ("fa", "en"):
            TextVersion.objects.create(
                kind=name,
                language=language,
                number=1,
                sms="{centre}",
                written_by=user,
                written_at=NOW,
            )

    assert query_count(client, LIST) == before


def test_list_names_a_text_that_cannot_be_sent() -> None:
    TextVersion.objects.create(
        kind=KIND,
        language="fa",
        number=1,
        sms="{nobody}",
        written_by=make_user(),
        written_at=NOW,
    )

    lines = reception().get(LIST, {"own": "on"}).context["groups"][0].lines

    assert [one.is_broken for one in lines[0].languages] == [True, False]


def test_preview_costs_what_the_last_days_cost() -> None:
    client = planner()
    SmsDay.objects.create(on=NOW.date(), gateway="file", parts=4, cost_rial=4 * 1500)

    sms = client.get(PATH).context["pairs"][0].fields[0][1]

    assert sms.examples[0].cost_rial == sms.examples[0].size.parts * 1500


def test_broken_text_is_a_task_with_the_name_of_its_message() -> None:
    assert kind_name(KIND) in alarm_words("text", f"{KIND}:fa")


def test_planner_saves_one_language() -> None:
    client = planner()

    answer = save(client, fa_sms=own_text())

    assert answer.status_code == 302
    version = TextVersion.objects.get()
    assert (version.language, version.number) == ("fa", 1)
    assert version.sms == own_text()
    assert version.email_body == kinds.get(KIND).pieces("fa")["email_body"]
    assert version.written_by == user_of(client)
    assert own_text() in client.get(PATH).context["history"][0].texts[0][1]


def test_saving_twice_is_one_version() -> None:
    client = planner()
    save(client, fa_sms=own_text())

    assert save(client, fa_sms=own_text()).status_code == 302
    assert TextVersion.objects.count() == 1


def test_reception_reads_and_does_not_write() -> None:
    client = reception()

    page = client.get(PATH).content.decode()
    answer = save(client, fa_sms=own_text())

    assert 'name="act"' not in page
    assert page.count("readonly") == len(filled()) - 2
    assert answer.status_code == 404
    assert not TextVersion.objects.exists()


def test_a_standard_text_that_grew_too_long_stops_only_its_own_language(
    settings: Any,
) -> None:
    settings.HIDAJ_CENTRE = settings.HIDAJ_CENTRE | {
        "short_name_en": "Hidaj Shoe Centre " * 8
    }

    assert save(planner(), fa_sms=own_text()).status_code == 302
    assert save(planner(), en_sms="{course}, {day}, {centre}").status_code == 200


def test_refused_text_stays_in_the_form_beside_its_reason() -> None:
    too_long = own_text("س" * 140)

    answer = save(planner(), fa_sms=too_long, en_sms="{course} {corse}\n{centre}")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "س" * 140 in page
    fa, en = answer.context["forms"]
    assert fa.errors.keys() == {"sms"}
    assert en.errors.keys() == {"sms"}
    assert not TextVersion.objects.exists()


def test_preview_shows_parts_and_writes_nothing() -> None:
    client = planner()
    typed = {"act": "preview", **filled(fa_sms=own_text("س" * 140))}

    page = client.post(PATH, typed)
    parts = client.post(PATH, typed, headers={"HX-Request": "true"})

    sms = page.context["pairs"][0].fields[0][1]
    assert [example.size.parts for example in sms.examples] == [3, 4]
    assert sms.examples[0].cost_rial == 3 * 2000
    assert sms.problem
    assert "<html" not in parts.content.decode()
    assert 'id="preview-fa-sms"' in parts.content.decode()
    assert not TextVersion.objects.exists()


@pytest.mark.parametrize("typed", ["{", "{x.y}", "{nobody}", "", "{course!r:>9999999}"])
def test_preview_takes_whatever_is_typed(typed: str) -> None:
    answer = planner().post(PATH, {"act": "preview", **filled(fa_sms=typed)})

    assert answer.status_code == 200
    assert len(answer.content) < 200_000


def test_who_saves_second_is_shown_what_was_saved_and_loses_nothing() -> None:
    first, second = planner(), planner()
    save(first, fa_sms=own_text("نخست"))

    answer = save(second, fa_sms=own_text("دوم"))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert TextVersion.objects.count() == 1
    assert "دوم" in page
    assert "نخست" in page
    base = re.search(r'name="fa-base" value="(\d+)"', page)
    assert base is not None
    assert base[1] == "1"
    save(second, fa_sms=own_text("دوم"), fa_base="1")
    assert TextVersion.objects.get(number=2).sms == own_text("دوم")


def test_a_language_that_was_not_touched_overtakes_nobody() -> None:
    save(planner(), en_sms="{course}, {day}: it is over\n{centre}")

    answer = save(planner(), fa_sms=own_text())

    assert answer.status_code == 302
    numbers = TextVersion.objects.values_list("language", "number")
    assert sorted(numbers) == [("en", 1), ("fa", 1)]


def test_planner_goes_back_to_the_standard_and_to_a_version() -> None:
    client = planner()
    save(client, fa_sms=own_text())

    client.post(f"{PATH}back/", {"language": "fa", "number": "0", "base": "1"})
    client.post(f"{PATH}back/", {"language": "fa", "number": "1", "base": "2"})

    last = TextVersion.objects.get(number=3)
    assert TextVersion.objects.get(number=2).is_default
    assert (last.restores, last.sms) == (1, own_text())
    history = client.get(PATH).context["history"]
    assert [line.holds for line in history] == [True, False, False]


@pytest.mark.parametrize(
    "typed",
    [
        {"language": "xx"},
        {"number": "-1"},
        {"number": "9" * 30},
        {"number": "7"},
        {"base": "²"},
    ],
)
def test_going_back_refuses_what_never_was(typed: dict[str, str]) -> None:
    assert planner().post(f"{PATH}back/", typed).status_code == 404


def _warned(text: str, language: str = "fa", piece: str = "sms") -> str:
    return "\n".join(warnings(kinds.get("class_reminder"), language, piece, text))


PLAIN = "{day} {time}، «{course}»{for_whom}، {room}.\n{centre}"


@pytest.mark.parametrize(
    ("text", "piece", "sign"),
    [
        (f"ساعت {PLAIN}", "sms", "«ساعت»"),
        (f"{PLAIN} ۶۰۳۷ ۹۹۷۱ ۱۲۳۴ ۵۶۷۸", "sms", "کارت"),
        (f"{PLAIN} https://bit.ly/x", "sms_linked", "کوتاه"),
        (f"{PLAIN} kafsh.example/my", "sms", "پیوند"),
        (f"{PLAIN} kafsh.example/my", "sms_linked", "{link}"),
        (f"{PLAIN} 😀", "sms", "شکلک"),
        ("{day} {time} {course}\n{centre}", "sms", "{room}"),
    ],
)
def test_staff_are_warned(text: str, piece: str, sign: str) -> None:
    assert sign in _warned(text, piece=piece)
    assert sign not in _warned(PLAIN, piece="sms")


def test_dear_characters_are_named_in_english() -> None:
    text = "Reminder – {day} {time}, {course}{for_whom}, {room}.\n{centre}"

    assert "«–»" in _warned(text, "en")
    assert "«–»" not in _warned(text.replace("–", "-"), "en")


def test_approved_text_of_a_gateway_is_named_with_what_it_lacks(settings: Any) -> None:
    settings.SMS_ROUTES = {"*": "kavenegar"}
    settings.KAVENEGAR_TEMPLATES = {
        "class_reminder": "hidaj-class/token:day/token2:time"
    }

    words = _warned(PLAIN)

    assert "hidaj-class" in words
    assert "{course}" in words
    assert "{day}" not in words
    assert "hidaj-class" not in _warned(PLAIN, "en")


def test_too_long_for_the_digits_to_answer(settings: Any) -> None:
    settings.SMS_REPLY_GATEWAYS = ["file"]
    invited = "۱ می‌آیم"

    assert invited in _warned(PLAIN + "س" * 30)
    assert invited not in _warned("{day}\n{centre}")
