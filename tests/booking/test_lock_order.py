"""Why offerings are locked in primary-key order: in another order they collide."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection, transaction

from booking import seats
from booking.models import Offering
from core.transactions import is_retryable
from tests.factories import make_offering

pytestmark = pytest.mark.django_db(transaction=True)


def race(lock_both: list[list[int]], *, in_order: bool) -> list[bool]:
    """Two transactions lock the same two rows; says which faults were of locks."""
    both_hold_one = threading.Barrier(2)
    faults: list[bool] = []

    def lock(pks: list[int]) -> None:
        try:
            with transaction.atomic():
                if in_order:
                    both_hold_one.wait(10)
                    seats.lock(pks)
                    return
                Offering.objects.select_for_update().get(pk=pks[0])
                both_hold_one.wait(10)
                Offering.objects.select_for_update().get(pk=pks[1])
        except OperationalError as error:
            faults.append(is_retryable(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=lock, args=[pks]) for pks in lock_both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer, no row locks"
)
def test_rows_locked_as_they_come_collide_and_in_order_they_do_not() -> None:
    pair = [make_offering().pk, make_offering().pk]
    crossed = [pair, pair[::-1]]

    assert race(crossed, in_order=False) == [True]
    assert race(crossed, in_order=True) == []
