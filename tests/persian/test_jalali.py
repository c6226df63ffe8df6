import datetime as dt

import pytest
import time_machine
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from persian import jalali
from persian.errors import InputError
from persian.jalali import (
    format_date,
    format_date_numeric,
    format_datetime,
    format_month,
    format_range,
    format_time,
    from_jalali,
    month_bounds,
    month_name,
    parse_date,
    parse_jalali,
    parse_time,
    to_jalali,
    today,
    weekday_name,
)
from tests.persian.cases import DATES, expected_error

# The official leap years; five-year gaps at 1370, 1403 and 1436 catch weak rules.
LEAP_YEARS = {
    *(1300, 1304, 1309, 1313, 1317, 1321, 1325, 1329, 1333, 1337, 1342, 1346, 1350),
    *(1354, 1358, 1362, 1366, 1370, 1375, 1379, 1383, 1387, 1391, 1395, 1399, 1403),
    *(1408, 1412, 1416, 1420, 1424, 1428, 1432, 1436, 1441, 1445, 1449, 1453, 1457),
    *(1461, 1465, 1469, 1474, 1478, 1482, 1486, 1490, 1494, 1498),
}
YEARS = range(1300, 1501)
FIRST_DAY, LAST_DAY = dt.date(1921, 3, 21), dt.date(2122, 3, 20)
SATURDAY = dt.date(2026, 11, 28)
FOUR_PM = dt.datetime(2026, 11, 28, 12, 30, tzinfo=dt.UTC)

days = st.dates(FIRST_DAY, LAST_DAY)


@pytest.fixture(autouse=True)
def reference_day():
    with time_machine.travel(dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture(params=["fa", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def in_persian():
    with translation.override("fa"):
        yield


@pytest.fixture
def in_english():
    with translation.override("en"):
        yield


def test_year_bounds_meet_without_gap_and_leap_years_are_official():
    day = FIRST_DAY

    for year in YEARS:
        length = 366 if year in LEAP_YEARS else 365
        last = day + dt.timedelta(days=length - 1)
        assert to_jalali(day) == (year, 1, 1)
        assert to_jalali(last) == (year, 12, length - 336)
        assert from_jalali(year, 1, 1) == day
        assert from_jalali(year, 12, length - 336) == last
        day = last + dt.timedelta(days=1)

    assert day == LAST_DAY + dt.timedelta(days=1)


@pytest.mark.parametrize("year", [1302, 1402, 1404, 1407, 1440, 1500])
def test_common_year_has_no_thirtieth_of_esfand(year):
    with pytest.raises(InputError) as refusal:
        from_jalali(year, 12, 30)

    assert refusal.value.code == "no_such_day"


@pytest.mark.parametrize(
    ("jalali_day", "gregorian"),
    [
        ((1357, 11, 22), dt.date(1979, 2, 11)),
        ((1375, 12, 30), dt.date(1997, 3, 20)),
        ((1403, 12, 30), dt.date(2025, 3, 20)),
        ((1404, 1, 1), dt.date(2025, 3, 21)),
        ((1407, 12, 29), dt.date(2029, 3, 19)),
        ((1408, 12, 30), dt.date(2030, 3, 20)),
        ((1405, 9, 1), dt.date(2026, 11, 22)),
    ],
)
def test_known_days(jalali_day, gregorian):
    assert from_jalali(*jalali_day) == gregorian
    assert to_jalali(gregorian) == jalali_day


def test_every_thirteenth_day_comes_back():
    for ordinal in range(FIRST_DAY.toordinal(), LAST_DAY.toordinal(), 13):
        day = dt.date.fromordinal(ordinal)
        assert from_jalali(*to_jalali(day)) == day


@given(days)
def test_any_day_comes_back(day):
    assert from_jalali(*to_jalali(day)) == day


@given(days, st.sampled_from(["fa", "en"]))
def test_parse_reads_what_the_field_shows(day, active):
    with translation.override(active):
        assert parse_date(format_date_numeric(day)) == day


@given(days)
def test_parse_reads_a_day_with_the_name_of_its_month(day):
    with translation.override("fa"):
        assert parse_jalali(format_date(day, year=True)) == day


@pytest.mark.parametrize(("typed", "out"), DATES)
def test_parse_jalali_edge_cases(typed, out, language):
    if code := expected_error(out):
        with pytest.raises(InputError) as refusal:
            parse_jalali(typed)
        assert refusal.value.code == code
    else:
        assert parse_jalali(typed).isoformat() == out


@pytest.mark.parametrize(
    "text",
    [
        "1405/9/7",
        "۱۴۰۵/۰۹/۰۷",
        "١٤٠٥-٩-٧",
        "1405.09.07",
        " 1405 9 7 ",
        "1405 / 9 / 7",
        "۱۴۰۵۰۹۰۷",
        "\u200f۱۴۰۵/۹/۷\u200f",
        "۷ آذر ۱۴۰۵",
        "7  آذر 1405",
    ],
)
def test_parse_jalali_reads_what_people_type(text):
    assert parse_jalali(text) == SATURDAY


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "format"),
        ("فردا", "format"),
        ("1405/9", "format"),
        ("1405/9/7/1", "format"),
        ("140597", "format"),
        ("05/9/7", "year"),
        ("1100/1/1", "year"),
        ("1700/1/1", "year"),
        ("1405/13/1", "no_such_day"),
        ("1405/0/1", "no_such_day"),
        ("1405/1/32", "no_such_day"),
        ("1405/7/31", "no_such_day"),
        ("20261128", "looks_gregorian"),
        ("9" * 30 + "/1/1", "looks_gregorian"),
    ],
)
def test_parse_jalali_refuses_with_its_own_sentence(text, code, language):
    with pytest.raises(ValueError, match=".+") as refusal:
        parse_jalali(text)

    assert refusal.value.code == code


