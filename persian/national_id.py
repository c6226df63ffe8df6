"""The ten-digit national ID (کد ملی) and its check digit."""

from __future__ import annotations

from django.utils.translation import gettext as _

from persian.errors import InputError
from persian.text import clean, to_latin_digits

LENGTH = 10
# Spreadsheets drop leading zeros; an ID has at most two of them.
SHORTEST = 8


def normalise(text: str) -> str:
    """Ten Latin digits. Raises InputError (a ValueError) with a sentence fit to show.

    A right check digit is no proof that the ID belongs to anybody.
    """
    digits = to_latin_digits(clean(text)).replace("-", "").replace(" ", "")
    if not (
        digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LENGTH
    ):
        raise InputError(_("A national ID has 10 digits."), "length")
    digits = digits.zfill(LENGTH)
    if len(set(digits)) == 1:
        raise InputError(_("This is not a real national ID."), "repeated")
    if int(digits[-1]) != _check_digit(digits):
        raise InputError(
            _("This national ID is not right. Please check its digits."), "checksum"
        )
    return digits


def _check_digit(digits: str) -> int:
    weighted = (int(digit) * (LENGTH - i) for i, digit in enumerate(digits[:-1]))
    rest = sum(weighted) % 11
    return rest if rest < 2 else 11 - rest
