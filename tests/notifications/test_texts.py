from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.models import User
from notifications import kinds, services
from notifications.alarms import Alarm, _handlers, on_alarm
from notifications.delivery import claim, prepare
from notifications.exceptions import NotificationsError
from notifications.models import Channel, OutboxMessage, State
from notifications.samples import typical, worst
from notifications.text_models import TextVersion
from notifications.text_rules import cleaned, problems
from notifications.texts import Draft, go_back, latest, write_texts
from tests.consulting.races import at_once
from tests.factories import NOW, make_user
from tests.notifications.conftest import HOUR, Owner, enqueue, sent_sms

KIND = "test_normal"
OWN = {
    "sms": "«{course}»: خوش آمدید.",
    "sms_linked": "«{course}»: خوش آمدید. kafsh.example/my",
    "email_subject": "خوش آمدید به «{course}»",
    "email_body": "به «{course}»\nخوش آمدید.",
}


def write(
    user: User, base: int = 0, language: str = "fa", kind: str = KIND, **changed: str
) -> TextVersion:
    drafts = [Draft(language, base, OWN | changed)]
    return write_texts(kind=kind, drafts=drafts, by=user.pk, now=NOW)[0]


@pytest.fixture
def user(db: None) -> User:
    return make_user()


def test_a_saved_text_is_in_every_message_that_goes_out_from_then_on(
    owner: Owner, user: User
) -> None:
    planned = enqueue()
    before = enqueue(dedupe_key="before")
    OutboxMessage.objects.filter(pk=planned.pk).update(next_attempt_at=NOW + HOUR / 2)
    services.drain(now=NOW)

    version = write(user)
    services.drain(now=NOW + HOUR / 2)

    before.refresh_from_db()
    planned.refresh_from_db()
    assert before.text_version is None
    assert before.text == "«الگوسازی» ثبت شد: kafsh.example/my"
    assert planned.text_version == version
    assert planned.text == "«الگوسازی»: خوش آمدید. kafsh.example/my"
    assert sent_sms()[-1]["text"] == planned.text


def test_a_text_of_one_language_leaves_the_other_alone(
    owner: Owner, user: User
) -> None:
    write(user)
    message = enqueue(language="en")

    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.text_version is None
    assert "خوش آمدید" not in message.text


def test_a_mail_has_the_subject_and_body_of_the_version(
    owner: Owner, user: User
) -> None:
    version = write(user)
    message = enqueue(channel=Channel.EMAIL, recipient="a@kafsh.example")

    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.text_version == version
    assert message.text == "خوش آمدید به «الگوسازی»\n\nبه «الگوسازی»\nخوش آمدید."


def test_what_may_be_out_already_is_repeated_in_the_same_words(
    owner: Owner, user: User
) -> None:
    first = write(user)
    message = enqueue()
    claimed = claim(now=NOW)
    assert claimed is not None
    assert prepare(claimed, now=NOW) is not None
    write(user, base=1, sms_linked="{course}: تازه kafsh.example/my")

    OutboxMessage.objects.update(state=State.PENDING, lease_until=None)
    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    assert message.text_version == first
    assert "خوش آمدید" in message.text


@pytest.fixture
def alarms() -> Any:
    heard: list[tuple[str, str]] = []
    before = list(_handlers)
    on_alarm(lambda alarm, about, now: heard.append((alarm, about)))
    yield heard
    _handlers[:] = before


@pytest.mark.parametrize(
    "broken",
    ["{nobody}: خوش آمدید", "{course!r}: خوش آمدید", "{course"],
)
def test_a_broken_text_gives_way_to_that_of_the_code_and_staff_hear_of_it(
    owner: Owner, user: User, alarms: list[tuple[str, str]], broken: str
) -> None:
    TextVersion.objects.create(
        kind=KIND,
        language="fa",
        number=1,
        written_by=user,
        written_at=NOW,
        **OWN | {"sms_linked": broken},
    )
    message = enqueue()

    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    assert message.text == "«الگوسازی» ثبت شد: kafsh.example/my"
    assert alarms == [(Alarm.TEXT, f"{KIND}:fa")]


