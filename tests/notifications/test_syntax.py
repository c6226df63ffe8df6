from __future__ import annotations

import pytest

from notifications.syntax import cleaned, fill, has_stray_braces, placeholders

VALUES = {"course": "الگوسازی", "room": "", "day": "شنبه", "bring": ""}


@pytest.mark.parametrize(
    "text",
    [
        "{course.__class__}",
        "{course!r}",
        "{course:>500}",
        "{0}",
        "{}",
        "{course",
        "course}",
        "{{course}}",
        "{Course}",
        "{ course }",
    ],
)
def test_only_a_plain_name_is_a_value(text: str) -> None:
    assert has_stray_braces(text)


def test_a_plain_name_is_a_value() -> None:
    assert not has_stray_braces("«{course}»، {day}")
    assert placeholders("«{course}»، {day}") == {"course", "day"}


def test_values_are_never_read_as_a_text() -> None:
    assert fill("{course}", {"course": "{day} {x.y}"}) == "{day} {x.y}"


def test_missing_value_is_a_lookup_error() -> None:
    with pytest.raises(LookupError):
        fill("{nobody}", VALUES)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("«{course}» ({room})، {day}", "«الگوسازی»، شنبه"),
        ("{day}، {room}، {course}", "شنبه، الگوسازی"),
        ("{day}، {room}.", "شنبه."),
        ("{day}\nبیاورید: {bring}\n{course}", "شنبه\nالگوسازی"),
        ("{day}\n{room}\n{course}", "شنبه\nالگوسازی"),
        ("«{room}» {course}", "الگوسازی"),
        ("{course}:\n{day}", "الگوسازی:\nشنبه"),
    ],
)
def test_an_empty_value_leaves_nothing_behind(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


def test_cleaned_text_keeps_the_joiner_beside_a_value() -> None:
    typed = " كلاس  {course}\u200cها\r\n\r\n\r\n\r\n{day}\ue000 "

    assert cleaned(typed, multiline=True) == "کلاس {course}\u200cها\n\n{day}"
    assert fill(cleaned(typed, multiline=True), VALUES).startswith(
        "کلاس الگوسازی\u200cها"
    )
