"""Every page as every role, read to the end: Persian, whole, linked and frugal.

One walk over the table of addresses (`tests/access_table.py`), so that a page that
comes later is read without anybody thinking of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html

from accounts.models import Person
from consulting.models import Service
from courses.models import Course
from persian.text import to_persian_digits
from tests.access_table import ROLES, ROWS, Row
from tests.access_world import World, make_world
from tests.face.sheets import unstyled
from tests.factories import NOW
from tests.test_access import _address

IS_ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")

ANONYMOUS_QUERIES, SIGNED_IN_QUERIES = 5, 12
# Public pages that many open at once.
PUBLIC = ("/", "/runs/<run>/", "/courses/<course>/", "/consulting/", "/help/")
# Not pages of the site's face: made by Django, or for developers only.
FOREIGN = ("/admin/", "/dev/", "/livez", "/readyz", "/healthz")
# Drafts of messages: their samples hold addresses, and tests of their own.
SAMPLES = "/staff/texts/"
UNREAD = ("script", "style", "code", "input", "textarea", "svg", "option", "title")
READ_ATTRIBUTES = ("aria-label", "placeholder", "alt", "title", "data-busy")
LATIN_DIGIT = re.compile(r"[0-9]")
LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
# Codes of courses, runs and bookings are Latin everywhere.
CODE = re.compile(r"\b[A-Z]+-?(?:[A-Z0-9]+-)*[A-Z]*[0-9]+[A-Z0-9]*\b|\b[A-Z0-9]{6}\b")
# ۱۹۹۰ to ۲۰۹۹, and the months as Persian writes them.
GREGORIAN = re.compile(
    r"\b(?:۱۹۹|۲۰[۰-۹])[۰-۹]\b|ژانویه|فوریه|آوریل|ژوئن|ژوئیه|اوت|سپتامبر"
)
# Words of the trade and of the phone that Persian writes in Latin letters.
LATIN_WORDS = {"CAD", "SMS", "PDF", "csv", "QR"}
TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@dataclass
class Found:
    """What a walk met; each line names address and role."""

    foreign: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    costly: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    pages: int = 0
    links: int = 0


@pytest.mark.skipif(
    IS_ON_POSTGRES and not os.environ.get("HIDAJ_NIGHT"),
    reason="what pages say depends on no database: by day one shows it",
)
@pytest.mark.django_db
def test_every_page_is_persian_and_frugal_and_its_links_lead_somewhere() -> None:
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        _write_digits_as_people_do()
        found = _walk(world)

    print(f"{found.pages} pages, {found.links} links")
    assert found.pages > 150
    problems = [*found.broken, *found.costly, *found.foreign, *found.bare]
    assert not problems, "\n".join(problems)


def test_crawler_sees_what_does_not_belong() -> None:
    page = html.fromstring(
        "<main>۱۴۰۵ <p>2026</p><p lang=en>May 2026</p><code>7</code><b>Save it</b>"
        "<i>۲۰۲۶</i><bdi dir=ltr>R-5</bdi><a aria-label='Close'>x</a></main>"
    )

    assert list(_foreign(page)) == ["2026", "Save it", "۲۰۲۶", "Close"]


def _write_digits_as_people_do() -> None:
    """What the factories number in Latin digits, a person would have typed."""
    for model, name in ((Course, "title_fa"), (Service, "title_fa"), (Person, "name")):
        for row in model.objects.all():
            value = to_persian_digits(getattr(row, name))
            model.objects.filter(pk=row.pk).update(**{name: value})


def _walk(world: World) -> Found:
    found = Found()
    for role in ROLES:
        client, answered = world.clients[role], dict[str, int]()
        links: dict[str, str] = {}
        for row in _rows(role):
            address = _address(world, row)
            page = _open(client, row, address, role, found)
            answered[address] = 200
            if page is not None:
                found.pages += 1
                words = [] if row.path.startswith(SAMPLES) else _foreign(page)
                found.foreign += [f"{row.path} as {role}: {word}" for word in words]
                found.bare += [f"{row.path} as {role}: {c}" for c in unstyled(page)]
                links |= dict.fromkeys(_links(page, address), row.path)
        found.links += len(links)
        for link, source in links.items():
            if link not in answered:
                status = client.get(link).status_code
                if status >= 400:
                    line = f"{source} as {role} leads to {link}: {status}"
                    found.broken.append(line)
    return found


def _rows(role: str) -> Iterator[Row]:
    for row in ROWS:
        opens = row.expected("GET")[role].split("|")[0] == "200"
        if opens and not row.path.startswith(FOREIGN):
            yield row


def _open(
    client: Client, row: Row, address: str, role: str, found: Found
) -> html.HtmlElement | None:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    # What PostgreSQL has prepared comes without its text.
    asked = [q["sql"] or "" for q in captured]
    queries = [sql for sql in asked if not sql.startswith(TRANSACTIONS)]
    is_public = role == "anonymous" and row.path in PUBLIC
    most = ANONYMOUS_QUERIES if is_public else SIGNED_IN_QUERIES
    if not response.get("Content-Type", "").startswith("text/html"):
        return None
    if len(queries) > most:
        found.costly.append(f"{row.path} as {role}: {len(queries)} queries")
    return html.fromstring(response.content.decode())


def _foreign(page: html.HtmlElement) -> Iterator[str]:
    """Texts and spoken attributes that do not belong on a Persian page."""
    for element in page.iter():
        if not isinstance(element.tag, str) or _is_unread(element):
            continue
        texts = [element.text, *(child.tail for child in element)]
        texts += [element.get(name) for name in READ_ATTRIBUTES]
        for text in texts:
            if text and _is_foreign(text):
                yield " ".join(text.split())[:80]


def _is_unread(element: html.HtmlElement) -> bool:
    return any(
        one.tag in UNREAD or one.get("lang") == "en" or one.get("dir") == "ltr"
        for one in (element, *element.iterancestors())
    )


def _is_foreign(text: str) -> bool:
    text = CODE.sub("", text)
    words = set(LATIN_WORD.findall(text)) - LATIN_WORDS
    return bool(words or LATIN_DIGIT.search(text) or GREGORIAN.search(text))


def _links(page: html.HtmlElement, address: str) -> Iterator[str]:
    for link in page.iterfind(".//a[@href]"):
        parts = urlsplit(urljoin(f"http://testserver{address}", link.get("href")))
        if parts.netloc == "testserver" and not parts.path.startswith(FOREIGN):
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path
