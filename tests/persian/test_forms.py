import datetime as dt

import pytest
from django import forms
from django.test import override_settings
from django.utils import translation

from persian.forms import (
    CleanCharField,
    CodeField,
    IntegerField,
    JalaliDateField,
    MobileField,
    TimeField,
    TomanField,
)

SATURDAY = dt.date(2026, 11, 28)


class SampleForm(forms.Form):
    name = CleanCharField()
    note = CleanCharField(required=False, widget=forms.Textarea)
    mobile = MobileField()
    starts_on = JalaliDateField()
    starts_at = TimeField()
    seats = IntegerField(min_value=1, max_value=20)
    fee = TomanField()
    code = CodeField()


TYPED = {
    "name": "  علي   كريمي ",
    "note": "یک\r\nدو",
    "mobile": "۰۹۹۹ ۰۰۰ ۰۰۰۱",
    "starts_on": "۱۴۰۵/۹/۷",
    "starts_at": "۱۶:۳۰",
    "seats": "١٢",
    "fee": "۲٬۸۰۰٬۰۰۰",
    "code": "۴۸۲ ۹۱۳",
}


@pytest.fixture(params=["fa", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


def test_fields_read_digits_of_any_script(language):
    form = SampleForm(TYPED)

    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "name": "علی کریمی",
        "note": "یک\nدو",
        "mobile": "+989990000001",
        "starts_on": SATURDAY,
        "starts_at": dt.time(16, 30),
        "seats": 12,
        "fee": 28_000_000,
        "code": "482913",
    }


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("name", " \u200f ", "required"),
        ("mobile", "", "required"),
        ("mobile", "02435000000", "not_mobile"),
        ("mobile", "+905321234567", "country"),
        ("mobile", "sample", "invalid"),
        ("starts_on", "", "required"),
        ("starts_on", "1404/12/30", "no_such_day"),
        ("starts_on", "tomorrow", "format"),
        ("starts_at", "", "required"),
        ("starts_at", "25:00", "no_time"),
        ("seats", "", "required"),
        ("seats", "چند", "invalid"),
        ("seats", "۲۱", "max_value"),
        ("seats", "0", "min_value"),
        ("fee", "", "required"),
        ("fee", "گران", "format"),
        ("code", "", "required"),
        ("code", "12345", "length"),
        ("code", "12345a", "length"),
    ],
)
def test_bad_input_has_a_sentence_at_its_field_and_stays_typed(
    field, typed, code, language
):
    form = SampleForm({**TYPED, field: typed})

    assert not form.is_valid()
    assert list(form.errors) == [field]
    assert form.errors.as_data()[field][0].code == code
    assert form.errors[field][0]
    assert form[field].value() == typed


def test_gregorian_date_in_persian_is_named():
    with translation.override("fa"):
        form = SampleForm({**TYPED, "starts_on": "2026-11-28"})
        assert form.errors.as_data()["starts_on"][0].code == "looks_gregorian"


def test_gregorian_date_in_english_is_read():
    with translation.override("en"):
        form = SampleForm({**TYPED, "starts_on": "2026-11-28"})
        assert form.is_valid()
        assert form.cleaned_data["starts_on"] == SATURDAY


INITIAL = {
    "mobile": "+989990000001",
    "starts_on": SATURDAY,
    "starts_at": dt.time(16, 30),
    "seats": 12,
    "fee": 28_000_000,
}


