"""Form fields that take what people type: digits of any script, Jalali dates."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from persian.errors import InputError
from persian.jalali import format_date_numeric, format_time, parse_date, parse_time
from persian.money import display_amount, parse_toman
from persian.phones import display_phone, normalise_mobile
from persian.text import clean, to_latin_digits, to_reader_digits

T = TypeVar("T")

# Django's own words for these are stiff; named here, our catalogue replaces them.
DJANGO_SENTENCES = (
    _("This field is required."),
    _("Enter a valid email address."),
)

_GROUPING = re.compile(r"[٬,،'’\s]")


def _ltr_input(
    inputmode: str, autocomplete: str = "off", **attrs: Any
) -> forms.TextInput:
    return forms.TextInput(
        attrs={
            "inputmode": inputmode,
            "autocomplete": autocomplete,
            "dir": "ltr",
            **attrs,
        }
    )


def _read(reader: Callable[[str], T], text: Any) -> T:
    """What the reader makes of the text; its refusal becomes the field's error."""
    try:
        return reader(str(text))
    except InputError as error:
        raise ValidationError(str(error), code=error.code) from error


class CleanCharField(forms.CharField):
    """Text in the one form in which it is stored; a Textarea keeps its lines."""

    def to_python(self, value: Any) -> str | None:
        multiline = isinstance(self.widget, forms.Textarea)
        text = "" if value in self.empty_values else str(value)
        return clean(text, multiline=multiline) or self.empty_value


class MobileField(forms.CharField):
    """A mobile number in any spelling, as E.164.

    `countries` are ISO codes, `settings.PHONE_COUNTRIES` when not given.
    """

    def __init__(
        self, *, countries: Sequence[str] | None = None, **kwargs: Any
    ) -> None:
        self.countries = countries
        kwargs.setdefault("widget", _ltr_input("tel", "tel-national", type="tel"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text in self.empty_values:
            return ""
        return _read(self._normalise, text)

    def _normalise(self, typed: str) -> str:
        if self.countries is not None:
            return normalise_mobile(typed, self.countries)
        return normalise_mobile(typed, getattr(settings, "PHONE_COUNTRIES", ("IR",)))

    def prepare_value(self, value: Any) -> Any:
        is_stored = isinstance(value, str) and re.fullmatch(r"\+98[0-9]{10}", value)
        return display_phone(value) if is_stored else value


class JalaliDateField(forms.Field):
    """A date in the reader's calendar: Jalali in Persian, 2026-11-28 in English."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _ltr_input("numeric", placeholder=_("2026-11-28")))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, dt.datetime):
            return value.date()
        return value if isinstance(value, dt.date) else _read(parse_date, value)

    def prepare_value(self, value: Any) -> Any:
        return format_date_numeric(value) if isinstance(value, dt.date) else value


class TimeField(forms.Field):
    """A time of day on the wall clock: 16, 16:30 or 1630."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _ltr_input("numeric", placeholder=_("16:30")))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.time | None:
        if value in self.empty_values:
            return None
        return value if isinstance(value, dt.time) else _read(parse_time, value)

    def prepare_value(self, value: Any) -> Any:
        return format_time(value) if isinstance(value, dt.time) else value


def _in_readers_digits(reason: forms.ValidationError) -> None:
    """Write the limit that a reason names as the reader writes numbers."""
    params = reason.params or {}
    if "limit_value" in params:
        limit = to_reader_digits(str(params["limit_value"]))
        reason.params = {**params, "limit_value": limit}


class IntegerField(forms.IntegerField):
    """A whole number, with grouping or without."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("Write a whole number, such as 12."),
        "min_value": _("Write a number from %(limit_value)s up."),
        "max_value": _("Write a number up to %(limit_value)s."),
    }

    def __init__(self, **kwargs: Any) -> None:
        # A number box of the browser refuses Persian digits.
        kwargs.setdefault("widget", _ltr_input("numeric"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = _GROUPING.sub("", to_latin_digits(clean(value)))
        return super().to_python(value)

    def run_validators(self, value: Any) -> None:
        try:
            super().run_validators(value)
        except forms.ValidationError as refusal:
            for reason in refusal.error_list:
                _in_readers_digits(reason)
            raise

    def prepare_value(self, value: Any) -> Any:
        is_text = isinstance(self.widget, forms.TextInput)
        is_number = isinstance(value, int)
        return to_reader_digits(str(value)) if is_text and is_number else value


class TomanField(forms.Field):
    """An amount typed in toman (or the unit of the settings); its value is in rial."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", _ltr_input("numeric"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        return value if isinstance(value, int) else _read(parse_toman, value)

    def prepare_value(self, value: Any) -> Any:
        return display_amount(value) if isinstance(value, int) else value


class CodeField(forms.CharField):
    """The code of an SMS: `length` digits of any script, as Latin digits."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "length": _("The code has %(length)s digits.")
    }

    def __init__(self, *, length: int = 6, **kwargs: Any) -> None:
        self.length = length
        kwargs.setdefault(
            "widget", _ltr_input("numeric", "one-time-code", maxlength=length)
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = to_latin_digits(clean(super().to_python(value) or ""))
        return re.sub(r"[\s\-]", "", text)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not re.fullmatch(rf"[0-9]{{{self.length}}}", value):
            length = to_reader_digits(str(self.length))
            raise ValidationError(
                self.error_messages["length"], "length", {"length": length}
            )
