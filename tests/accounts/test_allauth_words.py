"""What allauth says is said in our Persian."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from accounts.allauth_words import SENTENCES

# «تو», «می باشد», letters of Arabic keyboards and half spaces that are missing.
WRONG = re.compile(r"ات را |‌ات\b|\bکن\b|شدی\b|می باشد|نمی |[يك]|لطفا ")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentence_is_ours_and_polite(sentence: str) -> None:
    with translation.override("fa"):
        shown = translation.gettext(sentence)

    assert shown != sentence
    assert not WRONG.search(shown)


def test_the_words_of_allauth_itself_would_be_found() -> None:
    assert WRONG.search("لطفا گذرواژه کنونی‌ات را وارد کن.")
