"""A learner's own bookings at the same time: they warn, and may be accepted.

Claims bind teachers, consultants, rooms and machines, never those who come; somebody
may well want a class that a consultation cuts into. So nothing here is locked or
written: the booker is told once, and decides.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Person, User
from booking import owners
from booking.exceptions import Overlapping
from booking.models import Reservation, ReservationQuerySet
from booking.owners import Times
from core.compiled import KEY, Given, Question, Select
from persian.jalali import format_span
from persian.text import to_reader_digits

Interval = tuple[dt.datetime, dt.datetime]
# What a page says that found another booking only when a button was pressed.
READ_THE_NOTE = gettext_lazy(
    "Read the note about the other booking, then accept again."
)
# So many are named, the others are counted: a long run may meet another one often.
NAMED = 2


def _live() -> ReservationQuerySet:
    return Reservation.objects.live().filter(person=Given("person", KEY))


def _offerings(rows: ReservationQuerySet) -> QuerySet[Reservation, tuple[str, int]]:
    return rows.values_list("offering__kind", "offering").distinct()


SEEN_BY_STAFF = Select(lambda: _offerings(_live()))
SEEN_BY_BOOKER = Select(lambda: _offerings(_live().visible_to(Given("user", KEY))))


def own_overlaps(
    *,
    person: Person | None,
    seen_by: User | None,
    intervals: Iterable[Interval],
    ignoring_offering: int | None = None,
) -> list[Times]:
    """What a person has booked at these times (UTC), by time.

    The times are asked for only when the person has other bookings at all.
    Only bookings that `seen_by` may see: whoever books for somebody else learns
    nothing about that person's other bookings. None stands for the staff, who see all.
    Turns in a waiting list do not count.
    """
    return party_overlaps(
        people=[] if person is None else [person],
        seen_by=seen_by,
        intervals=intervals,
        ignoring_offering=ignoring_offering,
    )


def party_overlaps(
    *,
    people: Sequence[Person],
    seen_by: User | None,
    intervals: Iterable[Interval],
    ignoring_offering: int | None = None,
) -> list[Times]:
    """As `own_overlaps`, of any of several people, without a question for each."""
    by_kind = defaultdict(list)
    for kind, pk in _booked(people, seen_by):
        if pk != ignoring_offering:
            by_kind[kind].append(pk)
    times = list(intervals) if by_kind else []
    if not times:
        return []
    after = min(starts_at for starts_at, _ends_at in times)
    found = [
        other
        for kind, pks in by_kind.items()
        for other in owners.times(kind, pks, after)
        if any(other.starts_at < end and other.ends_at > start for start, end in times)
    ]
    return sorted(found, key=lambda other: other.starts_at)


def _booked(people: Sequence[Person], seen_by: User | None) -> list[tuple[str, int]]:
    if not people:
        return []
    if len(people) == 1 and seen_by is None:
        return SEEN_BY_STAFF(person=people[0].pk)
    if len(people) == 1 and seen_by is not None:
        return SEEN_BY_BOOKER(person=people[0].pk, user=seen_by.pk)
    rows = Reservation.objects.live().filter(person__in=people)
    return list(_offerings(rows if seen_by is None else rows.visible_to(seen_by)))


def overlap_question(person: Person, seen_by: User) -> Question:
    """What `own_overlaps` asks first, and nearly always all that it asks."""
    return SEEN_BY_BOOKER.asking(person=person.pk, user=seen_by.pk)


def require_no_overlap(
    *,
    person: Person | None,
    seen_by: User | None,
    intervals: Iterable[Interval],
    ignoring_offering: int,
    is_accepted: bool,
) -> None:
    """Warn once; raises Overlapping unless the booker has said that it is meant."""
    if is_accepted:
        return
    found = own_overlaps(
        person=person,
        seen_by=seen_by,
        intervals=intervals,
        ignoring_offering=ignoring_offering,
    )
    if found:
        raise Overlapping(overlap_words(found))


def overlap_words(found: Sequence[Times]) -> str:
    """Names the bookings at the same time, for whoever is about to book."""
    named = [
        _("“%(title)s”: %(time)s")
        % {"title": booked.title, "time": format_span(booked.starts_at, booked.ends_at)}
        for booked in found[:NAMED]
    ]
    more = len(found) - NAMED
    if more > 0:
        named.append(
            ngettext("and once more", "and %(count)s times more", more)
            % {"count": to_reader_digits(str(more))}
        )
    words = _("There is another booking at the same time.")
    return words + " " + _("; ").join(named) + "."
