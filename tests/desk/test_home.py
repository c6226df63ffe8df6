from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from booking.models import Offering
from courses.models import Audience, Course, CourseRun
from courses.planner import PlannedSession
from courses.services.catalogue import create_course
from courses.services.runs import create_run, publish_run
from desk.listing import RunFilter, spellings
from tests.factories import NOW, make_person, make_resource, make_room

pytestmark = pytest.mark.django_db

# Home asks for runs, their class sessions, their instructors, and the other courses.
HOME_QUERIES = 4


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def _course(code: str, **overrides: Any) -> Course:
    fields: dict[str, Any] = {
        "code": code,
        "slug": code.lower(),
        "title_fa": "الگوسازی دستی کفش",
        "title_en": "Hand pattern making",
        "level": "intro",
        "session_count": 2,
        "session_minutes": 240,
        "capacity": 12,
        "fee_rial": 10_000_000,
        "support_percent": 50,
    }
    return create_course(**{**fields, **overrides})


def _run(code: str, *, days: int = 7, hour: int = 9, **overrides: Any) -> CourseRun:
    """A published run whose first class session is so many days from now."""
    course = overrides.pop("course", None) or _course(f"C-{code}")
    teacher = make_person(name=overrides.pop("teacher", "یعقوب نعل‌تراش"))
    room = make_room()
    make_resource(person=teacher)
    make_resource(kind="room", room=room)
    first = (NOW + dt.timedelta(days=days)).date()
    sessions = [
        PlannedSession(on, dt.time(hour), dt.time(hour + 4))
        for on in (first, first + dt.timedelta(days=2))
    ]
    run = create_run(
        course=course,
        code=code,
        room=room,
        instructors=[teacher],
        sessions=sessions,
        by=None,
        now=NOW,
        **overrides,
    )
    return publish_run(run_id=run.pk, by=None, now=NOW)


def _listed(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/?{query}")
    assert response.status_code == 200
    return [card.run.code for card in response.context["cards"]]


def test_home_lists_open_runs_nearest_first(client: Client) -> None:
    _run("LATER", days=20)
    _run("SOON", days=3)

    assert _listed(client) == ["SOON", "LATER"]


def test_home_tells_places_price_days_and_teacher(client: Client) -> None:
    run = _run("R1", hour=16)
    Offering.objects.filter(pk=run.offering_id).update(seats_taken=8)

    page = client.get("/", headers={"cookie": "language=en"}).content.decode()

    assert "4 places left" in page
    assert "500,000 toman" in page
    assert "16:00 to 20:00" in page
    assert "یعقوب نعل‌تراش" in page


def test_home_tells_how_many_wait_for_a_full_run(client: Client) -> None:
    run = _run("R1")
    Offering.objects.filter(pk=run.offering_id).update(
        seats_taken=12, waiting_parties=5
    )

    page = client.get("/", headers={"cookie": "language=en"}).content.decode()

    assert "Full · 5 waiting" in page


def test_home_offers_word_of_courses_without_a_run(client: Client) -> None:
    _run("R1", course=_course("OPEN"))
    _course("NONE", title_fa="سایزبندی الگو")

    response = client.get("/")

    assert [course.slug for course in response.context["courses"]] == ["none"]


def test_home_without_runs_says_so(client: Client) -> None:
    page = client.get("/", headers={"cookie": "language=en"}).content.decode()

    assert "No course is open for booking today" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level=intro", ["MORNING", "WOMEN", "FREE"]),
        ("level=adv", ["EVENING"]),
        ("evening=1", ["EVENING"]),
        ("women=1", ["WOMEN"]),
        ("free=1", ["FREE"]),
        ("free=1&level=adv", []),
        ("level=nonsense&page=x", ["MORNING", "EVENING", "WOMEN", "FREE"]),
    ],
)
def test_filters_keep_what_fits(client: Client, query: str, found: list[str]) -> None:
    _run("MORNING", days=3)
    _run("EVENING", days=4, hour=16, course=_course("ADV", level="adv"))
    _run("WOMEN", days=5, audience=Audience.WOMEN)
    _run("FREE", days=6, course=_course("GIFT", support_percent=100))

    assert _listed(client, query) == found


@pytest.mark.parametrize(
    "text",
    ["پستایی‌سازی", "پستایی سازی", "پستايي", "چرخكاري", "رویهٔ", "نعل تراش", "UP-101"],
)
def test_search_finds_whatever_the_spelling(client: Client, text: str) -> None:
    title = "پستایی‌سازی و چرخ‌کاری رویهٔ کفش"
    _run("UPPER", course=_course("UP-101", title_fa=title))
    other = _course("CO-1", title_fa="برگهٔ هزینه", title_en="Costing")
    _run("OTHER", course=other, teacher="اکبر حساب‌دان")

    assert _listed(client, QueryDict(f"q={text}").urlencode()) == ["UPPER"]


def test_search_knows_words_of_the_trade() -> None:
    assert "الگوسازی" in spellings("مدل سازی")
    assert "سایزبندی" in spellings("گرید")


def test_search_text_comes_back_in_the_field(client: Client) -> None:
    page = client.get("/", {"q": 'الگو"<b>'}).content.decode()

    assert 'value="الگو&quot;&lt;b&gt;"' in page


def test_a_chip_adds_itself_and_takes_itself_off() -> None:
    wanted = RunFilter.from_query(QueryDict("q=x&free=1&level=mid"))

    addresses = {str(chip.address) for chip in wanted.chips() if chip.is_on}

    assert addresses == {"/?q=x&free=1#runs", "/?q=x&level=mid#runs"}


def test_home_asks_as_much_for_three_runs_as_for_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _run("R1")
    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")
    _run("R2", days=9)
    _run("R3", days=11)

    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")


def test_home_changes_nothing_on_post(client: Client) -> None:
    assert client.post("/").status_code == 405


@pytest.mark.parametrize("path", ["/help/", "/robots.txt", "/site.webmanifest"])
def test_small_pages_open_for_everyone(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_help_has_few_rules_in_persian_digits(client: Client) -> None:
    response = client.get("/help/")

    assert 5 <= len(response.context["rules"]) <= 12
    assert not any(char in "0123456789" for char in "".join(response.context["rules"]))
