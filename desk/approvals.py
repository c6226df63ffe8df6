"""Requests that wait for the staff, with what one needs to decide about them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _

from booking.models import Reservation, ReservationQuerySet, ReservationState
from courses.models import CourseRun

THING = (
    "offering__course_run__course",
    "offering__meeting__service",
    "offering__meeting__consultant__teaching_profile__person",
)


@dataclass(frozen=True)
class Request:
    """One request: who asks for what, why it is asked, and the person's past here."""

    reservation: Reservation
    completed: list[str]
    missed: list[Reservation]
    now: dt.datetime
    error: str = ""
    typed: str = ""

    @property
    def is_overdue(self) -> bool:
        """Whether its deadline is over and only the tick has not ended it yet."""
        until = self.reservation.approval_until
        return until is not None and until <= self.now


def open_requests() -> ReservationQuerySet:
    """Everything that waits for a decision, the nearest deadline first."""
    return Reservation.objects.pending().order_by("approval_until", "pk")


def requests_with_past(
    now: dt.datetime, *, failed: int = 0, error: str = "", typed: str = ""
) -> list[Request]:
    """All open requests for their page, in a fixed number of queries.

    `failed` is the key of the one whose decision was refused with `error`; what was
    `typed` is kept.
    """
    rows = list(
        open_requests().select_related(
            "person__firm", "person__user", "party__booked_by__person", *THING
        )
    )
    people = {row.person_id for row in rows}
    completed, missed = _completed(people), _missed(people)
    return [
        Request(
            row,
            completed[row.person_id],
            missed[row.person_id],
            now,
            error if row.pk == failed else "",
            typed if row.pk == failed else "",
        )
        for row in rows
    ]


def title_of(reservation: Reservation) -> str:
    """What a place is in; uses what THING has read."""
    offering = reservation.offering
    run = getattr(offering, "course_run", None)
    if run is not None:
        return str(run.title)
    meeting = getattr(offering, "meeting", None)
    return str(meeting.service.title) if meeting else _("Booking")


def _completed(people: Iterable[int | None]) -> dict[int | None, list[str]]:
    """Titles of the courses that each person has completed."""
    done = CourseRun.objects.filter(
        offering__reservations__person__in=people,
        offering__reservations__state=ReservationState.COMPLETED,
    ).select_related("course")
    found: dict[int | None, list[str]] = defaultdict(list)
    for run in done.annotate(who=F("offering__reservations__person")).order_by("pk"):
        found[run.who].append(run.title)
    return found


def _missed(people: Iterable[int | None]) -> dict[int | None, list[Reservation]]:
    """What each person did not come to, newest first, forgiven ones too."""
    rows = Reservation.objects.filter(
        person__in=people, state=ReservationState.NO_SHOW
    ).select_related("forgiven", *THING)
    found: dict[int | None, list[Reservation]] = defaultdict(list)
    for row in rows.order_by("-offering__starts_at", "-pk"):
        found[row.person_id].append(row)
    return found
