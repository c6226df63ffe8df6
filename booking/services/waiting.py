"""The waiting list: one function gives freed places to the line."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F

from accounts.models import Person, User
from booking import owners, seats
from booking.deadlines import line_moves_at, offer_deadline, offers_are_over
from booking.exceptions import (
    AlreadyBooked,
    Closed,
    DrawAhead,
    MoreThanCapacity,
    OfferGone,
    PlacesFree,
)
from booking.models import (
    Draw,
    EntryState,
    Offer,
    Offering,
    OfferState,
    Reservation,
    ReservationState,
    WaitingEntry,
)
from booking.owners import Event, tell
from booking.services.needs import Needs, ask_where_needed, event_of, write_needs
from booking.services.places import (
    give_up_own_hold,
    new_party,
    new_reservation,
    release_expired_in,
    require_names,
    require_size,
    write_party,
)
from booking.states import (
    begin,
    begin_history,
    change_entry,
    change_offer,
    change_reservation,
)
from core.idempotency import form_digest, once
from core.links import digest, secret_for
from core.transactions import atomic_retrying

# Who has not been asked (again) yet.
IN_LINE = (EntryState.APPLIED, EntryState.WAITING)


def offer_link_secret(offer: Offer) -> str:
    """The secret of the link that answers this offer without a sign-in."""
    return secret_for("offer", offer.pk, offer.nonce)


@atomic_retrying
def join_list(
    *,
    offering_id: int,
    booker: User,
    people: Sequence[Person | None],
    key: UUID,
    now: dt.datetime,
    needs: Needs | None = None,
) -> WaitingEntry:
    """Put a party at the end of the line of an offering where it finds no place.

    None stands for who is named later. Who is in `needs` (by the key of the person)
    asks for approval by accepting an offer. Places that the booker still holds there
    are given back first, because the party waits for all of them together. The same
    form sent twice gives the same entry. Raises PlacesFree when the party can be
    booked at once, DrawAhead, Closed, AlreadyBooked, NamesNeeded,
    PartyTooLarge and MoreThanCapacity.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="join_list",
        digest=form_digest(
            {"o": offering_id, "p": [person and person.pk for person in people]}
        ),
        now=now,
    )
    if record.result_id:
        return WaitingEntry.objects.get(pk=record.result_id)
    require_size(len(people))
    offering = seats.lock_one(offering_id)
    require_names(offering, people, now)
    give_up_own_hold(offering, booker, now=now)
    release_expired_in(offering, now=now)
    fill(offering, now=now)
    if not seats.join_line(offering, len(people), now=now):
        if offering.awaits_draw:
            raise DrawAhead
        raise PlacesFree if offering.is_bookable(now) else Closed
    entry = stand_in_line(offering, booker, people, needs or {}, now)
    fill(offering, now=now)
    entry.refresh_from_db()
    record.remember(entry.pk)
    return entry