@pytest.mark.parametrize(
    ("active", "shown"),
    [
        (
            "fa",
            {
                "mobile": "۰۹۹۹\u00a0۰۰۰\u00a0۰۰۰۱",
                "starts_on": "۱۴۰۵/۰۹/۰۷",
                "starts_at": "۱۶:۳۰",
                "seats": "۱۲",
                "fee": "۲٬۸۰۰٬۰۰۰",
            },
        ),
        (
            "en",
            {
                "mobile": "0999 000 0001",
                "starts_on": "2026-11-28",
                "starts_at": "16:30",
                "seats": "12",
                "fee": "2,800,000",
            },
        ),
    ],
)
def test_stored_values_are_shown_to_the_reader_and_come_back(active, shown):
    with translation.override(active):
        form = SampleForm(initial=INITIAL)
        assert {name: form[name].value() for name in INITIAL} == shown

        sent_back = SampleForm({**TYPED, **shown}, initial={**TYPED, **INITIAL})
        assert sent_back.is_valid()
        assert not set(sent_back.changed_data) & set(INITIAL)


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("mobile", ('type="tel"', 'inputmode="tel"', 'autocomplete="tel-national"')),
        ("starts_on", ('type="text"', 'inputmode="numeric"', 'autocomplete="off"')),
        ("starts_at", ('type="text"', 'inputmode="numeric"')),
        ("seats", ('type="text"', 'inputmode="numeric"')),
        ("fee", ('type="text"', 'inputmode="numeric"')),
        (
            "code",
            (
                'type="text"',
                'inputmode="numeric"',
                'autocomplete="one-time-code"',
                'maxlength="6"',
            ),
        ),
    ],
)
def test_widgets_call_the_right_keyboard_and_run_left_to_right(name, attributes):
    html = str(SampleForm()[name])

    assert 'dir="ltr"' in html
    for attribute in attributes:
        assert attribute in html


def test_optional_fields_may_stay_empty():
    class OptionalForm(forms.Form):
        mobile = MobileField(required=False)
        on = JalaliDateField(required=False)
        at = TimeField(required=False)
        seats = IntegerField(required=False)
        fee = TomanField(required=False)
        code = CodeField(required=False)

    form = OptionalForm({})

    assert form.is_valid()
    assert form.cleaned_data == {
        "mobile": "",
        "on": None,
        "at": None,
        "seats": None,
        "fee": None,
        "code": "",
    }


@override_settings(PHONE_COUNTRIES=["IR", "TR"])
def test_mobile_field_follows_the_countries_of_the_settings():
    assert MobileField().clean("+90 532 123 45 67") == "+905321234567"


def test_mobile_field_may_have_its_own_countries():
    with pytest.raises(forms.ValidationError):
        MobileField(countries=["IR"]).clean("+905321234567")
    assert MobileField(countries=["TR"]).clean("+905321234567") == "+905321234567"


def test_integer_field_reads_grouped_numbers():
    assert IntegerField().clean("۲٬۸۰۰٬۰۰۰") == 2_800_000


@pytest.mark.parametrize(
    ("active", "limit"), [("fa", "۲۰"), ("en", "20")], ids=["persian", "english"]
)
def test_integer_field_names_its_limit_in_the_readers_digits(active, limit):
    with translation.override(active):
        form = SampleForm({**TYPED, "seats": "21"})

        assert limit in form.errors["seats"][0]


def test_integer_field_leaves_a_number_box_its_latin_digits():
    field = IntegerField(widget=forms.NumberInput)

    with translation.override("fa"):
        assert field.prepare_value(12) == 12


def test_code_field_names_its_length_in_the_readers_digits():
    with translation.override("fa"), pytest.raises(forms.ValidationError) as refusal:
        CodeField(length=8).clean("۱۲۳")

    assert "۸" in refusal.value.messages[0]


def test_code_field_has_a_length():
    assert CodeField(length=8).clean("۱۲۳۴-۵۶۷۸") == "12345678"


def test_fields_take_python_values_as_they_are():
    moment = dt.datetime(2026, 11, 28, 9, tzinfo=dt.UTC)

    assert JalaliDateField().clean(SATURDAY) == SATURDAY
    assert JalaliDateField().clean(moment) == SATURDAY
    assert TimeField().clean(dt.time(9)) == dt.time(9)
    assert TomanField().clean(50) == 50
    assert IntegerField().clean(5) == 5
