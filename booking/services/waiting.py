"""The waiting list: one function gives freed places to the line."""

from __future__ import annotations

import datetime as dt
import secrets
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Person, User
from booking import owners, seats
from booking.exceptions import AlreadyBooked, Closed, OfferGone, PlacesFree
from booking.models import (
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
    create_party,
    new_reservation,
    release_expired_in,
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

CENTRE_ZONE = ZoneInfo(settings.TIME_ZONE)
NEAR_START = dt.timedelta(hours=48)
# Later than this before the start nobody can be asked and still come.
LAST_OFFER_BEFORE_START = dt.timedelta(hours=3)


def offer_link_secret(offer: Offer) -> str:
    """The secret of the link that answers this offer without a sign-in."""
    return secret_for("offer", offer.pk, offer.nonce)


@atomic_retrying
def join_list(
    *,
    offering_id: int,
    booker: User,
    people: list[Person],
    key: UUID,
    now: dt.datetime,
    needs: Needs | None = None,
) -> WaitingEntry:
    """Put a party at the end of the line of a full offering.

    Who is in `needs` (by the key of the person) asks for approval by accepting an
    offer. The same form sent twice gives the same entry. Raises PlacesFree when a
    place can be booked at once, Closed, and AlreadyBooked.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="join_list",
        digest=form_digest({"o": offering_id, "p": [p.pk for p in people]}),
        now=now,
    )
    if record.result_id:
        return WaitingEntry.objects.get(pk=record.result_id)
    offering = seats.lock_one(offering_id)
    release_expired_in(offering, now=now)
    fill(offering, now=now)
    if not seats.join_line(offering, len(people), now=now):
        raise PlacesFree if offering.is_bookable(now) else Closed
    entry = _stand_in_line(offering, booker, people, needs or {}, now)
    record.remember(entry.pk)
    return entry


def _stand_in_line(
    offering: Offering,
    booker: User,
    people: list[Person],
    needs: Needs,
    now: dt.datetime,
) -> WaitingEntry:
    party = create_party(offering, booker, len(people), now=now)
    rows = [
        new_reservation(party, person, ReservationState.WAITING, now=now)
        for person in people
    ]
    write_needs(rows, needs)
    try:
        with transaction.atomic():
            begin(rows, by=booker, now=now)
    except IntegrityError as error:
        raise AlreadyBooked from error
    entry = WaitingEntry.objects.create(
        party=party,
        offering=offering,
        state=EntryState.WAITING,
        places=len(people),
        joined_at=now,
    )
    begin_history(entry, by=booker, now=now)
    for reservation in rows:
        tell(Event.WAITLISTED, reservation, now)
    return entry


def place_in_line(entry: WaitingEntry) -> int:
    """1 for the next party; 0 when the entry is not waiting."""
    line = WaitingEntry.objects.filter(offering=entry.offering_id).in_line()
    for place, pk in enumerate(line.values_list("pk", flat=True), start=1):
        if pk == entry.pk:
            return place
    return 0


def fill(offering: Offering, *, now: dt.datetime) -> int:
    """Offer every free place to the line, in its order; says how many offers it made.

    The caller holds the lock on the offering. A party that does not fit keeps its
    place and nobody passes it: the page says so.
    """
    made = 0
    while _may_offer(offering, now):
        entry = WaitingEntry.objects.filter(offering=offering).in_line().first()
        if entry is None or not seats.keep_for_offer(offering, entry.places):
            break
        _make_offer(offering, entry, now)
        made += 1
    return made


def _may_offer(offering: Offering, now: dt.datetime) -> bool:
    if offering.cancelled_at or not offering.waiting_parties:
        return False
    starts_at = offering.starts_at
    return starts_at is None or now < starts_at - LAST_OFFER_BEFORE_START


def _make_offer(offering: Offering, entry: WaitingEntry, now: dt.datetime) -> Offer:
    offer = Offer.objects.create(
        entry=entry,
        offering=offering,
        places=entry.places,
        nonce=secrets.token_hex(8),
        made_at=now,
        expires_at=offer_deadline(now, offering.starts_at),
    )
    offer.link_digest = digest(offer_link_secret(offer))
    offer.save(update_fields=["link_digest"])
    begin_history(offer, by=None, now=now)
    change_entry(entry, EntryState.OFFERED, by=None, now=now)
    for reservation in _reservations(entry):
        tell(Event.OFFERED, reservation, now)
    return offer


def _reservations(entry: WaitingEntry) -> list[Reservation]:
    return list(
        Reservation.objects.filter(
            party_id=entry.party_id, state=ReservationState.WAITING
        )
        .select_related("offering", "party__booked_by", "person")
        .order_by("pk")
    )


def offer_deadline(now: dt.datetime, starts_at: dt.datetime | None) -> dt.datetime:
    """When an offer made now lapses (UTC).

    24 hours, or 3 when the start is within 48 hours. The clock stands still from
    21:30 to 08:00 at the centre, because nobody is asked while they sleep; never
    later than the last moment at which somebody could still come.
    """
    hours = settings.HIDAJ_OFFER_HOURS
    if starts_at is not None and starts_at - now <= NEAR_START:
        hours = settings.HIDAJ_OFFER_HOURS_NEAR_START
    deadline = _add_waking(now, dt.timedelta(hours=hours))
    if starts_at is not None:
        deadline = min(deadline, starts_at - LAST_OFFER_BEFORE_START / 3)
    return deadline


def _add_waking(start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
    moment, left = start.astimezone(CENTRE_ZONE), amount
    while True:
        opens, closes = _waking_hours(moment)
        moment = max(moment, opens)
        if moment + left <= closes:
            return (moment + left).astimezone(dt.UTC)
        left -= max(closes - moment, dt.timedelta())
        moment = _at(moment + dt.timedelta(days=1), settings.HIDAJ_QUIET_TO)


def _waking_hours(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    return _at(moment, settings.HIDAJ_QUIET_TO), _at(moment, settings.HIDAJ_QUIET_FROM)


def _at(day: dt.datetime, clock: str) -> dt.datetime:
    return dt.datetime.combine(day.date(), dt.time.fromisoformat(clock), CENTRE_ZONE)


@atomic_retrying
def accept_offer(
    *, offer_id: int, by: User | None, now: dt.datetime
) -> list[Reservation]:
    """Turn an open offer into places; raises OfferGone.

    Who needs approval asks for it by this. Accepting twice gives the same places again.
    """
    offer, _offering = _locked(offer_id)
    if offer.state == OfferState.TAKEN:
        return list(offer.entry.party.reservations.live())
    if offer.state != OfferState.OPEN or offer.expires_at <= now:
        raise OfferGone
    change_offer(offer, OfferState.TAKEN, by=by, now=now)
    change_entry(offer.entry, EntryState.TAKEN, by=by, now=now)
    reservations = _reservations(offer.entry)
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
    offer, offering = _locked(offer_id)
    if offer.state == OfferState.DECLINED:
        return
    if offer.state != OfferState.OPEN:
        raise OfferGone
    change_offer(offer, OfferState.DECLINED, by=by, now=now)
    change_entry(offer.entry, EntryState.DECLINED, by=by, now=now)
    _end_waiting_reservations(offer.entry, by=by, reason="declined", now=now)
    seats.give_back(offering, offer.places)
    fill(offering, now=now)
    _tell_if_empty(offering, now)


def _locked(offer_id: int) -> tuple[Offer, Offering]:
    offering_id = Offer.objects.values_list("offering_id", flat=True).get(pk=offer_id)
    offering = seats.lock_one(offering_id)
    offer = Offer.objects.select_related("entry__party").get(pk=offer_id)
    return offer, offering


def _end_waiting_reservations(
    entry: WaitingEntry, *, by: User | None, reason: str, now: dt.datetime
) -> list[Reservation]:
    reservations = _reservations(entry)
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
        _tell_if_empty(offering, now)


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
    else:
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
    offer, offering = _locked(offer_id)
    if offer.state != OfferState.OPEN or offer.expires_at > now:
        return False
    change_offer(offer, OfferState.EXPIRED, by=None, now=now)
    seats.give_back(offering, offer.places)
    entry = offer.entry
    entry.missed_offers += 1
    if entry.missed_offers >= settings.HIDAJ_MAX_MISSED_OFFERS:
        change_entry(entry, EntryState.LEFT, by=None, now=now, reason="silent")
        ended = _end_waiting_reservations(entry, by=None, reason="silent", now=now)
        event = Event.LEFT_LIST
    else:
        change_entry(entry, EntryState.WAITING, by=None, now=now)
        seats.return_to_line(offering)
        ended, event = _reservations(entry), Event.OFFER_EXPIRED
    for reservation in ended:
        tell(event, reservation, now)
    fill(offering, now=now)
    _tell_if_empty(offering, now)
    return True


def _tell_if_empty(offering: Offering, now: dt.datetime) -> None:
    if offering.seats_taken == 0 and offering.waiting_parties == 0:
        owners.emptied(offering.kind, offering.pk, now)


def end_lists_of_started(now: dt.datetime) -> int:
    """Close the lists of what has begun; a step of the tick."""
    started = (
        WaitingEntry.objects.waiting()
        .filter(offering__starts_at__lte=now)
        .values_list("offering_id", flat=True)
        .distinct()
    )
    return sum(_end_list(offering_id=pk, now=now) for pk in list(started))


@atomic_retrying
def _end_list(*, offering_id: int, now: dt.datetime) -> int:
    offering = seats.lock_one(offering_id)
    entries = list(WaitingEntry.objects.waiting().filter(offering=offering))
    for entry in entries:
        withdraw(entry, offering, by=None, reason="started", now=now)
    return len(entries)