def test_english_reader_writes_gregorian_or_jalali(in_english):
    assert parse_date("2026-11-28") == SATURDAY
    assert parse_date("2026/11/28") == SATURDAY
    assert parse_date("1405/09/07") == SATURDAY


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "99999/1/1"])
def test_english_reader_hears_of_a_day_that_is_not(text, in_english):
    with pytest.raises(InputError) as refusal:
        parse_date(text)

    assert refusal.value.code == "no_such_day"


def test_persian_reader_is_warned_of_a_gregorian_date(in_persian):
    with pytest.raises(InputError) as refusal:
        parse_date("2026-11-28")

    assert refusal.value.code == "looks_gregorian"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("16", dt.time(16)),
        ("۱۶:۳۰", dt.time(16, 30)),
        ("١٦.٣٠", dt.time(16, 30)),
        ("1630", dt.time(16, 30)),
        ("930", dt.time(9, 30)),
        (" 9 : 05 ", dt.time(9, 5)),
        ("0:00", dt.time(0)),
    ],
)
def test_parse_time_reads_what_people_type(text, time):
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("text", "code"),
    [("24", "no_time"), ("16:60", "no_time"), ("ظهر", "format"), ("", "format")],
)
def test_parse_time_refuses_with_its_own_sentence(text, code):
    with pytest.raises(InputError) as refusal:
        parse_time(text)

    assert refusal.value.code == code


@given(st.times(), st.sampled_from(["fa", "en"]))
def test_parse_time_reads_what_is_shown(time, active):
    with translation.override(active):
        shown = format_time(time)

    assert parse_time(shown) == time.replace(second=0, microsecond=0)


def test_today_is_the_day_in_tehran():
    with time_machine.travel(dt.datetime(2026, 11, 22, 20, 29, tzinfo=dt.UTC)):
        assert today() == dt.date(2026, 11, 22)
    with time_machine.travel(dt.datetime(2026, 11, 22, 20, 31, tzinfo=dt.UTC)):
        assert today() == dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("year", "month", "first", "last"),
    [
        (1405, 1, dt.date(2026, 3, 21), dt.date(2026, 4, 20)),
        (1405, 9, dt.date(2026, 11, 22), dt.date(2026, 12, 21)),
        (1403, 12, dt.date(2025, 2, 19), dt.date(2025, 3, 20)),
        (1404, 12, dt.date(2026, 2, 20), dt.date(2026, 3, 20)),
        (1500, 12, dt.date(2122, 2, 20), dt.date(2122, 3, 20)),
    ],
)
def test_month_bounds(year, month, first, last):
    assert month_bounds(year, month) == (first, last)


def test_month_bounds_refuses_a_thirteenth_month():
    with pytest.raises(InputError):
        month_bounds(1405, 13)


def test_dates_in_persian(in_persian):
    assert format_date(SATURDAY) == "۷ آذر"
    assert format_date(SATURDAY, weekday=True) == "شنبه ۷ آذر"
    assert format_date(SATURDAY, weekday=True, year=True) == "شنبه ۷ آذر ۱۴۰۵"
    assert format_date(dt.date(2027, 3, 21)) == "۱ فروردین ۱۴۰۶"
    assert format_date(dt.date(2027, 3, 21), year=False) == "۱ فروردین"
    assert format_date_numeric(SATURDAY) == "۱۴۰۵/۰۹/۰۷"
    assert weekday_name(SATURDAY) == "شنبه"
    assert month_name(SATURDAY) == "آذر"
    assert format_month(SATURDAY) == "آذر ۱۴۰۵"


