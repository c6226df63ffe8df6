from __future__ import annotations

import pytest

from notifications.segments import count_parts

# The table that `smsutil` 1.1.3 and Twilio's calculator agree on.
CASES = [
    ("", 1),
    ("a" * 160, 1),
    ("a" * 161, 2),
    ("a" * 306, 2),
    ("a" * 307, 3),
    ("€" * 80, 1),
    ("€" * 81, 2),
    ("a" * 152 + "€" + "a" * 152, 3),
    ("س" * 70, 1),
    ("س" * 71, 2),
    ("س" * 134, 2),
    ("س" * 135, 3),
    ("a" * 69 + "۱", 1),
    ("می\u200cآید «۱۲»؛ " * 5, 1),
    ("😀" * 35, 1),
    ("😀" * 36, 2),
    ("س" * 66 + "😀" + "س" * 66, 3),
]


@pytest.mark.parametrize(("text", "parts"), CASES)
def test_count_parts(text: str, parts: int) -> None:
    assert count_parts(text) == parts
