"""Mobile numbers: every spelling in, E.164 stored, a readable form out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

from persian.errors import InputError
from persian.text import clean, is_persian, to_latin_digits, to_persian_digits

HOME = "IR"
# Letters are refused: phonenumbers would read them as the keys of a telephone.
_SPELLING = re.compile(r"\+?[0-9 ()\-./]{4,30}")
_MOBILE_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_LEFT_TO_RIGHT_MARK = "\u200e"
_NO_BREAK_SPACE = "\u00a0"


def normalise_mobile(text: str, countries: Sequence[str] = (HOME,)) -> str:
    """The E.164 form of a mobile number of one of these countries (ISO codes).

    Takes +98…, 0098…, 98…, 09… and 9… with digits of any script. Raises InputError
    (a ValueError) with its own sentence for rubbish, a landline and another country.
    """
    number = _parse(text, HOME if HOME in countries else countries[0])
    if phonenumbers.region_code_for_number(number) not in countries:
        raise InputError(_not_allowed(countries), "country")
    if phonenumbers.number_type(number) not in _MOBILE_TYPES:
        raise InputError(
            _("This is not a mobile number. Write a mobile number: we send SMS to it."),
            "not_mobile",
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parse(text: str, region: str) -> PhoneNumber:
    text = to_latin_digits(clean(text))
    if _SPELLING.fullmatch(text):
        try:
            number = phonenumbers.parse(text, region)
        except NumberParseException:
            number = PhoneNumber()
        if phonenumbers.is_valid_number(number):
            return number
    raise InputError(
        _("This number is not complete or not right. Write it like 0912 345 6789."),
        "invalid",
    )


def _not_allowed(countries: Sequence[str]) -> str:
    if tuple(countries) == (HOME,):
        return _("Only Iranian mobile numbers are accepted, such as 0912 345 6789.")
    return _("Mobile numbers of this country are not accepted.")


def display_phone(phone: str) -> str:
    """«۰۹۱۲ ۳۴۵ ۶۷۸۹» or "0912 345 6789"; foreign numbers keep their + and code.

    Plain text. In Persian the groups are joined by no-break spaces, which keep their
    order in a right-to-left line. What is not a number comes back with its digits.
    """
    text = _grouped(phone)
    if not is_persian():
        return text
    mark = _LEFT_TO_RIGHT_MARK if text.startswith("+") else ""
    return mark + to_persian_digits(text.replace(" ", _NO_BREAK_SPACE))


@lru_cache(maxsize=1000)
def _grouped(phone: str) -> str:
    try:
        number = phonenumbers.parse(phone, HOME)
    except NumberParseException:
        return phone
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    if phonenumbers.region_code_for_number(number) == HOME:
        form = phonenumbers.PhoneNumberFormat.NATIONAL
    return phonenumbers.format_number(number, form)
