"""Every address as every role: what the table says is what happens."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, resolve

from tests.access_table import ROLES, ROWS, Row, markdown
from tests.access_world import World, make_world
from tests.factories import NOW

# A GET may count itself against a limit and keep the reader's own session; a calendar
# feed notes when it was read last.
KEPT = "django_session|core_limitcounter|notifications_feedtoken"
WRITE = re.compile(rf'(INSERT INTO|UPDATE|DELETE FROM) (?!"({KEPT})")')
SIGN_IN = "/accounts/sign-in/"


@pytest.mark.django_db
def test_every_role_gets_what_the_table_says() -> None:
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        wrong = [line for row in ROWS for line in _differences(world, row)]

    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_every_address_is_in_the_table() -> None:
    with time_machine.travel(NOW, tick=False):
        world = make_world()
    named = {resolve(_address(world, row)).view_name for row in ROWS}

    missing = sorted(set(_view_names(get_resolver())) - named)

    assert not missing, f"not in tests/access_table.py: {missing}"


@pytest.mark.django_db
def test_get_changes_nothing() -> None:
    with time_machine.travel(NOW, tick=False):
        world = make_world()
        wrong = [
            f"{row.path} as {role}: {sql}"
            for row in ROWS
            for role in ("anonymous", "applicant", "instructor", "planner")
            for sql in _writes(world.clients[role], _address(world, row))
        ]

    assert not wrong, "\n".join(wrong)


def _writes(client: Client, address: str) -> list[str]:
    """What a GET writes, besides what it may."""
    with CaptureQueriesContext(connection) as captured:
        _answer(client, "GET", address)
    sql = [query["sql"] for query in captured.captured_queries]
    return [line[:80] for line in sql if WRITE.match(line)]


def test_page_of_the_docs_is_current() -> None:
    page = settings.BASE_DIR / "docs" / "access.md"

    assert page.read_text(encoding="utf-8") == markdown(), (
        "run: python -m tests.access_table > docs/access.md"
    )


def _differences(world: World, row: Row) -> Iterator[str]:
    address = _address(world, row)
    for method in ("GET", "POST"):
        expected = row.expected(method)
        for role in ROLES:
            got = _answer(world.clients[role], method, address)
            if got not in expected[role].split("|"):
                yield f"{method} {row.path} as {role}: {got}, not {expected[role]}"


def _answer(client: Client, method: str, address: str) -> str:
    """What this client gets; whatever the request changed is undone."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        response = client.generic(method, address)
        transaction.set_rollback(True)
    client.cookies = cookies
    is_door = response.headers.get("Location", "").startswith(SIGN_IN)
    return "in" if is_door else str(response.status_code)


def _address(world: World, row: Row) -> str:
    return re.sub(r"<(\w+)>", lambda name: world.names[name[1]], row.path)


def _view_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """Names of all addresses; of the admin only its door and its first page."""
    for pattern in resolver.url_patterns:
        if not isinstance(pattern, URLResolver):
            yield f"{namespace}:{pattern.name}" if namespace else str(pattern.name)
        elif pattern.namespace == "admin":
            yield from ("admin:index", "admin:login")
        else:
            yield from _view_names(pattern, pattern.namespace or namespace)