def test_a_text_that_the_version_lacks_comes_from_the_code(
    owner: Owner, user: User, alarms: list[tuple[str, str]]
) -> None:
    write(user)
    kind = kinds.get(KIND)
    bare = {"kind": KIND, "language": "fa", "number": 2, "sms": "{course}"}
    TextVersion.objects.create(**bare, written_by=user, written_at=NOW)
    message = enqueue(channel=Channel.EMAIL, recipient="a@kafsh.example")

    services.drain(now=NOW)

    message.refresh_from_db()
    assert message.text.startswith(kind.pieces("fa")["email_subject"][:3])
    assert alarms == [(Alarm.TEXT, f"{KIND}:fa")]


def test_saving_the_same_twice_is_one_version(owner: Owner, user: User) -> None:
    write(user)

    again = write_texts(
        kind=KIND, drafts=[Draft("fa", 0, OWN)], by=user.pk, now=NOW + HOUR
    )

    assert again == []
    assert TextVersion.objects.count() == 1


def test_who_saves_second_is_told(owner: Owner, user: User) -> None:
    write(user)

    with pytest.raises(NotificationsError) as refusal:
        write(make_user(), sms="{course}: من هم")

    assert refusal.value.code == "stale"
    assert latest(KIND, "fa").written_by == user  # type: ignore[union-attr]


def test_both_languages_are_saved_or_none(owner: Owner, user: User) -> None:
    write(user, language="en")

    with pytest.raises(NotificationsError):
        write_texts(
            kind=KIND,
            drafts=[Draft("fa", 0, OWN), Draft("en", 0, OWN | {"sms": "{course}"})],
            by=user.pk,
            now=NOW,
        )

    assert latest(KIND, "fa") is None


def test_going_back_writes_a_new_version(owner: Owner, user: User) -> None:
    write(user)
    write(user, base=1, sms="{course}: دوم")

    back = go_back(kind=KIND, language="fa", number=1, base=2, by=user.pk, now=NOW)
    code = go_back(kind=KIND, language="fa", number=0, base=3, by=user.pk, now=NOW)

    assert back is not None
    assert code is not None
    assert (back.number, back.restores, back.sms) == (3, 1, OWN["sms"])
    assert (code.number, code.is_default, code.sms) == (4, True, "")
    message = enqueue()
    services.drain(now=NOW)
    message.refresh_from_db()
    assert message.text_version == code
    assert message.text == "«الگوسازی» ثبت شد: kafsh.example/my"


def test_going_back_to_what_holds_changes_nothing(owner: Owner, user: User) -> None:
    same = {"kind": KIND, "language": "fa", "by": user.pk, "now": NOW}
    assert go_back(**same, number=0, base=0) is None
    write(user)

    assert go_back(**same, number=1, base=1) is None
    assert TextVersion.objects.count() == 1


def test_going_back_is_held_against_the_rules_of_today(
    owner: Owner, user: User
) -> None:
    write(user)
    write(user, base=1, sms="{course}: دوم")
    kind = kinds.get(KIND)
    kinds.register(replace(kind, sample={"course": "الگوسازی " * 20}))

    with pytest.raises(NotificationsError) as refusal:
        go_back(kind=KIND, language="fa", number=1, base=2, by=user.pk, now=NOW)

    assert refusal.value.code == "refused"


def test_a_version_never_changes(owner: Owner, user: User) -> None:
    version = write(user)

    with pytest.raises(IntegrityError), transaction.atomic():
        TextVersion.objects.filter(pk=version.pk).update(sms="{course}")

    assert latest(KIND, "fa").sms == OWN["sms"]  # type: ignore[union-attr]


