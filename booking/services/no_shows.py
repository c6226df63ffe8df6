"""The ladder of those who do not come.

Who did not come twice within a year needs approval for each booking, until they came to
one that was approved for that reason, until the year has passed, or until the staff
forgive. The numbers are the settings HIDAJ_NO_SHOWS_BEFORE_APPROVAL and
HIDAJ_NO_SHOW_DAYS.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking import seats
from booking.exceptions import BookingError, ReasonNeeded
from booking.models import (
    ApprovalReason,
    NoShowForgiven,
    Reservation,
    ReservationQuerySet,
    ReservationState,
)
from booking.owners import Event, tell
from core.compiled import KEY, MOMENT, Given, Question, Select
from core.transactions import atomic_retrying


def counted(person: Person, now: dt.datetime) -> ReservationQuerySet:
    """The no-shows of a person that count today, oldest first."""
    came_at = _came_after_approval(person)
    rows = _missed([person.pk], now)
    if came_at is not None:
        rows = rows.filter(offering__starts_at__gt=came_at)
    return rows.order_by("offering__starts_at", "pk")


def _missed(person_ids: list[int], now: dt.datetime) -> ReservationQuerySet:
    return _unforgiven(_since(now)).filter(person__in=person_ids)


def _since(now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(days=settings.HIDAJ_NO_SHOW_DAYS)


def _unforgiven(since: dt.datetime | Given) -> ReservationQuerySet:
    return Reservation.objects.filter(
        state=ReservationState.NO_SHOW, forgiven=None, offering__starts_at__gte=since
    )


# What nearly everybody has none of; who has some is looked at closely.
MISSED = Select(
    lambda: (
        _unforgiven(Given("since", MOMENT))
        .filter(person=Given("person", KEY))
        .values_list("pk", flat=True)
    )
)


def _came_after_approval(person: Person) -> dt.datetime | None:
    """When the person last came to something that was approved despite no-shows."""
    came = Reservation.objects.filter(
        person=person,
        state=ReservationState.COMPLETED,
        approval_for__contains=ApprovalReason.NO_SHOWS,
    )
    at: dt.datetime | None = came.aggregate(at=Max("offering__starts_at"))["at"]
    return at


def needing_approval(people: Iterable[Person], now: dt.datetime) -> set[int]:
    """Keys of those whose next booking needs approval because of no-shows.

    One query as long as nobody has missed so much.
    """
    limit = settings.HIDAJ_NO_SHOWS_BEFORE_APPROVAL
    rows = _missed([person.pk for person in people], now).order_by()
    often = rows.values("person").annotate(n=Count("pk")).filter(n__gte=limit)
    found = Person.objects.filter(pk__in=often.values_list("person", flat=True))
    return {p.pk for p in found if counted(p, now).count() >= limit}


def needs_approval(person: Person, now: dt.datetime) -> bool:
    """Whether the next booking of a person needs approval because of no-shows."""
    missed = len(MISSED(person=person.pk, since=_since(now)))
    return missed >= settings.HIDAJ_NO_SHOWS_BEFORE_APPROVAL and bool(
        needing_approval([person], now)
    )


def no_show_question(person: Person, now: dt.datetime) -> Question:
    """What `needs_approval` asks first, and of nearly everybody all that it asks."""
    return MISSED.asking(person=person.pk, since=_since(now))


@atomic_retrying
def forgive(
    *, reservation_id: int, by: User, reason: str, now: dt.datetime
) -> NoShowForgiven:
    """Do not count a no-show any more, and tell the person; twice is quiet.

    Nothing is deleted: the reservation keeps its state, and the row says who, when and
    why. Raises ReasonNeeded, and BookingError for what is no no-show.
    """
    offering_id = Reservation.objects.values_list("offering_id", flat=True).get(
        pk=reservation_id
    )
    seats.lock_one(offering_id)
    reservation = Reservation.objects.select_related(
        "offering", "person", "party__booked_by"
    ).get(pk=reservation_id)
    before = NoShowForgiven.objects.filter(reservation=reservation).first()
    if before is not None:
        return before
    if reservation.state != ReservationState.NO_SHOW:
        raise BookingError(_("There is nothing to forgive here."), code="no_no_show")
    if not reason.strip():
        raise ReasonNeeded
    row = NoShowForgiven.objects.create(
        reservation=reservation, at=now, by=by, reason=reason
    )
    if reservation.person is not None:
        tell(Event.NO_SHOW_LIFTED, reservation, now)
    return row
