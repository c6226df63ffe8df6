from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notifications import kinds
from notifications.kinds import MessageKind, all_kinds, always_wanted, no_values
from notifications.rendering import render_email, render_sms
from notifications.samples import worst
from notifications.segments import count_parts
from notifications.syntax import fill

CODE: dict[str, Any] = {
    "name": "sample",
    "purpose": "code",
    "urgency": "code",
    "variables": ("code",),
    "values": no_values,
    "still_wanted": always_wanted,
    "sample": {"code": "482913"},
    "sms": {"fa": "کد ورود: {code}"},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "chatter"},
        {"urgency": "normal"},
        {"purpose": "reminder"},
        {"sms": {"en": "Your code: {code}"}},
        {"sms": {"fa": "کد ورود: {kode}"}},
        {"sms": {"fa": "کد ورود: {code.__class__}"}},
        {"sms": {"fa": "کد ورود: {code!r:>500}"}},
        {"sms_linked": {"fa": "{link}"}},
        {"email_subject": {"fa": "{name}"}},
        {"sample": {}},
    ],
    ids=str,
)
def test_kind_refuses_wording_that_cannot_be_filled(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        MessageKind(**CODE | wrong)


def test_every_registered_kind_fits_in_two_parts() -> None:
    too_long = [
        (kind.name, language)
        for kind in all_kinds()
        for texts in (kind.sms, kind.sms_linked or {})
        for language, text in texts.items()
        if count_parts(fill(text, worst(kind, language))) > 2
    ]

    assert too_long == []


def test_every_registered_kind_speaks_both_languages() -> None:
    one_sided = [
        kind.name
        for kind in all_kinds()
        for texts in kind.all_texts()
        if set(texts) != {"fa", "en"}
    ]

    assert one_sided == []


def test_every_message_but_a_code_names_the_centre() -> None:
    nameless = [
        (kind.name, language)
        for kind in all_kinds()
        if kind.purpose != "code"
        for texts in (kind.sms, kind.sms_linked or {}, kind.email_body or {})
        for language, text in texts.items()
        if "{centre}" not in text
    ]

    assert nameless == []


def test_mail_of_a_kind_without_mail_wording_says_what_its_sms_says() -> None:
    kind = MessageKind(**CODE)

    subject, body = render_email(kind.pieces("fa"), {"code": "482913"})

    assert subject == body == "کد ورود: 482913"


def test_sms_falls_back_to_persian_and_is_cleaned() -> None:
    kind = replace(MessageKind(**CODE), sms={"fa": "كد  ورود:\u202e {code}\n\n\nهيدج"})

    text = render_sms(kind.pieces("en"), {"code": "1"}, with_link=True)

    assert text == "کد ورود: 1\n\nهیدج"


def test_unknown_kind_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        kinds.get("nobody_registered_this")