def _kind(**changes: Any) -> kinds.MessageKind:
    names = ("centre", "course", "room", "link", "dates")
    base = {
        "name": "ruled",
        "purpose": "transactional",
        "urgency": "now",
        "variables": names,
        "values": kinds.no_values,
        "still_wanted": kinds.always_wanted,
        "sample": dict.fromkeys(names, "نمونه"),
        "sms": {"fa": "«{course}»، {room}\n{centre}"},
        "sms_linked": {"fa": "«{course}»: {link}\n{centre}"},
        "email_subject": {"fa": "«{course}»"},
    }
    return kinds.MessageKind(**base | changes)


RULED = {
    "sms": "«{course}»\n{centre}",
    "sms_linked": "{course}: {link}\n{centre}",
    "email_subject": "{course}",
}


def _first_problem(**changed: str) -> tuple[str, str] | None:
    kind = _kind()
    found = problems(kind, "fa", cleaned(kind, RULED | changed))
    return (found[0].piece, found[0].words) if found else None


@pytest.mark.parametrize(
    ("piece", "text", "words"),
    [
        ("sms", "", "Please write this text."),
        ("sms", "{course}", "{centre}"),
        ("sms", "{course} {centre} {rom}", "{room}"),
        ("sms", "{course} {centre} {sign_in}", "no value"),
        ("sms", "{course} {centre} {course.pk}", "brace"),
        ("sms_linked", "{course} {centre}", "{link}"),
        ("sms", "{course} {dates} {centre}", "any length"),
        ("sms", "{course} {centre}" + "س" * 130, "characters too long"),
        ("email_subject", "{course}" + "س" * 120, "characters too long"),
    ],
)
def test_a_text_that_breaks_a_rule_is_refused_with_its_reason(
    piece: str, text: str, words: str
) -> None:
    with translation.override("en"):
        found = _first_problem(**{piece: text})

    assert found is not None
    assert found[0] == piece
    assert words in found[1]


def test_a_text_within_the_rules_is_not_refused() -> None:
    assert _first_problem() is None


def test_the_code_stays_in_the_last_line() -> None:
    kind = kinds.get("sign_in_code")
    good = {"sms": "ورود با کد {code}\n@{domain} #{code}"}

    assert problems(kind, "fa", good) == []
    assert problems(kind, "fa", {"sms": "@{domain} #{code}\nکد ورود"})


def test_every_text_of_the_code_keeps_the_rules() -> None:
    broken = [
        (kind.name, language, problem)
        for kind in kinds.all_kinds()
        for language in ("fa", "en")
        for problem in problems(kind, language, cleaned(kind, kind.pieces(language)))
    ]

    assert broken == []


def test_every_kind_has_usual_values_of_its_language() -> None:
    persian = [
        (kind.name, name)
        for kind in kinds.all_kinds()
        for name, value in typical(kind, "en").items()
        if any("\u0600" <= char <= "\u06ff" for char in value)
    ]

    assert persian == []


def test_the_longest_values_are_tried_with_the_address_of_the_site(
    settings: Any,
) -> None:
    settings.PUBLIC_BASE_URL = "https://very-long-name.kafsh-hidaj.example/booking/"

    value = worst(kinds.get("place_offered"), "fa")["link"]

    assert value.startswith("very-long-name.kafsh-hidaj.example/booking/o/")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_at_once_one_wins_and_the_others_are_told() -> None:
    user = make_user()

    def save(number: int) -> object:
        words = f"کد {{code}} {number}\n@{{domain}} #{{code}}"
        return write(user, kind="sign_in_code", sms=words)

    answers = at_once(save, range(4))

    refusals = [a.code for a in answers if isinstance(a, NotificationsError)]
    assert refusals == ["stale", "stale", "stale"]
    assert TextVersion.objects.count() == 1


@pytest.mark.parametrize("name", ["place_offered", "class_reminder"])
def test_days_are_tried_in_the_language_of_the_message(name: str) -> None:
    values = worst(kinds.get(name), "en")
    told = {key: values[key] for key in ("day", "old", "new", "until") if key in values}

    assert told
    assert [value for value in told.values() if not value.isascii()] == []
