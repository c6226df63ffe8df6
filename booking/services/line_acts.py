"""What staff may do with a line, and a party with its own turn.

Nothing here lets anybody choose who comes next: an act ends a turn, gives more time,
or passes the word of somebody who called.
"""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from booking import seats
from booking.deadlines import LAST_ANSWER_BEFORE_START
from booking.exceptions import LineActRefused, OfferGone
from booking.models import (
    EntryState,
    Offer,
    OfferState,
    Reservation,
    ReservationState,
    WaitingEntry,
)
from booking.owners import Event, tell
from booking.services import waiting
from booking.states import change_offer, change_reservation, extend_deadline
from core.transactions import atomic_retrying


@atomic_retrying
def withdraw_entry(
    *, entry_id: int, by: User | None, reason: str, now: dt.datetime
) -> None:
    """End a turn by the centre; its people hear why, and the next one is asked.

    Quiet when the turn ended before. Raises LineActRefused without a reason.
    """
    if not reason.strip():
        raise LineActRefused.no_reason()
    offering_id = WaitingEntry.objects.values_list("offering_id", flat=True).get(
        pk=entry_id
    )
    offering = seats.lock_one(offering_id)
    entry = WaitingEntry.objects.select_related("party").get(pk=entry_id)
    if entry.ended_at is None:
        waiting.withdraw(entry, offering, by=by, reason=reason.strip(), now=now)
        waiting.fill(offering, now=now)
        waiting.tell_if_empty(offering, now)


@atomic_retrying
def extend_offer(
    *, offer_id: int, until: dt.datetime, by: User | None, now: dt.datetime
) -> Offer:
    """Give a party more time to answer (aware moment), and tell it.

    Raises OfferGone, and LineActRefused for a moment that is no later than the
    deadline or too near to the start.
    """
    offer, offering = waiting.locked_offer(offer_id)
    if offer.state != OfferState.OPEN or offer.expires_at <= now:
        raise OfferGone
    if until <= offer.expires_at:
        raise LineActRefused.not_later()
    starts_at = offering.starts_at
    if starts_at is not None and until > starts_at - LAST_ANSWER_BEFORE_START:
        raise LineActRefused.too_near()
    extend_deadline(offer, until, by=by, now=now)
    for reservation in waiting.waiting_reservations(offer.entry):
        tell(Event.OFFER_EXTENDED, reservation, now)
    return offer


@atomic_retrying
def let_offer_pass(*, offer_id: int, by: User | None, now: dt.datetime) -> None:
    """A party wants to wait on: the places go to the next one before the deadline.

    It counts like a silence: behind those who never let an offer pass, out after two.
    Quiet when done before; raises OfferGone when the offer ended otherwise.
    """
    offer, offering = waiting.locked_offer(offer_id)
    if offer.state == OfferState.WITHDRAWN:
        return
    if offer.state != OfferState.OPEN:
        raise OfferGone
    change_offer(offer, OfferState.WITHDRAWN, by=by, now=now, reason="passed")
    seats.give_back(offering, offer.places)
    waiting.count_silence(offer.entry, offering, now=now)
    waiting.fill(offering, now=now)
    waiting.tell_if_empty(offering, now)


@atomic_retrying
def leave_alone(*, reservation_id: int, by: User | None, now: dt.datetime) -> None:
    """One person of a waiting party gives up; the others keep their turn.

    A smaller party fits sooner. Quiet when the person left before; whoever is the
    last of the party ends the turn. Raises LineActRefused while places are offered.
    """
    offering_id = Reservation.objects.values_list("offering_id", flat=True).get(
        pk=reservation_id
    )
    offering = seats.lock_one(offering_id)
    reservation = Reservation.objects.select_related(
        "offering", "party__waiting_entry", "party__booked_by", "person"
    ).get(pk=reservation_id)
    if reservation.state != ReservationState.WAITING:
        return
    entry = reservation.party.waiting_entry
    if entry.state == EntryState.OFFERED:
        raise LineActRefused.is_offered()
    if entry.places == 1:
        waiting.leave_list(entry_id=entry.pk, by=by, now=now)
        return
    change_reservation(
        reservation, ReservationState.CANCELLED, by=by, now=now, reason="left"
    )
    entry.places -= 1
    entry.save(update_fields=["places"])
    waiting.fill(offering, now=now)
