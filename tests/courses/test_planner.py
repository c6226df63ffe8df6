from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.holidays import import_public_holidays
from core.models import Holiday
from courses.exceptions import CoursesError
from courses.planner import skipped_between
from persian.jalali import parse_jalali, parse_time
from tests.factories import make_plan

GOLDEN = yaml.safe_load(
    (Path(__file__).parent / "planner_golden.yaml").read_text(encoding="utf-8")
)
WEEKDAYS = {"sat": 5, "sun": 6, "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: g["run"])
def test_plan_of_demo_run_matches_golden(golden: dict[str, Any]) -> None:
    import_public_holidays(first_year=2026, last_year=2027)
    start, end = golden["time"].split("-")

    plan = make_plan(
        start_on=parse_jalali(golden["start"]),
        weekdays=[WEEKDAYS[day] for day in golden["days"]],
        start_time=parse_time(start),
        end_time=parse_time(end),
        count=golden["count"],
        holidays=None,
    )

    skipped = [day.on for planned in plan for day in planned.skipped]
    assert plan[0].on == parse_jalali(golden["first"])
    assert plan[-1].on == parse_jalali(golden["last"])
    assert skipped == [parse_jalali(day) for day in golden["skipped"]]


def test_estimated_holiday_is_skipped_and_the_day_before_marked() -> None:
    eid = Holiday(on=dt.date(2026, 12, 6), title_fa="عید", status="estimated")

    plan = make_plan(weekdays=[5, 6], count=4, holidays=[eid])

    assert [p.on.day for p in plan] == [28, 29, 5, 12]
    assert [p.before_estimated for p in plan] == [False, False, True, False]
    assert plan[3].skipped[0].is_estimated


def test_nowruz_only_warns() -> None:
    plan = make_plan(start_on=dt.date(2027, 3, 13), count=5)

    assert [p.is_nowruz for p in plan] == [False, True, True, True, False]


def test_wall_time_becomes_utc() -> None:
    plan = make_plan(count=1)

    assert plan[0].starts_at == dt.datetime(2026, 11, 28, 12, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"weekdays": []}, "no_weekday"),
        ({"end_time": dt.time(16)}, "empty"),
        ({"count": 0}, "none"),
        ({"count": 2000}, "too_many"),
    ],
)
def test_plan_refuses_nonsense(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(CoursesError) as error:
        make_plan(**wrong)

    assert error.value.code == code
    assert str(error.value)


def test_skipped_between_names_missing_weeks() -> None:
    Holiday.objects.create(on=dt.date(2026, 12, 5), title_fa="تعطیل")
    Holiday.objects.create(on=dt.date(2026, 12, 6), title_fa="یکشنبه")

    days = skipped_between([dt.date(2026, 11, 28), dt.date(2026, 12, 12)])

    assert [(day.on.day, day.title) for day in days] == [(5, "تعطیل")]
