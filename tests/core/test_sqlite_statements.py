"""SQLite's driver keeps what it prepared, however many other statements there were."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="the driver is SQLite's"
)

# The driver keeps 100 unless it is told otherwise.
OTHERS = 150
SQLITE_OK = 0


@pytest.mark.django_db
def test_a_statement_is_prepared_once_among_many_others() -> None:
    fresh = connection.get_new_connection(connection.get_connection_params())
    prepared: list[Any] = []

    def allow(*action: Any) -> int:
        # SQLite asks for leave while it prepares, not while it runs.
        prepared.append(action)
        return SQLITE_OK

    fresh.set_authorizer(allow)
    for number in range(OTHERS):
        fresh.execute(f"SELECT 1 AS other_{number}").fetchall()
    fresh.execute("SELECT 1 AS hot").fetchall()
    fresh.execute("SELECT 1 AS late").fetchall()
    assert len(prepared) >= OTHERS + 2

    prepared.clear()
    fresh.execute("SELECT 1 AS hot").fetchall()
    fresh.execute("SELECT 1 AS late").fetchall()
    fresh.close()
    assert prepared == []


@pytest.mark.django_db
def test_placeholders_of_both_kinds_and_literal_percents() -> None:
    with connection.cursor() as cursor:
        for _again in range(2):
            cursor.execute("SELECT %s, '100%%', %s", ["first", "last"])
            assert cursor.fetchone() == ("first", "100%", "last")
            cursor.execute("SELECT %(a)s, '100%%', %(b)s", {"a": 1, "b": 2})
            assert cursor.fetchone() == (1, "100%", 2)
