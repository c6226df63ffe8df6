"""Keys of rows before they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from booking.models import Draw, Offering, Party
from core.exceptions import Busy
from core.keys import BLOCK, SOON_SECONDS, next_keys
from core.sqlite3.queue import WriterQueue
from tests.consulting.races import at_once
from tests.factories import NOW, make_offering, make_user
from tests.support.site import Site

IN_A_CHILD_TOO = """
import json, os
from django.db import connection
from booking.models import Party
from core.keys import next_keys
own = next_keys(Party, 1)
reading, writing = os.pipe()
connection.close()
if os.fork() == 0:
    os.write(writing, json.dumps(next_keys(Party, 1)).encode())
    os._exit(0)
os.wait()
print(json.dumps([*own, *next_keys(Party, 1), *json.loads(os.read(reading, 99))]))
"""


def write_party(offering: Offering, reference: str, key: int | None = None) -> int:
    party = Party.objects.create(
        pk=key,
        offering=offering,
        booked_by=make_user(),
        reference=reference,
        size=1,
        created_at=NOW,
    )
    return party.pk


@pytest.mark.django_db(transaction=True)
def test_keys_beside_those_of_the_database_never_meet() -> None:
    offering = make_offering()
    known = [
        write_party(offering, f"A{number}", key)
        for number, key in enumerate(next_keys(Party, 2 * BLOCK + 3))
    ]
    others = [write_party(offering, f"B{number}") for number in range(5)]
    late = next_keys(Party, BLOCK)

    assert known == sorted(known)
    assert len({*known, *others, *late}) == len(known) + 5 + BLOCK


@pytest.mark.django_db(transaction=True)
def test_threads_get_keys_of_their_own() -> None:
    got = at_once(lambda number: next_keys(Party, number), [1, 2, 3, 5, 8, 13, 21, 34])
    keys = [key for found in got for key in found]

    assert [len(found) for found in got] == [1, 2, 3, 5, 8, 13, 21, 34]
    assert len(set(keys)) == len(keys)


@pytest.mark.django_db(transaction=True)
def test_a_block_of_a_transaction_that_failed_is_not_kept() -> None:
    offering = make_offering()
    next_keys(Party, BLOCK - 1)
    with pytest.raises(RuntimeError), transaction.atomic():
        next_keys(Party, BLOCK)
        raise RuntimeError
    written = [write_party(offering, f"A{number}") for number in range(BLOCK)]

    assert not {*written} & {*next_keys(Party, BLOCK), *next_keys(Party, 1)}


@pytest.mark.django_db(transaction=True)
def test_most_keys_need_no_statement(django_assert_max_num_queries: Any) -> None:
    next_keys(Party, BLOCK)
    # With BEGIN and COMMIT, and on SQLite the first row of the counter.
    with django_assert_max_num_queries(4):
        for _number in range(BLOCK):
            next_keys(Party, 1)


@pytest.mark.django_db(transaction=True)
def test_what_was_not_used_soon_is_never_used() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        next_keys(Party, BLOCK)
        (first,) = next_keys(Party, 1)
        clock.shift(SOON_SECONDS - 1)
        (soon,) = next_keys(Party, 1)
        clock.shift(2)
        (late,) = next_keys(Party, 1)

    assert soon == first + 1
    assert late == first + BLOCK


@pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL has a counter from the start"
)
@pytest.mark.django_db(transaction=True)
def test_a_table_that_never_had_a_row_begins_with_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'booking_draw'")

    assert next_keys(Draw, 2) == [1, 2]


def test_a_child_process_gets_keys_of_its_own(
    live_site: Callable[..., Site],
) -> None:
    keys = json.loads(live_site(workers=0).python(IN_A_CHILD_TOO))
    assert len(set(keys)) == 3


@pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL's counters lock nobody out"
)
@pytest.mark.django_db(transaction=True)
def test_keys_that_cannot_be_fetched_say_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    next_keys(Party, BLOCK)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    holder = WriterQueue(connection.queue.path)  # type: ignore[attr-defined]
    holder.wait(1)

    with pytest.raises(Busy):
        next_keys(Party, 1)

    holder.close()
    assert next_keys(Party, 1)
