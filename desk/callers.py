"""Booking for someone on the telephone, in one transaction."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from accounts.callers import find_or_create_caller
from accounts.models import Person, User
from accounts.services import find_or_create_firm
from booking.models import Offering, Reservation, WaitingEntry
from booking.overlaps import require_no_overlap
from core.transactions import atomic_retrying
from courses.models import CourseRun
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
    overlap_ok: bool = False,
) -> Reservation:
    """A confirmed place for a caller, also outside the booking window.

    `phone` is E.164. The same form sent twice gives the same place. When the place is
    refused nobody is written down. Raises what `enrol` raises, and booking's
    Overlapping unless the caller says that it is meant (`overlap_ok`).
    """
    workshop = find_or_create_firm(name=firm) if firm else None
    person = find_or_create_caller(
        name=name, phone=phone, firm=workshop, gender=gender, job=job, by=by, now=now
    )
    _warn(run_id, person, now, is_accepted=overlap_ok)
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
    overlap_ok: bool = False,
) -> WaitingEntry:
    """A turn in the line, or an application where places are given by draw.

    Raises what `join_waiting_list` and `apply_for_draw` raise, and Overlapping as
    `book_caller` does.
    """
    workshop = find_or_create_firm(name=firm) if firm else None
    person = find_or_create_caller(
        name=name, phone=phone, firm=workshop, gender=gender, job=job, by=by, now=now
    )
    _warn(run_id, person, now, is_accepted=overlap_ok)
    is_draw = Offering.objects.filter(course_run=run_id, awaits_draw=True).exists()
    stand = apply_for_draw if is_draw else join_waiting_list
    return stand(run_id=run_id, booker=by, people=[person], key=key, now=now)


def _warn(run_id: int, person: Person, now: dt.datetime, *, is_accepted: bool) -> None:
    """Tell reception once what else the caller has at that time."""
    run = CourseRun.objects.get(pk=run_id)
    require_no_overlap(
        person=person,
        seen_by=None,
        intervals=run.intervals_after(now),
        ignoring_offering=run.offering_id,
        is_accepted=is_accepted,
    )
