"""Why the time of consulting is locked in one step: in two, changes wait in circles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from booking import ledger
from booking.models import Party
from consulting.models import Meeting, Service
from consulting.services.appointments import hold_slot
from tests.consulting.helpers import at, violations
from tests.factories import NOW, make_consultant, make_service, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite has one writer, no row locks"
    ),
]
# Long enough for the other one to lock, short where it has to wait for us.
SECONDS = 2


def hold(service: Service, user: User, hour: int) -> Party:
    return hold_slot(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=at(hour),
        booker=user,
        now=NOW,
    )


class Pausing:
    """Lets a thread wait for the other one after its first lock of resources."""

    def __init__(self) -> None:
        self.both_locked = threading.Barrier(2)
        self.deadlocks = 0

    def __call__(self, act: Callable[[], Any]) -> threading.Thread:
        waited: list[bool] = []

        def run(execute: Any, sql: str, *rest: Any) -> Any:
            try:
                result = execute(sql, *rest)
            except OperationalError as error:
                self.deadlocks += "deadlock" in str(error)
                raise
            if "booking_resource" in sql and "NO KEY UPDATE" in sql and not waited:
                waited.append(True)
                with suppress(threading.BrokenBarrierError):
                    self.both_locked.wait(SECONDS)
            return result

        def work() -> None:
            try:
                with connection.execute_wrapper(run):
                    act()
            finally:
                connection.close()

        return threading.Thread(target=work)


def swap() -> int:
    """Two people give their hour up for a later one with the other's consultant.

    Gives how many deadlocks the database broke.
    """
    services = [make_service(consultants=[make_consultant()]) for _ in range(2)]
    users = [make_user(), make_user()]
    for service, user in zip(services, users, strict=True):
        hold(service, user, 10)
    pausing = Pausing()
    threads = [
        pausing(lambda service=service, user=user: hold(service, user, 11))
        for service, user in zip(reversed(services), users, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return pausing.deadlocks


def test_who_change_hours_at_once_do_not_wait_in_a_circle() -> None:
    assert swap() == 0
    assert Meeting.objects.live().count() == 2
    assert violations() == []


def test_control_locked_in_two_steps_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_shared", [])

    assert swap() > 0
