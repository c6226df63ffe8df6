"""What everybody wants at the same moment; runs inside a writer's process."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import suppress
from uuid import uuid4

from django.utils import timezone

from accounts.models import Person, User
from booking.services.transfers import transfer
from consulting.services.appointments import confirm_appointment, hold_slot
from core.exceptions import Busy
from courses.models import CourseRun
from courses.services import enrolment


def take_place(run: int, user: int, person: int, gap: float) -> list[int]:
    """Book a place; with a gap, hold it first and fill in the form for so long."""
    booker = User.objects.get(pk=user)
    if gap:
        enrolment.hold_place(run_id=run, booker=booker, now=timezone.now())
        time.sleep(gap)
    rows = enrolment.enrol(
        run_id=run,
        booker=booker,
        people=[Person.objects.get(pk=person)],
        key=uuid4(),
        now=timezone.now(),
    )
    return [row.pk for row in rows]


def take_time(
    service: int, start: str, user: int, person: int, gap: float
) -> list[int]:
    """Hold a time and make an appointment of it after the gap (seconds).

    By the centre, which may give one person any number: there are many rounds.
    """
    booker = User.objects.get(pk=user)
    party = hold_slot(
        service_id=service,
        mode="phone",
        consultant_id=None,
        starts_at=dt.datetime.fromisoformat(start),
        booker=booker,
        now=timezone.now(),
    )
    time.sleep(gap)
    row = confirm_appointment(
        party_id=party.pk,
        booker=booker,
        person=Person.objects.get(pk=person),
        answers={},
        key=uuid4(),
        now=timezone.now(),
        by_centre=True,
    )
    return [row.pk]


def change_run(reservation: int, run: int) -> list[int]:
    """Move a place to another run; who is told to come back does so."""
    for _attempt in range(5):
        with suppress(Busy):
            return _change_run(reservation, run)
        time.sleep(1)
    raise Busy


def _change_run(reservation: int, run: int) -> list[int]:
    offering = CourseRun.objects.values_list("offering_id", flat=True).get(pk=run)
    rows = transfer(
        reservation_ids=[reservation],
        to_offering_id=offering,
        by=None,
        now=timezone.now(),
    )
    return [row.pk for row in rows]
