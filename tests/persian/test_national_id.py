import pytest
from hypothesis import given
from hypothesis import strategies as st

from persian.errors import InputError
from persian.national_id import normalise
from tests.persian.cases import NATIONAL_IDS, expected_error


@pytest.mark.parametrize(("typed", "out"), NATIONAL_IDS)
def test_national_id_edge_cases(typed, out):
    if code := expected_error(out):
        with pytest.raises(InputError) as refusal:
            normalise(typed)
        assert refusal.value.code == code
    else:
        assert normalise(typed) == out


@pytest.mark.parametrize("typed", ["999-000001-8", " 999 000 0018 ", "٩٩٩٠٠٠٠٠١٨"])
def test_spelling_does_not_count(typed):
    assert normalise(typed) == "9990000018"


@pytest.mark.parametrize(
    "typed", ["", "1234567", "12345678901", "999000001x", "²" * 10]
)
def test_what_has_not_ten_digits_is_refused(typed):
    with pytest.raises(ValueError, match=".+") as refusal:
        normalise(typed)

    assert refusal.value.code == "length"


@given(st.integers(10**8, 10**9 - 1).map(str))
def test_exactly_one_last_digit_is_right(first_nine):
    passed = []

    for last in "0123456789":
        try:
            passed.append(normalise(first_nine + last))
        except InputError as error:
            assert error.code in ("checksum", "repeated")

    assert len(passed) == 1 or len(set(first_nine)) == 1
