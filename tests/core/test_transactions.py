from __future__ import annotations

import pytest
from django.db import connection

from core.exceptions import Busy
from core.transactions import atomic_retrying


@atomic_retrying
def wait_too_long() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 50")
        cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_beyond_the_statement_timeout_is_told_to_come_back() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no statement timeout")

    with pytest.raises(Busy):
        wait_too_long()
