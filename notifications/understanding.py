"""What an SMS that came in means, in any digits and with any spelling."""

from __future__ import annotations

import re

from notifications.models import Meaning
from persian.text import search_key, to_latin_digits

# Compared without spaces, half-spaces and signs, in one spelling.
WORDS: dict[Meaning, tuple[str, ...]] = {
    Meaning.YES: ("1", "بله", "می‌آیم", "میام", "حتماً می‌آیم", "yes", "ok"),
    Meaning.NO: ("2", "نه", "خیر", "نمی‌آیم", "نمیام", "no"),
    Meaning.CALL: ("3", "تماس", "زنگ بزنید", "تماس بگیرید", "call"),
    Meaning.LATE: ("دیر می‌رسم", "دیر میرسم", "دیر می‌آیم", "دیر میام", "late"),
    # The regulator's own words for a line (11 stops it, 12 starts it again).
    Meaning.STOP: ("11", "لغو", "لغو 11", "stop", "unsubscribe"),
    Meaning.START: ("12", "شروع", "start"),
}
# Whoever writes more than this explains something: a human reads it.
LONGEST = 25
_SIGNS = re.compile(r"[\W_]+")


def key_of(text: str) -> str:
    """The text as it is compared."""
    return _SIGNS.sub("", search_key(to_latin_digits(text)))


_MEANINGS = {key_of(word): meaning for meaning, ws in WORDS.items() for word in ws}


def understand(text: str) -> Meaning:
    """What a text means; OTHER is for people to read."""
    if len(text) > LONGEST:
        return Meaning.OTHER
    return _MEANINGS.get(key_of(text), Meaning.OTHER)


def chosen_number(text: str) -> int:
    """The number that a text consists of, 0 when it is anything else."""
    key = key_of(text)
    return int(key) if key.isascii() and key.isdecimal() and len(key) == 1 else 0
