"""The intake form: who comes, who books, and the time, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from accounts.applicants import Applicant, person_who_comes
from accounts.models import Person, User
from booking import overlaps
from booking.models import Reservation, ReservationState
from booking.services.needs import require_told
from consulting.exceptions import TimeMoved
from consulting.models import Meeting, Service
from consulting.services.appointments import (
    confirm_appointment,
    hold_slot,
    live_hold,
    slot_of,
)
from consulting.services.eligibility import needs_of
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying


@dataclass(frozen=True)
class Wish:
    """The time that the form is about; without a consultant, whoever is free."""

    service_id: int
    mode: str
    consultant_id: int | None
    starts_at: dt.datetime


@atomic_retrying
def apply_for_appointment(
    *,
    wish: Wish,
    booker: User,
    applicant: Applicant,
    answers: Mapping[int, str],
    key: UUID,
    now: dt.datetime,
    accepts_overlap: bool = False,
    statement: str = "",
    told_needs: Collection[str] = (),
) -> Reservation:
    """Make an appointment of the booker's hold, or of the free time itself.

    Where the staff decide it is a request with the `statement`; `told_needs` are the
    reasons that the form has shown. The same form sent twice gives the same
    appointment, and makes one person. Raises SlotTaken, TimeMoved when the centre moved
    the held hour, TooManyOpen, ConsultingError without an answer, AccountsError without
    consent or a name, booking's Overlapping unless the booker accepts that, and
    ApprovalNeeded for a reason that was not shown.
    """
    told = {
        **asdict(wish),
        **applicant.identity(),
        "answers": dict(answers),
        "statement": statement,
    }
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="apply_appointment",
        digest=form_digest(told),
        now=now,
    )
    if record.result_id:
        return Reservation.objects.get(pk=record.result_id)
    person = person_who_comes(booker=booker, applicant=applicant, now=now)
    reservation = _same_again(wish, booker, person)
    if reservation is None:
        service = Service.objects.get(pk=wish.service_id)
        require_told(needs_of(service, person, now, statement), told_needs)
        _require_not_moved(wish, booker, now)
        party = hold_slot(booker=booker, now=now, **asdict(wish))
        meeting = party.offering.meeting
        overlaps.require_no_overlap(
            person=person,
            seen_by=booker,
            intervals=[(meeting.starts_at, meeting.ends_at)],
            ignoring_offering=party.offering_id,
            is_accepted=accepts_overlap,
        )
        reservation = confirm_appointment(
            party_id=party.pk,
            booker=booker,
            person=person,
            answers=answers,
            key=key,
            now=now,
            statement=statement,
            shown_at=wish.starts_at,
        )
    record.remember(reservation.pk)
    return reservation


def moved_hold(wish: Wish, booker: User, now: dt.datetime) -> Meeting | None:
    """The hour that the booker holds, when the centre moved it away from this time."""
    party = live_hold(booker, now)
    if party is None:
        return None
    meeting: Meeting = party.offering.meeting
    if (meeting.service_id, meeting.mode) != (wish.service_id, wish.mode):
        return None
    moves = meeting.changes.filter(
        at__gte=party.created_at, from_starts_at=wish.starts_at
    )
    is_elsewhere = meeting.starts_at != wish.starts_at
    return meeting if is_elsewhere and moves.exists() else None


def _require_not_moved(wish: Wish, booker: User, now: dt.datetime) -> None:
    """Nobody gets another time, or loses their place in it, without having seen it."""
    meeting = moved_hold(wish, booker, now)
    if meeting is not None:
        raise TimeMoved(slot_of(meeting))


def _same_again(wish: Wish, booker: User, person: Person) -> Reservation | None:
    """The form was opened and sent once more after it had succeeded."""
    return Reservation.objects.filter(
        party__booked_by=booker,
        person=person,
        state__in=[ReservationState.PENDING, ReservationState.CONFIRMED],
        offering__meeting__service=wish.service_id,
        offering__meeting__starts_at=wish.starts_at,
    ).first()
