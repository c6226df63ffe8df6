"""What a reader has in a run already: a place, a turn, places kept for the form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from accounts.access import person_of
from accounts.models import User
from booking.models import STANDING, Party, Reservation, ReservationState
from core.compiled import KEY, MOMENT, Given, Select
from courses.models import CourseRun

HOLDS_REMEMBERED = dt.timedelta(hours=2)
_FIRM = tuple(set(STANDING) - {ReservationState.HELD})
KEPT_OR_NEW = Q(party__held_until__isnull=False) | Q(
    party__created_at__gt=Given("since", MOMENT)
)
OWN_ROWS = Select(
    lambda: (
        Reservation.objects.filter(
            Q(person=Given("person", KEY), state__in=_FIRM)
            | Q(KEPT_OR_NEW, party__booked_by=Given("user", KEY)),
            offering=Given("offering", KEY),
        )
        .select_related("party")
        .order_by("pk")
    )
)


@dataclass(frozen=True)
class OwnPlace:
    """Of one reader in one run; a hold that ran out counts until it is given back.

    `was_held` says whether the newest booking was such a hold, given back or not yet.
    """

    standing: Reservation | None
    hold: Party | None
    was_held: bool

    def held_until(self, now: dt.datetime) -> dt.datetime | None:
        """The end of a hold that still runs."""
        until = self.hold.held_until if self.hold else None
        return until if until and until > now else None


def read_own_place(run: CourseRun, user: User, now: dt.datetime) -> OwnPlace:
    """One query."""
    person = person_of(user)
    rows = OWN_ROWS(
        person=person and person.pk,
        user=user.pk,
        offering=run.offering_id,
        since=now - HOLDS_REMEMBERED,
    )
    standing = (r for r in rows if person and r.person_id == person.pk)
    booked = [row for row in rows if row.party.booked_by_id == user.pk]
    return OwnPlace(
        standing=next((r for r in standing if r.state in _FIRM), None),
        hold=next((r.party for r in booked if r.party.held_until), None),
        was_held=_was_held(booked, now),
    )


def _was_held(booked: list[Reservation], now: dt.datetime) -> bool:
    recent = [r for r in booked if r.party.created_at > now - HOLDS_REMEMBERED]
    newest = max((row.party_id for row in recent), default=0)
    return any(
        row.party.held_until is not None
        or (row.state == ReservationState.EXPIRED and row.approval_until is None)
        for row in recent
        if row.party_id == newest
    )
