import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import translation

DAY = dt.date(2026, 11, 28)
MOMENT = dt.datetime(2026, 11, 28, 13, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 11, 28, 16, 30, tzinfo=dt.UTC)
NEXT_YEAR = dt.date(2027, 4, 3)


@pytest.fixture(autouse=True)
def reference_day():
    with time_machine.travel(dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC), tick=False):
        yield


def render(language: str, expression: str, value: object, other: object = None) -> str:
    source = "{% load persian %}{{ value|" + expression + " }}"
    with translation.override(language):
        return Template(source).render(Context({"value": value, "other": other}))


@pytest.mark.parametrize(
    ("expression", "value", "persian", "english"),
    [
        ("fa", 12, "۱۲", "12"),
        ("fa", 2800000, "۲۸۰۰۰۰۰", "2800000"),
        ("fa", 4.5, "۴٫۵", "4.5"),
        ("fa", Decimal("4.50"), "۴٫۵۰", "4.50"),
        ("fa", "۵ و 6", "۵ و ۶", "5 و 6"),
        ("fa", None, "", ""),
        ("fa", "<b>1</b>", "&lt;b&gt;۱&lt;/b&gt;", "&lt;b&gt;1&lt;/b&gt;"),
        ("jdate", DAY, "۷ آذر", "28 November"),
        ("jdate", MOMENT, "۷ آذر", "28 November"),
        ("jdate", NEXT_YEAR, "۱۴ فروردین ۱۴۰۶", "3 April 2027"),
        ("jdate:'weekday'", DAY, "شنبه ۷ آذر", "Sat 28 November"),
        ("jdate:'year'", DAY, "۷ آذر ۱۴۰۵", "28 November 2026"),
        ("jdate:'full'", DAY, "شنبه ۷ آذر ۱۴۰۵", "Sat 28 November 2026"),
        ("jdate:'numeric'", DAY, "۱۴۰۵/۰۹/۰۷", "2026-11-28"),
        ("jdatetime", MOMENT, "شنبه ۷ آذر، ساعت ۱۶:۳۰", "Sat 28 November, 16:30"),
        ("jtime", MOMENT, "۱۶:۳۰", "16:30"),
        ("jtime", dt.time(0, 0), "۰۰:۰۰", "00:00"),
        ("jweekday", DAY, "شنبه", "Saturday"),
        ("jmonth", DAY, "آذر ۱۴۰۵", "November 2026"),
        ("money", 28_000_000, "۲٬۸۰۰٬۰۰۰ تومان", "2,800,000 toman"),
        ("money", 0, "رایگان", "Free"),
        (
            "phone",
            "+989123456789",
            "۰۹۱۲\u00a0۳۴۵\u00a0۶۷۸۹",
            "0912 345 6789",
        ),
        ("bdi", "R-1405", "<bdi>R-1405</bdi>", "<bdi>R-1405</bdi>"),
        ("bdi", "<i>", "<bdi>&lt;i&gt;</bdi>", "<bdi>&lt;i&gt;</bdi>"),
        (
            "phone|bdi",
            "+989123456789",
            "<bdi>۰۹۱۲\u00a0۳۴۵\u00a0۶۷۸۹</bdi>",
            "<bdi>0912 345 6789</bdi>",
        ),
    ],
)
def test_filter_writes_for_the_reader(expression, value, persian, english):
    assert render("fa", expression, value) == persian
    assert render("en", expression, value) == english


@pytest.mark.parametrize(
    ("start", "end", "persian", "english"),
    [
        (MOMENT, LATER, "۱۶:۳۰ تا ۲۰:۰۰", "16:30 to 20:00"),
        (dt.time(9), dt.time(13), "۰۹:۰۰ تا ۱۳:۰۰", "09:00 to 13:00"),
        (DAY, dt.date(2026, 12, 5), "۷ آذر تا ۱۴ آذر", "28 November to 5 December"),
        (None, LATER, "", ""),
        (MOMENT, None, "", ""),
    ],
)
def test_range_is_written_with_a_word(start, end, persian, english):
    assert render("fa", "jrange:other", start, end) == persian
    assert render("en", "jrange:other", start, end) == english


@pytest.mark.parametrize(
    "expression",
    ["jdate", "jdatetime", "jtime", "jweekday", "jmonth", "money", "phone", "bdi"],
)
@pytest.mark.parametrize("language", ["fa", "en"])
def test_missing_value_gives_nothing(expression, language):
    assert render(language, expression, None) == ""


def test_floats_in_persian_have_the_persian_separator():
    with translation.override("fa"):
        assert Template("{{ value }}").render(Context({"value": 4.5})) == "4٫5"


@pytest.mark.parametrize(
    ("language", "hours", "expected"),
    [
        ("fa", (0, 24), "شنبه ۷ آذر، تمام روز"),
        ("fa", (9, 12), "شنبه ۷ آذر، ۰۹:۰۰ تا ۱۲:۰۰"),
        ("fa", (0, 48), "۷ آذر تا ۸ آذر"),
        ("en", (0, 24), "Sat 28 November, the whole day"),
        ("en", (9, 12), "Sat 28 November, 09:00 to 12:00"),
    ],
)
def test_jspan_says_whole_days_as_days(
    language: str, hours: tuple[int, int], expected: str
):
    midnight = dt.datetime(2026, 11, 28, tzinfo=ZoneInfo("Asia/Tehran"))
    start, end = (midnight + dt.timedelta(hours=h) for h in hours)

    assert render(language, "jspan:other", start, end) == expected
