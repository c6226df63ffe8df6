"""Cleaning, comparing and sorting Persian text, and its digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

ZWNJ = "\u200c"
PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
LATIN_DIGITS = "0123456789"

_TO_LATIN = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS, LATIN_DIGITS * 2)
_TO_PERSIAN = str.maketrans(LATIN_DIGITS + ARABIC_DIGITS, PERSIAN_DIGITS * 2)
_ARABIC_LETTERS = str.maketrans("يىك", "ییک")

# Control characters that are not spaces, soft hyphen, tatweel, bidi controls, zero
# width space, word joiner, BOM. The zero width joiner stays: emoji need it.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u0640\u200b\u200e\u200f"
    "\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)
_WORD_EDGE = r"\s.,:;!?()\[\]{}\"'/،؛؟«»…"
_LOOSE_ZWNJ = re.compile(
    f"(?:^|(?<=[{_WORD_EDGE}])){ZWNJ}+|{ZWNJ}+(?=[{_WORD_EDGE}]|$)"
)
_MANY_ZWNJ = re.compile(f"{ZWNJ}{{2,}}")
_SPACES = re.compile(r"\s+")
_LINE_END = re.compile(r"\r\n|[\r\u2028\u2029\x85]")
_SPACES_IN_LINE = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")

# What people type in different ways and mean the same (after NFKD).
_SAME_LETTER = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ە": "ه", "ة": "ه"})
_ALEF_WASLA = str.maketrans("ٱ", "ا")

# The order of PostgreSQL's fa-x-icu: hamza, whatever carries it, follows alef.
_ALPHABET = "آاءبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_RANK = {letter: rank for rank, letter in enumerate(_ALPHABET)}
_SORTED_AS = str.maketrans("ٱةۀأإؤئ", "اههءءءء")
_NUMBER_OR_LETTER = re.compile(r"[0-9]{1,18}|.", re.DOTALL)


def is_persian() -> bool:
    """Whether the active language is Persian (also when none is active)."""
    return (get_language() or settings.LANGUAGE_CODE).startswith("fa")


def to_latin_digits(text: str) -> str:
    """The text with Persian and Arabic digits written 0 to 9."""
    return text.translate(_TO_LATIN)


def to_persian_digits(text: str) -> str:
    """The text with Latin and Arabic digits written ۰ to ۹."""
    return text.translate(_TO_PERSIAN)


def to_reader_digits(text: str) -> str:
    """The text with the digits of the active language."""
    return to_persian_digits(text) if is_persian() else to_latin_digits(text)


def clean(text: str, *, multiline: bool = False) -> str:
    """The one form in which text is stored.

    NFC, Persian ye and kaf, no invisible characters, single spaces, ZWNJ only inside
    words. Digits and hamza stay as typed. `multiline` keeps line ends (at most one
    empty line in a row).
    """
    text = _LINE_END.sub("\n", _INVISIBLE.sub("", text))
    text = _LOOSE_ZWNJ.sub("", _MANY_ZWNJ.sub(ZWNJ, text))
    text = unicodedata.normalize("NFC", text).translate(_ARABIC_LETTERS)
    if not multiline:
        return _SPACES.sub(" ", text).strip()
    lines = (line.strip() for line in _SPACES_IN_LINE.sub(" ", text).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def clip(text: str, length: int) -> str:
    """At most so many characters, cut at a word where possible, with «…»."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > length // 2 else head).rstrip(" ،؛,;") + "…"


def search_key(text: str) -> str:
    """The letters and digits that count when searching; match it by substring.

    Spelling variants, spaces, ZWNJ, marks, case and the script of digits vanish.
    """
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_SAME_LETTER)
    text = text.translate(_ALEF_WASLA).replace("\u0640", "")
    return "".join(_decimal(char) for char in text if char.isalnum())


def _decimal(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def sort_key(text: str) -> tuple[tuple[int, int], ...]:
    """A key that puts texts in Persian alphabetical order, numbers by value.

    Spaces come first, then numbers, Persian letters, and the letters of others.
    """
    text = to_latin_digits(clean(text)).casefold().translate(_SORTED_AS)
    parts = (_rank(part) for part in _NUMBER_OR_LETTER.findall(text))
    return tuple(part for part in parts if part is not None)


def _rank(part: str) -> tuple[int, int] | None:
    if part == " ":
        return (0, 0)
    if part[0] in LATIN_DIGITS:
        return (1, int(part))
    if part in _RANK:
        return (2, _RANK[part])
    return (3, ord(part)) if part.isalpha() else None


def localized(obj: object, field: str) -> str:
    """`<field>_fa` or `<field>_en` by the active language; the other when empty.

    `obj` may be an object with these attributes or a mapping with these keys.
    """
    languages = ("fa", "en") if is_persian() else ("en", "fa")
    values = (_value(obj, f"{field}_{language}") for language in languages)
    return next((str(value) for value in values if value), "")


def _value(obj: object, name: str) -> Any:
    return obj.get(name) if isinstance(obj, Mapping) else getattr(obj, name)
