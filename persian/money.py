"""Amounts: stored as integers in current rial, shown and typed in toman.

`HIDAJ_MONEY_UNIT` ("toman" or "rial") is the unit that people see.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.translation import gettext as _

from persian.errors import InputError
from persian.text import (
    clean,
    is_persian,
    search_key,
    to_latin_digits,
    to_persian_digits,
)

RIAL_PER_TOMAN = 10
_LEFT_TO_RIGHT_MARK = "\u200e"
_UNIT_WORDS = {
    "": "",
    "تومان": "toman",
    "تومن": "toman",
    "toman": "toman",
    "tomans": "toman",
    "ریال": "rial",
    "rial": "rial",
    "rials": "rial",
}
_AMOUNT = re.compile(r"([0-9٬,،'’ ]+)(\D*)")
_MAX_DIGITS = 12


def money_unit() -> str:
    """The unit that people see: "toman" or "rial"."""
    return getattr(settings, "HIDAJ_MONEY_UNIT", "toman")


def display_rial(amount_rial: int) -> str:
    """«۲٬۸۰۰٬۰۰۰ تومان» or "2,800,000 toman"; nothing to pay is «رایگان», "Free"."""
    if amount_rial == 0:
        return "رایگان" if is_persian() else "Free"
    unit = {"toman": "تومان", "rial": "ریال"}[money_unit()]
    return f"{display_amount(amount_rial)} {unit if is_persian() else money_unit()}"


def display_amount(amount_rial: int) -> str:
    """The amount in the unit that people see, grouped, without the unit's name."""
    if money_unit() == "rial":
        return group_digits(amount_rial)
    toman, rest = divmod(abs(amount_rial), RIAL_PER_TOMAN)
    text = group_digits(toman)
    if rest:
        text += to_persian_digits(f"٫{rest}") if is_persian() else f".{rest}"
    return _signed(text) if amount_rial < 0 else text


def group_digits(number: int) -> str:
    """«۲٬۸۰۰٬۰۰۰» or "2,800,000"."""
    text = f"{abs(number):,}"
    if is_persian():
        text = to_persian_digits(text.replace(",", "٬"))
    return _signed(text) if number < 0 else text


def _signed(text: str) -> str:
    # Without the mark a right-to-left line puts the sign at the wrong end.
    return f"{_LEFT_TO_RIGHT_MARK}−{text}"


def parse_toman(text: str) -> int:
    """The rial amount of what a person typed, with digits and grouping of any script.

    A number alone is in the unit that people see; «تومان» or «ریال» behind it decides.
    Raises InputError (a ValueError).
    """
    match = _AMOUNT.fullmatch(to_latin_digits(clean(text)))
    digits = re.sub(r"\D", "", match[1]) if match else ""
    unit = _UNIT_WORDS.get(search_key(match[2])) if match else None
    if unit is None or not digits:
        raise InputError(_("Write the amount in digits, such as 2,800,000."), "format")
    if len(digits) > _MAX_DIGITS:
        raise InputError(_("This amount is too large."), "too_large")
    is_rial = (unit or money_unit()) == "rial"
    return int(digits) * (1 if is_rial else RIAL_PER_TOMAN)
