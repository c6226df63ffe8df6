import re
import unicodedata

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from persian.text import (
    ZWNJ,
    clean,
    localized,
    search_key,
    sort_key,
    to_latin_digits,
    to_persian_digits,
    to_reader_digits,
)
from tests.persian.cases import NAMES, SAME_IN_SEARCH

awkward = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "آأإؤئۀةيىكیکهٔـ\u200c\u200d\u200f\u202b\ufeff\u00ad .،\n\r\t۱٢3"
        ),
        st.characters(exclude_categories=["Cs"]),
    )
)


@pytest.mark.parametrize(("typed", "stored"), NAMES)
def test_clean_gives_the_name_that_is_stored(typed, stored):
    assert clean(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("كتاني", "کتانی"),
        ("علی\u00a0\u2003کریمی", "علی کریمی"),
        ("کتـــاب", "کتاب"),
        ("\ufeff\u202bمریم\u202c", "مریم"),
        (f"می{ZWNJ}{ZWNJ}شود", f"می{ZWNJ}شود"),
        (f"دوره{ZWNJ} ها{ZWNJ}", "دوره ها"),
        (f"{ZWNJ}خانه{ZWNJ}، باغ", "خانه، باغ"),
        ("اتاق ١٢ و ۱۳", "اتاق ١٢ و ۱۳"),
        ("مسأله، رئیس، سؤال، جزء", "مسأله، رئیس، سؤال، جزء"),
        ("رئیس", "رئیس"),
        ("a\x00b", "ab"),
        ("یک\nدو", "یک دو"),
        ("", ""),
    ],
)
def test_clean_mends_what_keyboards_and_copying_leave(typed, stored):
    assert clean(typed) == stored


def test_clean_keeps_lines_when_told():
    typed = "  خط  یک \r\n\r\n\r\n\r\nخط دو\u2028خط سه\n"

    assert clean(typed, multiline=True) == "خط یک\n\nخط دو\nخط سه"


@given(awkward, st.booleans())
@example(f"e{ZWNJ}(\u0301", False)
@example("ا\u0640\u0653", False)
def test_clean_is_idempotent(text, multiline):
    once = clean(text, multiline=multiline)

    assert clean(once, multiline=multiline) == once
    assert unicodedata.is_normalized("NFC", once)


@given(awkward)
def test_search_key_is_idempotent_and_blind_to_cleaning(text):
    key = search_key(text)

    assert search_key(key) == key
    assert search_key(clean(text)) == key
    assert key == "" or key.isalnum()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *SAME_IN_SEARCH,
        (f"پستایی{ZWNJ}سازی", "پستایی سازی"),
        ("كفش", "کفش"),
        ("رویهٔ", "رویه"),
        ("رویۀ", "رویه"),
        ("مسأله", "مساله"),
        ("آب", "اب"),
        ("مؤسسه", "موسسه"),
        ("رئیس", "رییس"),
        ("مدرسة", "مدرسه"),
        ("Rhino 3D", "rhino3d"),
        ("١٢", "12"),
        ("۱۲", "12"),
        ("مُحَمَّد", "محمد"),
        ("ﻛﻔﺶ", "کفش"),
        ("Café", "cafe"),
    ],
)
def test_search_key_joins_spellings(one, other):
    assert search_key(one) == search_key(other)


def test_search_key_keeps_different_words_apart():
    assert search_key("کفش") != search_key("کیف")


def test_digits_change_script():
    assert to_latin_digits("۱۲٣4") == "1234"
    assert to_persian_digits("12٣۴") == "۱۲۳۴"


@pytest.mark.parametrize(("language", "text"), [("fa", "۱۲۳"), ("en", "123")])
def test_reader_digits_follow_the_language(language, text):
    with translation.override(language):
        assert to_reader_digits("1۲٣") == text


def test_reader_digits_are_persian_without_an_active_language():
    with translation.override(None):
        assert to_reader_digits("1") == "۱"


# The order that ICU 78 gives for Persian with numbers by value.
IN_ORDER = re.split(
    r"\|",
    "۲|۱۰|آ|آب|اء|اب|ابر|اسب|الگو|الگو سازی|الگوسازی|ئیلام|بند|پا|پاشنه|جوراب|چرم"
    "|خانه ما|دوره ۲|دوره ۱۲|رای|رئیس|رییس|زیره|ژاکت|شیء|شیب|کفش|گلدوزی|لست|مؤسسه"
    "|مبل|مساله|موسسه|وزن|هیدج|ی|یقه|CAD|Rhino",
)


def test_sort_key_gives_the_persian_alphabet():
    keys = [sort_key(word) for word in IN_ORDER]

    assert keys == sorted(set(keys))


def test_sort_key_ignores_spelling_that_does_not_count():
    assert sort_key("كفش") == sort_key("کفش")
    assert sort_key(f"الگو{ZWNJ}سازی") == sort_key("الگوسازی")
    assert sort_key("دوره ۱۲") == sort_key("دوره 12")


@given(awkward, awkward)
def test_sort_keys_can_always_be_compared(one, other):
    assert sorted([one, other], key=sort_key)


class Titled:
    def __init__(self, title_fa: str, title_en: str) -> None:
        self.title_fa = title_fa
        self.title_en = title_en


@pytest.mark.parametrize(
    ("language", "fa", "en", "shown"),
    [
        ("fa", "الگوسازی", "Pattern making", "الگوسازی"),
        ("en", "الگوسازی", "Pattern making", "Pattern making"),
        ("en", "الگوسازی", "", "الگوسازی"),
        ("fa", "", "Pattern making", "Pattern making"),
        ("fa", "", "", ""),
    ],
)
def test_localized_takes_the_readers_language_then_the_other(language, fa, en, shown):
    with translation.override(language):
        assert localized(Titled(fa, en), "title") == shown
        assert localized({"title_fa": fa, "title_en": en}, "title") == shown
