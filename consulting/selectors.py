"""What other pages ask of consulting."""

from __future__ import annotations

import datetime as dt

from accounts.models import Person
from consulting.models import Meeting, MeetingQuerySet


def day_of(person: Person, on: dt.date) -> list[Meeting]:
    """A consultant's booked meetings of one day (wall date), in order."""
    return list(booked_meetings().filter(consultant=person, wall_on=on))


def upcoming_of(person: Person, now: dt.datetime) -> list[Meeting]:
    """A consultant's booked meetings that are not over, in order."""
    return list(booked_meetings().filter(consultant=person, ends_at__gt=now))


def week_of(first_on: dt.date, person: Person | None = None) -> list[Meeting]:
    """Booked meetings of seven days, of one consultant or of all."""
    days = booked_meetings().filter(
        wall_on__gte=first_on, wall_on__lt=first_on + dt.timedelta(days=7)
    )
    return list(days.filter(consultant=person) if person else days)


def booked_meetings() -> MeetingQuerySet:
    """Live meetings that somebody booked, with all that a list shows of them."""
    return (
        Meeting.objects.live()
        .with_confirmed_people()
        .select_related("service", "room", "consultant__teaching_profile", "offering")
        .prefetch_related("offering__reservations__person")
        .order_by("starts_at", "pk")
    )
