"""About whose appointments the staff decide."""

from __future__ import annotations

import datetime as dt

from accounts.models import Person
from booking.models import ApprovalReason
from booking.services import no_shows
from booking.services.needs import Need
from consulting.models import Service


def reasons_for(
    service: Service, person: Person | None, now: dt.datetime
) -> tuple[str, ...]:
    """Why the staff decide about a person's appointment; empty when they need not.

    For somebody unknown (None): what holds for a person without any past.
    """
    reasons = [ApprovalReason.ALWAYS] if service.needs_approval else []
    if person is not None and no_shows.needs_approval(person, now):
        reasons.append(ApprovalReason.NO_SHOWS)
    return tuple(reasons)


def needs_of(
    service: Service, person: Person, now: dt.datetime, statement: str = ""
) -> dict[int, Need]:
    """What booking is told of one person: a need, or nothing."""
    reasons = reasons_for(service, person, now)
    return {person.pk: Need(reasons, statement)} if reasons else {}
