"""Yes or no to a time that is kept: the appointment moves, or the next one is asked."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from django.utils.translation import gettext as _

from accounts.models import User
from booking import seats
from booking.exceptions import OfferGone, Overlapping
from booking.models import OfferState, Party, Reservation, ReservationState
from booking.overlaps import overlap_words, own_overlaps
from booking.services import parties
from booking.services.parties import may_cancel
from booking.services.places import end_hold
from consulting.exceptions import ConsultingError, MoveTooLate
from consulting.models import EarlierOffer, EarlierWish, WishState
from consulting.services.appointments import require_room_for_one_more
from consulting.services.earlier.offers import meeting_of
from consulting.services.earlier.states import change_offer, change_wish
from consulting.services.eligibility import needs_of
from consulting.services.meetings import end_meeting, move_to_kept_time
from core.transactions import atomic_retrying


@atomic_retrying
def accept_offer(
    *,
    offer_id: int,
    by: User | None,
    now: dt.datetime,
    accepts_overlap: bool = False,
) -> Reservation:
    """Move the appointment to the kept time, or make one of it: never both, never none.

    Where the staff decide it becomes a request for the kept time. Accepting twice
    gives the same appointment. Raises OfferGone, TooManyOpen, booking's Overlapping
    unless the person accepts that, and ConsultingError when the appointment cannot
    move any more.
    """
    offer = _locked(offer_id)
    if offer.state == OfferState.TAKEN:
        return _taken(offer)
    if offer.state != OfferState.OPEN or offer.expires_at <= now:
        raise OfferGone
    wish = offer.wish
    if not accepts_overlap and (words := overlap_of(offer)):
        raise Overlapping(words)
    if not change_offer(offer, OfferState.TAKEN, by=by, now=now):
        raise OfferGone
    change_wish(wish, WishState.TAKEN, by=by, now=now)
    if wish.reservation is not None:
        return _move(offer, wish.reservation, by=by, now=now)
    require_room_for_one_more(wish.person, now)
    return parties.book(
        offering_id=offer.party.offering_id,
        booker=wish.asked_by,
        people=[wish.person],
        key=uuid4(),
        now=now,
        needs=needs_of(wish.service, wish.person, now),
    )[0]


def overlap_of(offer: EarlierOffer) -> str:
    """What the person has booked at the kept time, in words; "" for nothing.

    As far as whoever asked for the time may see it.
    """
    wish, kept = offer.wish, meeting_of(offer)
    has = wish.reservation
    found = own_overlaps(
        person=wish.person,
        seen_by=wish.asked_by,
        intervals=[(kept.starts_at, kept.ends_at)],
        ignoring_offering=has.offering_id if has else None,
    )
    return overlap_words(found) if found else ""


def _locked(offer_id: int) -> EarlierOffer:
    """The offer as it is now, under the locks of the kept hour and the appointment."""
    kept, has = EarlierOffer.objects.values_list(
        "party__offering", "wish__reservation__offering"
    ).get(pk=offer_id)
    seats.lock([pk for pk in (kept, has) if pk is not None])
    return EarlierOffer.objects.select_related(
        "party__offering",
        "wish__service",
        "wish__person",
        "wish__asked_by",
        "wish__reservation__offering",
        "wish__reservation__party",
    ).get(pk=offer_id)


def _taken(offer: EarlierOffer) -> Reservation:
    has = offer.wish.reservation
    return has if has is not None else offer.party.reservations.get()


def _move(
    offer: EarlierOffer, reservation: Reservation, *, by: User | None, now: dt.datetime
) -> Reservation:
    """The kept hour ends and its time goes to the appointment in the same breath."""
    if reservation.state != ReservationState.CONFIRMED:
        raise ConsultingError(_("This appointment has ended."), code="ended")
    if not may_cancel(reservation.offering, now):
        raise MoveTooLate
    kept = meeting_of(offer)
    end_meeting(kept, now=now)
    _end_hold(offer.party, by=by, now=now)
    move_to_kept_time(reservation_id=reservation.pk, kept=kept, by=by, now=now)
    return reservation


def _end_hold(party: Party, *, by: User | None, now: dt.datetime) -> None:
    held = Party.objects.filter(pk=party.pk, held_until__isnull=False)
    if not held.update(held_until=None):
        raise OfferGone
    to = ReservationState.CANCELLED
    end_hold(party, party.offering, to, by=by, now=now)


@atomic_retrying
def decline_offer(*, offer_id: int, by: User | None, now: dt.datetime) -> None:
    """The person does not want this time: the next one is asked, the wish stands.

    Declining twice is quiet; raises OfferGone when the offer ended otherwise.
    """
    offer = _locked(offer_id)
    if offer.state == OfferState.DECLINED:
        return
    if not change_offer(offer, OfferState.DECLINED, by=by, now=now):
        raise OfferGone
    change_wish(offer.wish, WishState.WAITING, by=by, now=now)
    parties.give_up_hold(party_id=offer.party_id, by=offer.wish.asked_by, now=now)


@atomic_retrying
def end_wish(
    *,
    wish_id: int,
    by: User | None,
    now: dt.datetime,
    to: str = WishState.LEFT,
    reason: str = "left",
) -> None:
    """Nobody asks for this person any more; a kept time goes on to the next one.

    Ending twice is quiet.
    """
    wish = EarlierWish.objects.select_related("asked_by").get(pk=wish_id)
    offer = wish.open_offer
    if offer is not None:
        offer = _locked(offer.pk)
        wish = offer.wish
    if wish.ended_at is not None or not change_wish(
        wish, to, by=by, now=now, reason=reason
    ):
        return
    if offer is not None and change_offer(offer, OfferState.WITHDRAWN, by=by, now=now):
        parties.give_up_hold(party_id=offer.party_id, by=wish.asked_by, now=now)
