"""Who will be late, for which class or appointment."""

from __future__ import annotations

import datetime as dt

from booking.models import OfferingKind, Reservation
from consulting import replies as consulting
from consulting.models import Meeting
from core.transactions import atomic_retrying
from courses import replies as courses
from courses.models import ClassSession
from desk.models import TaskKind
from desk.tasks import open_task


def late_for(
    reservation: Reservation, now: dt.datetime
) -> ClassSession | Meeting | None:
    """What one may be late for: it begins within three hours, or runs."""
    if reservation.offering.kind == OfferingKind.MEETING:
        return consulting.late_meeting(reservation, now)
    return courses.late_session(reservation, now)


@atomic_retrying
def say_late(reservation: Reservation, *, now: dt.datetime) -> bool:
    """Tell who teaches or advises, and reception; False when nothing begins soon."""
    thing = late_for(reservation, now)
    if thing is None:
        return False
    is_class = isinstance(thing, ClassSession)
    if is_class:
        courses.say_late(session_id=thing.pk, reservation_id=reservation.pk, now=now)
    else:
        consulting.say_late(reservation_id=reservation.pk, now=now)
    open_task(
        kind=TaskKind.LATE,
        key=f"late:{thing._meta.model_name}:{thing.pk}:{reservation.pk}",
        now=now,
        phone=reservation.person.contact_phone if reservation.person else "",
        reservation=reservation,
        class_session=thing if is_class else None,
        meeting=None if is_class else thing,
        due_at=thing.starts_at,
    )
    return True