def stand_in_line(
    offering: Offering,
    booker: User,
    people: Sequence[Person | None],
    needs: Needs,
    now: dt.datetime,
    *,
    application: int | None = None,
) -> WaitingEntry:
    """Write a turn, or the application for a draw with this number.

    The caller holds the lock and has counted the turn. Raises MoreThanCapacity and
    AlreadyBooked.
    """
    if len(people) > offering.capacity:
        raise MoreThanCapacity(offering.capacity)
    party = write_party(new_party(offering, booker, len(people), now=now))
    rows = [
        new_reservation(party, person, ReservationState.WAITING, now=now)
        for person in people
    ]
    write_needs(rows, needs)
    try:
        begin(rows, by=booker, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    is_applied = application is not None
    entry = WaitingEntry.objects.create(
        party=party,
        offering=offering,
        state=EntryState.APPLIED if is_applied else EntryState.WAITING,
        places=len(people),
        joined_at=now,
        number=application,
        rank=0 if is_applied else _rank_behind_the_draw(offering),
    )
    begin_history(entry, by=booker, now=now)
    for reservation in rows:
        tell(Event.APPLIED if is_applied else Event.WAITLISTED, reservation, now)
    return entry


def _rank_behind_the_draw(offering: Offering) -> int:
    """0 where nothing was drawn; else behind everybody who was."""
    drawn = Draw.objects.filter(offering=offering, drawn_at__isnull=False)
    applications = drawn.values_list("applications", flat=True).first()
    return 0 if applications is None else applications + 1


def place_in_line(entry: WaitingEntry) -> int:
    """1 for the next party; 0 when the entry is not waiting."""
    own = WaitingEntry.objects.waiting().filter(pk=entry.pk).first()
    if own is None:
        return 0
    line = WaitingEntry.objects.filter(offering=own.offering_id)
    return line.ahead_of(own).count() + 1


def fill(offering: Offering, *, now: dt.datetime) -> int:
    """Offer every free place to the line, in its order; says how many offers it made.

    The caller holds the lock on the offering. A party that does not fit keeps its
    turn: the free places wait for it until `line_moves_at`, and only then is the
    first one behind it asked whom they suffice for.
    """
    made = 0
    while (entry := _next_entry(offering, now)) is not None:
        passed_from_at = offering.line_moves_at
        if not seats.keep_for_offer(offering, entry.places):
            break
        _make_offer(offering, entry, passed_from_at, now)
        made += 1
    return made


def _next_entry(offering: Offering, now: dt.datetime) -> WaitingEntry | None:
    """Who is asked next; starts or stops the clock of a line that stands still."""
    free = offering.capacity - offering.seats_taken
    if not free or not _may_offer(offering, now):
        seats.set_line_moves_at(offering, None)
        return None
    line = WaitingEntry.objects.filter(offering=offering).in_line()
    head = line.first()
    if head is None or head.places <= free:
        seats.set_line_moves_at(offering, None)
        return head
    moves_at = offering.line_moves_at or line_moves_at(now, offering.starts_at)
    seats.set_line_moves_at(offering, moves_at)
    return None if moves_at > now else line.filter(places__lte=free).first()


def _may_offer(offering: Offering, now: dt.datetime) -> bool:
    if offering.cancelled_at or not offering.waiting_parties:
        return False
    return not offers_are_over(offering.starts_at, now)


def _make_offer(
    offering: Offering,
    entry: WaitingEntry,
    passed_from_at: dt.datetime | None,
    now: dt.datetime,
) -> Offer:
    offer = Offer.objects.create(
        entry=entry,
        offering=offering,
        places=entry.places,
        nonce=secrets.token_hex(8),
        passed_from_at=passed_from_at,
        made_at=now,
        expires_at=offer_deadline(now, offering.starts_at),
    )
    offer.link_digest = digest(offer_link_secret(offer))
    offer.save(update_fields=["link_digest"])
    begin_history(offer, by=None, now=now)
    change_entry(entry, EntryState.OFFERED, by=None, now=now)
    for reservation in waiting_reservations(entry):
        tell(Event.OFFERED, reservation, now)
    return offer


def move_lines(now: dt.datetime) -> int:
    """Pass the parties that free places waited for long enough; a step of the tick."""
    free = F("offering__capacity") - F("offering__seats_taken")
    due = (
        WaitingEntry.objects.waiting()
        .filter(offering__line_moves_at__lte=now, places__lte=free)
        .values_list("offering_id", flat=True)
        .distinct()
    )
    return sum(fill_line(offering_id=pk, now=now) for pk in list(due))


@atomic_retrying
def fill_line(*, offering_id: int, now: dt.datetime) -> int:
    """Lock an offering and offer what is free there; says how many offers it made."""
    return fill(seats.lock_one(offering_id), now=now)


def waiting_reservations(entry: WaitingEntry) -> list[Reservation]:
    """The places that a party waits for, with what their messages read."""
    return list(
        Reservation.objects.filter(
            party_id=entry.party_id, state=ReservationState.WAITING
        )
        .select_related("offering", "party__booked_by", "person")
        .order_by("pk")
    )


@atomic_retrying
def accept_offer(
    *, offer_id: int, by: User | None, now: dt.datetime
) -> list[Reservation]:
    """Turn an open offer into places; raises OfferGone.

    Who needs approval asks for it by this. Accepting twice gives the same places again.
    """
    offer, _offering = locked_offer(offer_id)
    if offer.state == OfferState.TAKEN:
        return list(offer.entry.party.reservations.live())
    if offer.state != OfferState.OPEN or offer.expires_at <= now:
        raise OfferGone
    change_offer(offer, OfferState.TAKEN, by=by, now=now)
    change_entry(offer.entry, EntryState.TAKEN, by=by, now=now)
    reservations = waiting_reservations(offer.entry)
    for reservation in reservations:
        to = ask_where_needed(reservation, now=now)
        reservation.save(update_fields=["approval_until"])
        change_reservation(reservation, to, by=by, now=now)
        tell(event_of(reservation), reservation, now)
    return reservations


@atomic_retrying
def decline_offer(*, offer_id: int, by: User | None, now: dt.datetime) -> None:
    """The party does not want the place: it leaves the list, the next one is asked.

    Declining twice is quiet; raises OfferGone when the offer ended otherwise.
    """
    offer, offering = locked_offer(offer_id)
    if offer.state == OfferState.DECLINED:
        return
    if offer.state != OfferState.OPEN:
        raise OfferGone
    change_offer(offer, OfferState.DECLINED, by=by, now=now)
    change_entry(offer.entry, EntryState.DECLINED, by=by, now=now)
    _end_waiting_reservations(offer.entry, by=by, reason="declined", now=now)
    seats.give_back(offering, offer.places)
    fill(offering, now=now)
    tell_if_empty(offering, now)


def locked_offer(offer_id: int) -> tuple[Offer, Offering]:
    """An offer as it is now, under the lock of its offering."""
    offering_id = Offer.objects.values_list("offering_id", flat=True).get(pk=offer_id)
    offering = seats.lock_one(offering_id)
    offer = Offer.objects.select_related("entry__party").get(pk=offer_id)
    return offer, offering


def _end_waiting_reservations(
    entry: WaitingEntry, *, by: User | None, reason: str, now: dt.datetime
) -> list[Reservation]:
    reservations = waiting_reservations(entry)
    for reservation in reservations:
        change_reservation(
            reservation, ReservationState.CANCELLED, by=by, now=now, reason=reason
        )
    return reservations


@atomic_retrying
def leave_list(*, entry_id: int, by: User | None, now: dt.datetime) -> None:
    """The party gives up its turn, or an offer it has; quiet when it left before."""
    offering_id = WaitingEntry.objects.values_list("offering_id", flat=True).get(
        pk=entry_id
    )
    offering = seats.lock_one(offering_id)
    entry = WaitingEntry.objects.select_related("party").get(pk=entry_id)
    if entry.ended_at is None:
        _take_out(entry, offering, EntryState.LEFT, by=by, reason="left", now=now)
        fill(offering, now=now)
        tell_if_empty(offering, now)


def withdraw(
    entry: WaitingEntry,
    offering: Offering,
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> None:
    """End an entry by the centre and tell its people; the caller holds the lock."""
    for reservation in _take_out(
        entry, offering, EntryState.WITHDRAWN, by=by, reason=reason, now=now
    ):
        tell(Event.CANCELLED_BY_CENTRE, reservation, now)


def _take_out(
    entry: WaitingEntry,
    offering: Offering,
    to: str,
    *,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> list[Reservation]:
    if entry.state == EntryState.OFFERED:
        offer = Offer.objects.open().get(entry=entry)
        change_offer(offer, OfferState.WITHDRAWN, by=by, now=now, reason=reason)
        seats.give_back(offering, offer.places)
    elif entry.state == EntryState.WAITING:
        seats.leave_line(offering)
    change_entry(entry, to, by=by, now=now, reason=reason)
    return _end_waiting_reservations(entry, by=by, reason=reason, now=now)


def expire_offers(now: dt.datetime) -> int:
    """Let every offer lapse whose deadline is over; a step of the tick."""
    due = Offer.objects.open().filter(expires_at__lte=now).order_by("expires_at")
    return sum(
        expire_offer(offer_id=pk, now=now)
        for pk in list(due.values_list("pk", flat=True))
    )


@atomic_retrying
def expire_offer(*, offer_id: int, now: dt.datetime) -> bool:
    """Let one offer lapse: the party waits on, or is out after two silences."""
    offer, offering = locked_offer(offer_id)
    if offer.state != OfferState.OPEN or offer.expires_at > now:
        return False
    change_offer(offer, OfferState.EXPIRED, by=None, now=now)
    seats.give_back(offering, offer.places)
    count_silence(offer.entry, offering, now=now)
    fill(offering, now=now)
    tell_if_empty(offering, now)
    return True


def count_silence(entry: WaitingEntry, offering: Offering, *, now: dt.datetime) -> None:
    """Put a party whose offer passed behind the others, or out the second time.

    The caller holds the lock, has ended the offer, and fills afterwards.
    """
    entry.missed_offers += 1
    if entry.missed_offers >= settings.HIDAJ_MAX_MISSED_OFFERS:
        change_entry(entry, EntryState.LEFT, by=None, now=now, reason="silent")
        told = _end_waiting_reservations(entry, by=None, reason="silent", now=now)
        event = Event.LEFT_LIST
    else:
        change_entry(entry, EntryState.WAITING, by=None, now=now)
        seats.return_to_line(offering)
        told, event = waiting_reservations(entry), Event.OFFER_EXPIRED
    for reservation in told:
        tell(event, reservation, now)


def tell_if_empty(offering: Offering, now: dt.datetime) -> None:
    """Say to the owner when nobody has a place or a turn any more."""
    if offering.seats_taken == 0 and offering.waiting_parties == 0:
        owners.emptied(offering.kind, offering.pk, now)


def end_lists_of_started(now: dt.datetime) -> int:
    """Close the lists of what has begun; a step of the tick."""
    started = (
        WaitingEntry.objects.filter(state__in=IN_LINE)
        .filter(offering__starts_at__lte=now)
        .values_list("offering_id", flat=True)
        .distinct()
    )
    return sum(_end_list(offering_id=pk, now=now) for pk in list(started))


@atomic_retrying
def _end_list(*, offering_id: int, now: dt.datetime) -> int:
    offering = seats.lock_one(offering_id)
    line = WaitingEntry.objects.filter(offering=offering, state__in=IN_LINE)
    entries = list(line.order_by("pk"))
    for entry in entries:
        withdraw(entry, offering, by=None, reason="started", now=now)
    return len(entries)
