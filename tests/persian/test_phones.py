import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from persian.errors import InputError
from persian.phones import display_phone, normalise_mobile
from persian.text import ARABIC_DIGITS, LATIN_DIGITS, PERSIAN_DIGITS
from tests.persian.cases import MOBILES, expected_error

PREFIXES = ["+98", "0098", "98", "0", "", "+98 ", "+98 0", "+98-"]
SCRIPTS = [LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS]


@pytest.mark.parametrize(("typed", "out"), MOBILES)
def test_mobile_edge_cases(typed, out):
    if code := expected_error(out):
        with pytest.raises(InputError) as refusal:
            normalise_mobile(typed, ("IR",))
        assert refusal.value.code == code
    else:
        assert normalise_mobile(typed, ("IR",)) == out


@given(
    st.integers(0, 9999).map(lambda n: f"999000{n:04}"),
    st.sampled_from(PREFIXES),
    st.sampled_from(SCRIPTS),
)
def test_every_spelling_gives_the_same_number(national, prefix, script):
    typed = (prefix + national).translate(str.maketrans(LATIN_DIGITS, script))

    assert normalise_mobile(typed) == f"+98{national}"


@pytest.mark.parametrize(
    "typed",
    [
        "0912-345-6789",
        "(0912) 345 6789",
        "0912.345.6789",
        "\u202a+98 912 345 6789\u202c",
        "۰۹۱۲\u00a0۳۴۵\u00a0۶۷۸۹",
        "  09123456789\n",
    ],
)
def test_spelling_of_contacts_and_copying_is_read(typed):
    assert normalise_mobile(typed) == "+989123456789"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "invalid"),
        ("علی", "invalid"),
        ("0912345678", "invalid"),
        ("091234567890", "invalid"),
        ("0912CALLNOW", "invalid"),
        ("09123456789 ext 5", "invalid"),
        ("+", "invalid"),
        ("+0 12", "invalid"),
        ("0" * 5000, "invalid"),
        ("+982435000000", "not_mobile"),
        ("02435000000", "not_mobile"),
        ("+905321234567", "country"),
        ("00905321234567", "country"),
        ("+902121234567", "country"),
    ],
)
@pytest.mark.parametrize("language", ["fa", "en"])
def test_each_fault_has_its_own_sentence(typed, code, language):
    with translation.override(language), pytest.raises(ValueError, match=".+") as error:
        normalise_mobile(typed, ("IR",))

    assert error.value.code == code


def test_sentences_of_the_faults_differ():
    sentences = set()

    for typed in ["علی", "02435000000", "+905321234567"]:
        with pytest.raises(InputError) as refusal:
            normalise_mobile(typed, ("IR",))
        sentences.add(str(refusal.value))

    assert len(sentences) == 3


def test_a_listed_country_is_taken_and_home_stays_the_default():
    countries = ["TR", "IR"]

    assert normalise_mobile("+90 532 123 45 67", countries) == "+905321234567"
    assert normalise_mobile("09123456789", countries) == "+989123456789"
    with pytest.raises(InputError) as refusal:
        normalise_mobile("+4915112345678", countries)
    assert refusal.value.code == "country"


def test_without_home_the_first_country_reads_national_numbers():
    assert normalise_mobile("0532 123 45 67", ["TR"]) == "+905321234567"


def test_display_in_persian_keeps_the_groups_in_order():
    with translation.override("fa"):
        assert display_phone("+989123456789") == "۰۹۱۲\u00a0۳۴۵\u00a0۶۷۸۹"
        assert display_phone("02435000000") == "۰۲۴\u00a0۳۵۰۰\u00a0۰۰۰۰"
        assert display_phone("+905321234567") == (
            "\u200e+۹۰\u00a0۵۳۲\u00a0۱۲۳\u00a0۴۵\u00a0۶۷"
        )


def test_display_in_english():
    with translation.override("en"):
        assert display_phone("+989123456789") == "0912 345 6789"
        assert display_phone("+905321234567") == "+90 532 123 45 67"


@pytest.mark.parametrize("text", ["", "reception"])
def test_display_returns_what_is_no_number(text):
    assert display_phone(text) == text


@given(st.integers(0, 9999), st.sampled_from(["fa", "en"]))
def test_what_is_shown_can_be_typed_again(n, language):
    e164 = f"+98999000{n:04}"

    with translation.override(language):
        assert normalise_mobile(display_phone(e164)) == e164
