from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from courses.models import Course
from tests.desk.people import applicant_client, planner, query_count, reception
from tests.factories import NOW, make_course, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def _course(**overrides: Any) -> dict[str, Any]:
    data = {
        "code": "CAD-1",
        "title_fa": "طراحی رایانه‌ای كفش",
        "title_en": "CAD for shoes",
        "level": "mid",
        "is_active": "on",
        "session_count": "۱۲",
        "session_minutes": "180",
        "capacity": "8",
        "min_to_run": "4",
        "fee_rial": "۳٬۵۰۰٬۰۰۰",
        "support_percent": "40",
        "outcomes_fa": "باز کردن الگو\nسایزبندی",
    }
    return {**data, **overrides}


def test_course_is_written_in_both_languages() -> None:
    response = planner().post("/staff/courses/new/", _course())

    course = Course.objects.get()
    assert response.status_code == 302
    assert course.title_fa == "طراحی رایانه‌ای کفش"
    assert course.slug == "cad-for-shoes"
    assert course.fee_rial == 35_000_000
    assert course.outcomes_fa == ["باز کردن الگو", "سایزبندی"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "کد"}, "code"),
        ({"code": "PTN"}, "code"),
        ({"min_to_run": "9"}, "min_to_run"),
        ({"fee_rial": "abc"}, "fee_rial"),
        ({"session_count": "0"}, "session_count"),
    ],
)
def test_course_is_refused_at_the_field(changes: dict[str, str], field: str) -> None:
    make_course(code="PTN")

    response = planner().post("/staff/courses/new/", _course(**changes))

    assert field in response.context["form"].errors
    assert "باز کردن الگو" in response.content.decode()
    assert Course.objects.count() == 1


def test_course_is_changed_and_circles_are_refused() -> None:
    course = make_course()
    later = make_course(prerequisites=[course])
    client = planner()
    path = f"/staff/courses/{course.pk}/"
    assert client.get(path).status_code == 200

    client.post(path, _course())
    course.refresh_from_db()
    assert course.code == "CAD-1"
    circle = client.post(path, _course(prerequisites=[str(later.pk)]))

    assert "prerequisites" in circle.context["form"].errors


def test_catalogue_is_read_by_reception_and_written_by_planners() -> None:
    course = make_course()
    client = reception()

    assert course.title in client.get("/staff/courses/").content.decode()
    assert client.get("/staff/courses/new/").status_code == 404
    assert client.post(f"/staff/courses/{course.pk}/", _course()).status_code == 404
    assert applicant_client().get("/staff/courses/").status_code == 404


def test_catalogue_asks_as_often_for_three_courses() -> None:
    client = planner()
    make_run()
    count = query_count(client, "/staff/courses/")
    make_run()
    make_run()

    assert query_count(client, "/staff/courses/") == count
