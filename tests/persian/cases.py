"""The inputs that must be handled: `edge_cases` of the demo data."""

from __future__ import annotations

NAMES: list[tuple[str, str]] = [
    ("  علي   كريمي ", "علی کریمی"),
    ("محمد\u200cرضا", "محمد\u200cرضا"),
    ("زهرا\u200f", "زهرا"),
]
SAME_IN_SEARCH: list[tuple[str, str]] = [("محمد\u200cرضا", "محمدرضا")]

# The second value is the result; one that begins with `error_` is the refusal.
MOBILES: list[tuple[str, str]] = [
    ("۰۹۹۹ ۰۰۰ ۰۰۰۱", "+989990000001"),
    ("٠٩٩٩٠٠٠٠٠٠١", "+989990000001"),
    ("+98 999 000 0001", "+989990000001"),
    ("9990000001", "+989990000001"),
    ("02435000000", "error_not_mobile"),
    ("+905321234567", "error_country"),
]
NATIONAL_IDS: list[tuple[str, str]] = [
    ("۹۹۹۰۰۰۰۰۱۸", "9990000018"),
    ("9990000019", "error_checksum"),
    ("1111111111", "error_repeated"),
    # Leading zeros were lost in a spreadsheet.
    ("84575948", "0084575948"),
]
DATES: list[tuple[str, str]] = [
    ("۱۴۰۳/۱۲/۳۰", "2025-03-20"),
    ("1404/12/30", "error_no_such_day"),
    ("1405-9-1", "2026-11-22"),
    ("2026/11/22", "error_looks_gregorian"),
]
TOMAN: list[tuple[str, int]] = [
    ("۲٬۸۰۰٬۰۰۰", 2_800_000),
    ("2,800,000 تومان", 2_800_000),
]


def expected_error(out: str) -> str:
    """The code after `error_`, empty when the input is fine."""
    return out.removeprefix("error_") if out.startswith("error_") else ""
