"""Classes and meetings of some days, for an instructor or for the whole centre."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Person
from booking.models import SEATED, Reservation, ReservationState
from consulting.models import Meeting
from courses.models import ClassSession, RunState

# A place that is only held while somebody types is nobody yet.
COMING = tuple(set(SEATED) - {ReservationState.HELD})


@dataclass(frozen=True)
class ClassRow:
    """A class session: who is expected, and whose first visit it is."""

    session: ClassSession
    expected: int
    newcomers: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class MeetingRow:
    """A meeting and the people who come."""

    meeting: Meeting
    bookings: list[Reservation]
    new_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Days:
    """Everything of an interval, by time."""

    classes: list[ClassRow]
    meetings: list[MeetingRow]

    @property
    def is_empty(self) -> bool:
        return not self.classes and not self.meetings


def day_bounds(on: dt.date, days: int = 1) -> tuple[dt.datetime, dt.datetime]:
    """Midnight to midnight of the wall clock, aware."""
    first = dt.datetime.combine(on, dt.time())
    return (
        timezone.make_aware(first),
        timezone.make_aware(first + dt.timedelta(days=days)),
    )


def classes_between(
    from_at: dt.datetime, to_at: dt.datetime, person: Person | None = None
) -> QuerySet[ClassSession]:
    """Class sessions of published runs, of one instructor when given, by time."""
    coming = Q(
        run__offering__reservations__state__in=COMING,
        run__offering__reservations__person__isnull=False,
    )
    rows = ClassSession.objects.planned().filter(run__state=RunState.PUBLISHED)
    if person is not None:
        rows = rows.taught_by(person)
    return (
        rows.between(from_at, to_at)
        .select_related("run__course", "room", "run__offering")
        .annotate(
            expected=Count("run__offering__reservations", filter=coming, distinct=True)
        )
    )


def meetings_between(
    from_at: dt.datetime, to_at: dt.datetime, person: Person | None = None
) -> QuerySet[Meeting]:
    """Meetings that somebody booked, of one consultant when given, by time."""
    rows = Meeting.objects.live().with_confirmed_people().between(from_at, to_at)
    if person is not None:
        rows = rows.filter(consultant=person)
    people = (
        Reservation.objects.filter(state__in=COMING)
        .select_related("person__firm", "party__booked_by__person")
        .order_by("pk")
    )
    return rows.select_related(
        "service", "room", "consultant__teaching_profile__person", "offering"
    ).prefetch_related(
        Prefetch("offering__reservations", queryset=people, to_attr="coming")
    )


def unmarked(meetings: Iterable[Meeting]) -> list[MeetingRow]:
    """Those meetings of which nobody said who came."""
    return [
        MeetingRow(meeting, _coming(meeting))
        for meeting in meetings
        if any(b.state == ReservationState.CONFIRMED for b in _coming(meeting))
    ]


def days_of(sessions: Iterable[ClassSession], meetings: Iterable[Meeting]) -> Days:
    """Classes and meetings with the newcomers among those who come."""
    sessions, meetings = list(sessions), list(meetings)
    offerings = [s.run.offering_id for s in sessions]
    enrolled = _enrolled(offerings) if offerings else []
    in_meetings = [r for meeting in meetings for r in _coming(meeting)]
    new_ids = newcomers([*enrolled, *in_meetings])
    new_in: dict[int, list[Person]] = {pk: [] for pk in offerings}
    for booking in enrolled:
        if booking.person and booking.pk in new_ids:
            new_in[booking.offering_id].append(booking.person)
    return Days(
        classes=[
            ClassRow(s, s.expected, new_in[s.run.offering_id])  # type: ignore[attr-defined]
            for s in sessions
        ],
        meetings=[MeetingRow(m, _coming(m), new_ids) for m in meetings],
    )


def _enrolled(offerings: list[int]) -> list[Reservation]:
    rows = Reservation.objects.filter(offering__in=offerings, state__in=COMING)
    return list(rows.filter(person__isnull=False).select_related("person"))


def _coming(meeting: Meeting) -> list[Reservation]:
    coming: list[Reservation] = getattr(meeting.offering, "coming", [])
    return coming


def newcomers(bookings: Iterable[Reservation]) -> frozenset[int]:
    """Keys of those bookings whose person never booked anything before."""
    bookings = list(bookings)
    if not bookings:
        return frozenset()
    first: dict[int, int] = {}
    rows = Reservation.objects.filter(
        person__in={b.person_id for b in bookings}, state__in=COMING
    ).values_list("person_id", "pk")
    for person_id, pk in rows:
        first[person_id] = min(pk, first.get(person_id, pk))
    return frozenset(b.pk for b in bookings if first.get(b.person_id or 0) == b.pk)
