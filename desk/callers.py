"""Booking for someone on the telephone, in one transaction."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from accounts.callers import find_or_create_caller
from accounts.models import User
from accounts.services import find_or_create_firm
from booking.models import Offering, Reservation, WaitingEntry
from core.transactions import atomic_retrying
from courses.services.enrolment import apply_for_draw, enrol, join_waiting_list


@atomic_retrying
def book_caller(
    *,
    run_id: int,
    phone: str,
    name: str,
    by: User,
    key: UUID,
    now: dt.datetime,
    firm: str = "",
    gender: str = "",
    job: str = "",
) -> Reservation:
    """A confirmed place for a caller, also outside the booking window.

    `phone` is E.164. The same form sent twice gives the same place. When the place is
    refused nobody is written down. Raises what `enrol` raises.
    """
    workshop = find_or_create_firm(name=firm) if firm else None
    person = find_or_create_caller(
        name=name, phone=phone, firm=workshop, gender=gender, job=job, by=by, now=now
    )
    booked = enrol(
        run_id=run_id, booker=by, people=[person], key=key, now=now, by_centre=True
    )
    return booked[0]


@atomic_retrying
def queue_caller(
    *,
    run_id: int,
    phone: str,
    name: str,
    by: User,
    key: UUID,
    now: dt.datetime,
    firm: str = "",
    gender: str = "",
    job: str = "",
) -> WaitingEntry:
    """A turn in the line, or an application where places are given by draw.

    Raises what `join_waiting_list` and `apply_for_draw` raise.
    """
    workshop = find_or_create_firm(name=firm) if firm else None
    person = find_or_create_caller(
        name=name, phone=phone, firm=workshop, gender=gender, job=job, by=by, now=now
    )
    is_draw = Offering.objects.filter(course_run=run_id, awaits_draw=True).exists()
    stand = apply_for_draw if is_draw else join_waiting_list
    return stand(run_id=run_id, booker=by, people=[person], key=key, now=now)
