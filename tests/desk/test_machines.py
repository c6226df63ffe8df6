"""What robots, sharing people and readers of feeds get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client

from courses.models import Course, CourseRun
from tests.factories import NOW, make_course, make_run, make_service

pytestmark = pytest.mark.django_db

BASE = "https://kafsh.example"
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def _at_now(settings: Any) -> Iterator[None]:
    settings.PUBLIC_BASE_URL = BASE
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def run() -> CourseRun:
    course = make_course(
        slug="sneaker", title_fa="کتانی <b>&", title_en="Sneaker", summary_fa="خلاصه"
    )
    return make_run(code="R-9", course=course)


def facts_of(page: str) -> dict[str, Any]:
    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    facts: dict[str, Any] = json.loads(script)
    return facts


def test_run_tells_search_engines_when_where_and_for_how_much(
    client: Client, run: CourseRun
) -> None:
    page = client.get("/runs/R-9/").content.decode()

    facts = facts_of(page)
    (event,) = facts["hasCourseInstance"]
    assert (facts["@type"], facts["name"]) == ("Course", "کتانی <b>&")
    assert event["url"] == f"{BASE}/runs/R-9/"
    assert event["startDate"] == "2026-11-28T12:30:00+00:00"
    assert event["remainingAttendeeCapacity"] == 2
    assert event["offers"]["availability"].endswith("/InStock")
    assert "<b>&" not in page


def test_cancelled_run_says_so(client: Client, run: CourseRun) -> None:
    CourseRun.objects.filter(pk=run.pk).update(
        state="cancelled", cancelled_at=NOW, cancel_reason="بیماری"
    )

    (event,) = facts_of(client.get("/runs/R-9/").content.decode())["hasCourseInstance"]

    assert event["eventStatus"].endswith("/EventCancelled")
    assert event["offers"]["availability"].endswith("/OutOfStock")


@pytest.mark.parametrize(
    "path", ["/", "/runs/R-9/", "/courses/sneaker/", "/consulting/", "/help/"]
)
def test_public_page_names_its_addresses_and_what_is_shared(
    client: Client, run: CourseRun, path: str
) -> None:
    persian = client.get(f"{path}?lang=fa").content.decode()
    english = client.get(f"{path}?lang=en").content.decode()

    for page in (persian, english):
        assert f'hreflang="fa" href="{BASE}{path}"' in page
        assert f'hreflang="en" href="{BASE}{path}?lang=en"' in page
        assert re.search(r'property="og:title" content="[^"]{3,}"', page)
        assert re.search(r'name="description" content="[^"]{3,}"', page)
        assert "noindex" not in page
    assert f'<link rel="canonical" href="{BASE}{path}">' in persian
    assert f'<link rel="canonical" href="{BASE}{path}?lang=en">' in english


def test_own_and_secret_pages_are_not_to_be_found(client: Client) -> None:
    for path in ("/bookings/", "/bookings/find/", "/accounts/sign-in/", "/o/abc/"):
        assert 'content="noindex"' in client.get(path).content.decode()


def test_run_can_be_passed_on(client: Client, run: CourseRun) -> None:
    page = client.get("/runs/R-9/").content.decode()

    address = "https%3A%2F%2Fkafsh.example%2Fruns%2FR-9%2F"
    for start in ("sms:?body=", "https://eitaa.com/share/url?url=", "https://t.me/"):
        assert re.search(rf'href="{re.escape(start)}[^"]*{address}', page)


def test_sitemap_names_public_pages_only(client: Client, run: CourseRun) -> None:
    make_run(code="DRAFT", is_published=False)
    make_service(slug="price")
    Course.objects.create(
        code="OFF",
        slug="off",
        title_fa="x",
        level="intro",
        session_count=1,
        session_minutes=60,
        capacity=5,
        is_active=False,
    )

    response = client.get("/sitemap.xml")

    tree = ElementTree.fromstring(response.content)
    places = [node.text for node in tree.iter(f"{MAP}loc")]
    assert response["Content-Type"] == "application/xml"
    assert {f"{BASE}/", f"{BASE}/runs/R-9/", f"{BASE}/consulting/price/"} < set(places)
    assert not [place for place in places if "DRAFT" in place or "off" in place]
    assert all(
        client.get(place.removeprefix(BASE)).status_code == 200 for place in places
    )


def test_robots_are_sent_to_the_sitemap(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()

    assert f"Sitemap: {BASE}/sitemap.xml" in text
    assert "Disallow: /bookings/" in text


@pytest.mark.parametrize(
    ("language", "title"), [("fa", "کتانی <b>&"), ("en", "Sneaker")]
)
def test_feed_brings_new_runs(
    client: Client, run: CourseRun, language: str, title: str
) -> None:
    response = client.get(f"/runs.atom?lang={language}")

    tree = ElementTree.fromstring(response.content)
    (entry,) = tree.findall(f"{ATOM}entry")
    link = entry.find(f"{ATOM}link")
    assert response["Content-Type"].startswith("application/atom+xml")
    assert entry.findtext(f"{ATOM}title") == title
    assert link is not None
    assert link.get("href", "").startswith(f"{BASE}/runs/R-9/")
    assert entry.findtext(f"{ATOM}id") == "tag:hidaj-booking,2026:run/R-9"
    assert entry.findtext(f"{ATOM}updated")
