"""How many SMS parts a text takes (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from dataclasses import dataclass

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_DOUBLE = frozenset("^{}\\[~]|€\f")
# Units in a message of one part, and in each part of a longer one.
_GSM7_UNITS = (160, 153)
_UCS2_UNITS = (70, 67)
# What a text may cost the centre, and take of somebody's patience.
MOST_PARTS = 2


@dataclass(frozen=True)
class Size:
    """What a text takes; `left` units fit in before the most that may be sent is full.

    A negative `left` says how much is too much. `is_cheap`: no character makes all of
    it UCS-2, which has less than half the room.
    """

    parts: int
    units: int
    left: int
    is_cheap: bool


def is_cheap(text: str) -> bool:
    """Whether the text is all GSM-7."""
    return all(char in _GSM7 or char in _GSM7_DOUBLE for char in text)


def _widths(text: str) -> tuple[list[int], tuple[int, int]]:
    if is_cheap(text):
        return [2 if char in _GSM7_DOUBLE else 1 for char in text], _GSM7_UNITS
    # Characters outside the basic plane are two units in UTF-16.
    return [2 if ord(char) > 0xFFFF else 1 for char in text], _UCS2_UNITS


def count_parts(text: str) -> int:
    """The number of parts; one character outside GSM-7 makes all of it UCS-2."""
    return measure(text).parts


def measure(text: str) -> Size:
    """Parts and units of a text, and the room that is left for more."""
    widths, (single, joined) = _widths(text)
    units = sum(widths)
    parts, used = 1, 0
    for width in widths if units > single else ():
        # A character of two units is never split between parts.
        if used + width > joined:
            parts, used = parts + 1, 0
        used += width
    return Size(
        parts=parts,
        units=units,
        left=MOST_PARTS * joined - units,
        is_cheap=joined == _GSM7_UNITS[1],
    )
