import pytest
from django.test import override_settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from persian.errors import InputError
from persian.money import display_amount, display_rial, group_digits, parse_toman
from tests.persian.cases import TOMAN

languages = st.sampled_from(["fa", "en"])


@pytest.mark.parametrize(("typed", "toman"), TOMAN)
def test_money_edge_cases(typed, toman):
    assert parse_toman(typed) == toman * 10


@pytest.mark.parametrize(
    ("typed", "rial"),
    [
        ("0", 0),
        ("۵۰۰۰۰", 500_000),
        ("٢٬٨٠٠٬٠٠٠", 28_000_000),
        ("2 800 000", 28_000_000),
        ("۲،۸۰۰،۰۰۰ تومان", 28_000_000),
        ("2800000 Toman", 28_000_000),
        ("28000000 ريال", 28_000_000),
        ("28,000,000 rial", 28_000_000),
    ],
)
def test_parse_reads_what_people_type(typed, rial):
    assert parse_toman(typed) == rial


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "format"),
        ("رایگان", "format"),
        ("-5", "format"),
        ("2.5", "format"),
        ("تومان", "format"),
        (",", "format"),
        ("5 دلار", "format"),
        ("5 6 تومان 7", "format"),
        ("1" * 13, "too_large"),
        ("1" * 9000, "too_large"),
    ],
)
def test_parse_refuses_with_its_own_sentence(typed, code):
    with pytest.raises(ValueError, match=".+") as refusal:
        parse_toman(typed)

    assert refusal.value.code == code


def test_parse_refusal_is_an_input_error():
    with pytest.raises(InputError):
        parse_toman("x")


def test_display_in_persian():
    with translation.override("fa"):
        assert display_rial(28_000_000) == "۲٬۸۰۰٬۰۰۰ تومان"
        assert display_rial(0) == "رایگان"
        assert display_rial(5_000) == "۵۰۰ تومان"
        assert display_rial(15) == "۱٫۵ تومان"
        assert display_rial(-28_000) == "\u200e−۲٬۸۰۰ تومان"
        assert display_amount(28_000_000) == "۲٬۸۰۰٬۰۰۰"
        assert display_amount(0) == "۰"
        assert group_digits(-1234) == "\u200e−۱٬۲۳۴"


def test_display_in_english():
    with translation.override("en"):
        assert display_rial(28_000_000) == "2,800,000 toman"
        assert display_rial(0) == "Free"
        assert display_rial(15) == "1.5 toman"
        assert display_amount(28_000_000) == "2,800,000"


@override_settings(HIDAJ_MONEY_UNIT="rial")
def test_the_unit_can_become_rial():
    with translation.override("fa"):
        assert display_rial(28_000_000) == "۲۸٬۰۰۰٬۰۰۰ ریال"
    with translation.override("en"):
        assert display_rial(28_000_000) == "28,000,000 rial"
    assert parse_toman("28,000,000") == 28_000_000
    assert parse_toman("2,800,000 تومان") == 28_000_000


@given(st.integers(1, 10**11).map(lambda toman: toman * 10), languages)
def test_parse_reads_what_is_shown(amount_rial, language):
    with translation.override(language):
        assert parse_toman(display_rial(amount_rial)) == amount_rial
        assert parse_toman(display_amount(amount_rial)) == amount_rial
