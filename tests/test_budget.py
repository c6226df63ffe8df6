"""What a page costs somebody on a slow line: bytes and requests of a first visit.

Counted as a browser would fetch it: the page packed by the site, and the files that it
names packed as the build packs them. The icon, the manifest and the service worker come
later and are not counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brotli
import pytest
import time_machine
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from lxml import html

from core.pages.sheets import COOKIE, carried_files
from courses.services.enrolment import hold_place
from tests.factories import (
    NOW,
    make_consultant,
    make_course,
    make_person,
    make_run,
    make_service,
    make_user,
)
from tests.signing import sign_in

pytestmark = pytest.mark.django_db

KB = 1000
REQUESTS, FIRST_VISIT, BEFORE_PAINT = 5, 95 * KB, 30 * KB
PAGE, NEXT_PAGE, SCRIPTS = 14 * KB, 15 * KB, 18 * KB
# The lines before a file that is served with its hash in the name.
FILE_HEADERS = 400
PACKED_ALREADY = {".woff2", ".png"}
# Named by the style sheet, and fetched when that is there.
FONT = "vendor/Vazirmatn-NL.woff2"
STATIC = Path(settings.BASE_DIR) / "static"
PAGES = ("home", "run", "slots", "booking form", "bookings")


@dataclass(frozen=True)
class Cost:
    """Bytes of a page and of the files that it needs."""

    page: int
    sheets: int
    scripts: int
    others: int
    requests: int

    @property
    def whole(self) -> int:
        return self.page + self.sheets + self.scripts + self.others


@pytest.fixture
def addresses(client: Client) -> Iterator[dict[str, str]]:
    """A full list of runs, as in a good season, and one reader with a kept place."""
    with time_machine.travel(NOW, tick=False):
        teachers = [make_consultant(name="نرگس سلطانی"), make_person(name="یعقوب")]
        course = make_course(
            summary_fa="از خط‌کشی تا نمونهٔ دوخته: الگوی رویه را با دست می‌کشیم. " * 3,
            audience_fa="کسی که یک سال در کارگاه کار کرده است. " * 2,
            outcomes_fa=["پوستهٔ قالب را باز می‌کنید"] * 6,
            syllabus_fa=["قالب و اندازه‌ها", "خط‌کشی", "برش"] * 5,
            bring_fa="کاتر، خط‌کش فلزی و دو جفت کفش کهنه",
        )
        runs = [make_run(course=course, instructors=teachers)]
        runs += [make_run(instructors=[make_person(name="سارا")]) for _ in range(9)]
        service = make_service(consultants=[teachers[0]])
        user = make_user()
        make_person(user=user, contact_phone=user.phone)
        sign_in(client, user)
        hold_place(run_id=runs[0].pk, booker=user, now=NOW)
        yield {
            "home": "/",
            "run": f"/runs/{runs[0].code}/",
            "slots": f"/consulting/{service.slug}/",
            "booking form": f"/runs/{runs[0].code}/book/",
            "bookings": "/bookings/",
        }


@pytest.fixture
def _sheets_inside(settings: Any) -> None:
    settings.SHEETS_INSIDE = True


@pytest.mark.usefixtures("_sheets_inside")
@pytest.mark.parametrize("name", PAGES)
def test_first_visit_fits_a_slow_line(
    client: Client, addresses: dict[str, str], name: str
) -> None:
    cost = _cost_of(_reader(client, name), addresses[name])

    print(f"{name}: {cost}, {cost.whole} bytes")
    # The sheets are in it: nothing else has to come before the first paint.
    assert cost.sheets == 0
    assert cost.page <= PAGE
    assert cost.scripts <= SCRIPTS
    # The worker fetches the sheets for the pages that follow.
    held = _bytes(set(carried_files()))
    assert cost.requests <= REQUESTS
    assert cost.whole + held < FIRST_VISIT


@pytest.mark.usefixtures("_sheets_inside")
@pytest.mark.parametrize("name", PAGES)
def test_next_page_is_small(
    client: Client, addresses: dict[str, str], name: str
) -> None:
    reader = _reader(client, name)
    (mark,) = html.fromstring(_unpacked(reader, "/help/")).xpath("//@data-sheets")
    reader.cookies[COOKIE] = mark

    cost = _cost_of(reader, addresses[name])

    print(f"{name}: {cost}")
    assert cost.sheets > 0
    assert cost.page <= NEXT_PAGE / 2
    assert cost.page + cost.sheets <= BEFORE_PAINT


def _reader(signed_in: Client, name: str) -> Client:
    return signed_in if name in {"booking form", "bookings"} else Client()


def _cost_of(reader: Client, address: str) -> Cost:
    response = reader.get(address, headers={"accept-encoding": "gzip, br"})
    assert response.status_code == 200
    return _cost(response, html.fromstring(_unpacked(reader, address)))


def test_text_is_readable_before_the_font_and_does_not_move_for_it() -> None:
    for sheet in ("site.css", "site.rtl.css"):
        text = (STATIC / "css" / sheet).read_text(encoding="utf-8")
        (face,) = [part.split("}")[0] for part in text.split("@font-face")[1:]]
        assert "font-display:optional" in face.replace(" ", "")
        assert re.findall(r'url\("?\.\./([^")]+)', face) == [FONT]


def _unpacked(reader: Client, address: str) -> str:
    return reader.get(address).content.decode()


def _cost(response: HttpResponse, tree: html.HtmlElement) -> Cost:
    sheets = _files(tree, ".//link[@rel='stylesheet']", "href")
    scripts = _files(tree, ".//script[@src]", "src")
    assert not tree.findall(".//link[@rel='preload']"), "it would delay the sheet"
    images = _files(tree, ".//img[@src]", "src")
    head = sum(len(f"{key}: {value}\r\n") for key, value in response.items())
    return Cost(
        page=len(response.content) + head,
        sheets=_bytes(sheets),
        scripts=_bytes(scripts),
        others=_bytes({FONT} | images),
        requests=1 + len(sheets | scripts | {FONT} | images),
    )


def _files(tree: html.HtmlElement, path: str, attribute: str) -> set[str]:
    """Names below static/; an address of another host is a fault."""
    found = set()
    for element in tree.iterfind(path):
        address = urlsplit(element.get(attribute))
        assert not address.netloc, element.get(attribute)
        if address.scheme != "data":
            found.add(address.path.removeprefix("/static/"))
    return found


def _bytes(names: set[str]) -> int:
    return sum(_packed(STATIC / _plain(name)) + FILE_HEADERS for name in names)


def _plain(name: str) -> str:
    """The name without the hash of its content."""
    if (STATIC / name).exists():
        return name
    stem, _hash, ending = name.rsplit(".", 2)
    return f"{stem}.{ending}"


def _packed(path: Path) -> int:
    content = path.read_bytes()
    if path.suffix in PACKED_ALREADY:
        return len(content)
    return len(brotli.compress(content, quality=11))
