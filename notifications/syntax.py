"""How a text names its values, and how it is filled.

A value is a name in braces, `{course}`, and nothing else: no attribute, no format, no
code. Staff write texts, so whatever is cleverer is refused where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from persian.text import clean

_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
# A line that says what follows and then only the value: «بیاورید: {bring}».
_LABELLED = re.compile(r"[^{}]*:\s*\{[a-z0-9_]+\}[.\s]*")
_EMPTY_BRACKETS = re.compile(r"\s?(?:\(\s*\)|\[\s*\]|«\s*»)")
_TWO_SEPARATORS = re.compile(r"([،,;؛])(?:\s*[،,;؛])+")
_LAST_SEPARATOR = re.compile(r"[\s،,;؛:–-]+(\.?)$")

# Characters that no text holds stand for values while it is cleaned.
_FIRST_STAND_IN = 0xE000
_STAND_IN = re.compile("[\ue000-\uf8ff]")


def placeholders(text: str) -> set[str]:
    """The names of the values that a text holds."""
    return set(_NAME.findall(text))


def has_stray_braces(text: str) -> bool:
    """Whether a brace stands anywhere but around a plain name."""
    rest = _NAME.sub("", text)
    return "{" in rest or "}" in rest


def cleaned(text: str, *, multiline: bool) -> str:
    """A text in the form in which it is stored.

    A value counts as a part of its word: «{course}‌ها» keeps its joiner.
    """
    names: list[str] = []

    def keep(found: re.Match[str]) -> str:
        names.append(found[0])
        return chr(_FIRST_STAND_IN + len(names) - 1)

    text = _NAME.sub(keep, _STAND_IN.sub("", text))
    text = clean(text, multiline=multiline)
    return _STAND_IN.sub(lambda found: names[ord(found[0]) - _FIRST_STAND_IN], text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values, cleaned of what costs parts or hides.

    What an empty value leaves behind goes too: its brackets, a comma before it, a line
    that only announced it. Raises LookupError for a value that is not there.
    """
    lines = (_fill_line(line, values) for line in text.split("\n"))
    return clean("\n".join(line for line in lines if line is not None), multiline=True)


def _fill_line(line: str, values: Mapping[str, str]) -> str | None:
    filled = _NAME.sub(lambda found: values[found[1]], line)
    if all(values[name].strip() for name in placeholders(line)):
        return filled
    if _LABELLED.fullmatch(line.strip()) or not filled.strip():
        return None
    filled = _TWO_SEPARATORS.sub(r"\1", _EMPTY_BRACKETS.sub("", filled))
    return _LAST_SEPARATOR.sub(r"\1", filled)