def test_dates_in_english(in_english):
    assert format_date(SATURDAY) == "28 November"
    assert format_date(SATURDAY, weekday=True, year=True) == "Sat 28 November 2026"
    assert format_date(dt.date(2027, 1, 2)) == "2 January 2027"
    assert format_date_numeric(SATURDAY) == "2026-11-28"
    assert weekday_name(SATURDAY) == "Saturday"
    assert month_name(SATURDAY) == "November"
    assert format_month(SATURDAY) == "November 2026"


def test_current_year_is_that_of_the_readers_calendar():
    day = dt.date(2027, 1, 2)

    with translation.override("fa"):
        assert format_date(day) == "۱۲ دی"
    with translation.override("en"):
        assert format_date(day) == "2 January 2027"


def test_week_in_persian(in_persian):
    week = [weekday_name(SATURDAY + dt.timedelta(days=n)) for n in range(7)]

    assert " ".join(week) == "شنبه یکشنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه جمعه"


def test_moments_are_shown_in_tehran_time_in_persian(in_persian):
    assert format_time(FOUR_PM) == "۱۶:۰۰"
    assert format_time(FOUR_PM, short=True) == "۱۶"
    assert format_time(dt.time(9, 5), short=True) == "۰۹:۰۵"
    assert format_datetime(FOUR_PM) == "شنبه ۷ آذر، ساعت ۱۶"
    assert format_datetime(FOUR_PM, year=True) == "شنبه ۷ آذر ۱۴۰۵، ساعت ۱۶"
    half_past = FOUR_PM + dt.timedelta(minutes=30)
    assert format_datetime(half_past, weekday=False) == "۷ آذر، ساعت ۱۶:۳۰"


def test_moments_are_shown_in_tehran_time_in_english(in_english):
    assert format_datetime(FOUR_PM) == "Sat 28 November, 16:00"
    assert format_datetime(FOUR_PM, year=True) == "Sat 28 November 2026, 16:00"


def test_a_moment_late_in_utc_belongs_to_the_next_day_of_tehran(in_persian):
    moment = dt.datetime(2026, 11, 28, 21, 0, tzinfo=dt.UTC)

    assert format_datetime(moment) == "یکشنبه ۸ آذر، ساعت ۰۰:۳۰"
    assert format_date(moment) == "۸ آذر"
    assert to_jalali(moment) == (1405, 9, 8)
    assert weekday_name(moment) == "یکشنبه"


def test_summer_time_of_old_years_is_kept(in_persian):
    assert format_time(dt.datetime(2022, 6, 1, 8, tzinfo=dt.UTC)) == "۱۲:۳۰"
    assert format_time(dt.datetime(2023, 6, 1, 8, tzinfo=dt.UTC)) == "۱۱:۳۰"


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="naive"):
        format_datetime(FOUR_PM.replace(tzinfo=None))


def test_ranges_in_persian(in_persian):
    evening = FOUR_PM + dt.timedelta(hours=4)
    tomorrow = FOUR_PM + dt.timedelta(days=1)

    assert format_range(dt.time(16), dt.time(20)) == "۱۶:۰۰ تا ۲۰:۰۰"
    assert format_range(FOUR_PM, evening) == "۱۶:۰۰ تا ۲۰:۰۰"
    assert format_range(FOUR_PM, tomorrow) == (
        "شنبه ۷ آذر، ساعت ۱۶ تا یکشنبه ۸ آذر، ساعت ۱۶"
    )
    assert format_range(SATURDAY, from_jalali(1405, 10, 26)) == "۷ آذر تا ۲۶ دی"
    assert format_range(SATURDAY, from_jalali(1406, 1, 20)) == (
        "۷ آذر تا ۲۰ فروردین ۱۴۰۶"
    )
    assert format_range(from_jalali(1406, 1, 20), from_jalali(1406, 2, 3)) == (
        "۲۰ فروردین تا ۳ اردیبهشت ۱۴۰۶"
    )


def test_ranges_in_english(in_english):
    assert format_range(dt.time(16), dt.time(20)) == "16:00 to 20:00"
    assert format_range(SATURDAY, dt.date(2027, 1, 16)) == (
        "28 November to 16 January 2027"
    )


def test_ranges_never_hold_a_dash(language):
    moment = FOUR_PM + dt.timedelta(days=400)

    for start, end in [
        (FOUR_PM, moment),
        (SATURDAY, moment.date()),
        (dt.time(9), dt.time(10)),
    ]:
        assert not set("-–—") & set(format_range(start, end))


def test_a_range_of_two_kinds_is_refused():
    with pytest.raises(TypeError):
        format_range(dt.time(9), SATURDAY)


def test_names_are_complete():
    assert len(jalali.MONTHS_FA) == len(jalali.MONTHS_EN) == 12
    assert len(jalali.WEEKDAYS_FA) == len(jalali.WEEKDAYS_EN) == 7
