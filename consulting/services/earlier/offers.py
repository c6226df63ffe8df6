"""Freed times go to those who wait for one, in the transaction that frees them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from booking.deadlines import add_waking
from booking.models import OfferState, Party, ReservationState
from booking.owners import Freed
from booking.services.places import keep_hold_until
from consulting import earlier_messages, slots
from consulting.models import (
    ConsultantCaps,
    EarlierOffer,
    EarlierWish,
    EarlierWishQuerySet,
    Meeting,
    WishState,
)
from consulting.services.appointments import has_room_for_one_more, try_hold
from consulting.services.choosing import choose
from consulting.services.earlier.states import begin_offer, change_offer, change_wish
from consulting.slots import (
    CENTRE_ZONE,
    Slot,
    SlotQuery,
    midnight,
    spread_of,
    week_start,
)
from core.links import digest

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
NONCE_BYTES = 8


def pass_on(
    freed: Freed | None, *, now: dt.datetime, passing_over: int | None = None
) -> int:
    """Keep what became free for those who wait for it; says how many were asked.

    Once along the line is enough: what does not fit somebody while more is free does
    not fit later. `passing_over` is a reservation whose own wish does not count: that
    person has just given the time up.
    """
    if freed is None or freed.to_at <= now:
        return 0
    wishes = _in_line_for(freed).exclude(
        Q(reservation__isnull=False) & Q(reservation=passing_over)
    )
    freed = _with_days_of_caps(freed)
    return sum(_serve(wish, freed, now=now) for wish in list(wishes))


def serve_who_found_nothing(*, now: dt.datetime) -> int:
    """Those without an appointment get whatever is free; a step of the tick.

    More hours, a cap that rose or a place in a group come this way.
    """
    horizon = dt.timedelta(days=366)
    anything = Freed((), now, now + horizon)
    wishes = _line().filter(reservation=None)
    return sum(
        _serve_in_one_transaction(wish, anything, now=now) for wish in list(wishes)
    )


@transaction.atomic
def _serve_in_one_transaction(
    wish: EarlierWish, freed: Freed, *, now: dt.datetime
) -> bool:
    return _serve(wish, freed, now=now)


def _line() -> EarlierWishQuerySet:
    return (
        EarlierWish.objects.in_line()
        .select_related("service", "person", "asked_by", "reservation__offering")
        .prefetch_related("service__modes", "offers")
    )


def _in_line_for(freed: Freed) -> EarlierWishQuerySet:
    """Wishes for services that could use what became free."""
    ids = freed.resource_ids
    uses = (
        Q(service__consultants__resource__in=ids)
        | Q(service__room__resource__in=ids)
        | Q(service__machine_kinds__resources__in=ids)
    )
    chosen = EarlierWish.objects.filter(uses, state=WishState.WAITING)
    return _line().filter(pk__in=chosen.values("pk"))


def _with_days_of_caps(freed: Freed) -> Freed:
    """A meeting less opens the whole day or week of a consultant who was full."""
    first_on = freed.from_at.astimezone(CENTRE_ZONE).date()
    last_on = freed.to_at.astimezone(CENTRE_ZONE).date()
    for caps in ConsultantCaps.objects.filter(person__resource__in=freed.resource_ids):
        saturday = week_start(first_on)
        if _was_full(caps, caps.per_week, saturday, week_start(last_on) + WEEK):
            return _days(freed, saturday, week_start(last_on) + WEEK)
        if _was_full(caps, caps.per_day, first_on, last_on + DAY):
            return _days(freed, first_on, last_on + DAY)
    return freed


def _was_full(
    caps: ConsultantCaps, cap: int | None, from_on: dt.date, until_on: dt.date
) -> bool:
    """Whether one meeting more than now reaches a cap."""
    if cap is None:
        return False
    left = Meeting.objects.live().filter(
        consultant=caps.person_id, wall_on__gte=from_on, wall_on__lt=until_on
    )
    return left.count() + 1 >= cap


def _days(freed: Freed, from_on: dt.date, until_on: dt.date) -> Freed:
    return Freed(
        freed.resource_ids,
        midnight(from_on, CENTRE_ZONE),
        midnight(until_on, CENTRE_ZONE),
    )


def _serve(wish: EarlierWish, freed: Freed, *, now: dt.datetime) -> bool:
    """Keep the first fitting time for a wish, if there is one."""
    query = query_of(wish, now)
    for slot in _fitting(wish, freed, query):
        until = offer_until(wish, slot.starts_at, now)
        if until is not None and _keep(wish, slot, query, until):
            return True
    return False


def query_of(wish: EarlierWish, now: dt.datetime) -> SlotQuery:
    """What is looked for on behalf of a wish; nobody offers what is for the centre."""
    return {
        "service": wish.service,
        "mode": wish.mode,
        "consultant": wish.consultant_id,
        "now": now,
    }


def _fitting(wish: EarlierWish, freed: Freed, query: SlotQuery) -> Iterator[Slot]:
    """Free times that the freed stretch made possible, and that are good news."""
    if not _may_be_asked(wish, query["now"]):
        return
    known = {offer.starts_at for offer in wish.offers.all()}
    before, after = spread_of(query)
    first_at = freed.from_at - wish.service.length - after
    days = (freed.to_at + before - first_at).days + 2
    from_on = first_at.astimezone(CENTRE_ZONE).date()
    for slot in slots.slots_once(from_on, days, **query):
        touches = (
            slot.starts_at - before < freed.to_at
            and slot.ends_at + after > freed.from_at
        )
        if touches and slot.starts_at not in known and _is_earlier(wish, slot):
            yield slot


def _may_be_asked(wish: EarlierWish, now: dt.datetime) -> bool:
    if wish.ends_at <= now:
        return False
    if wish.reservation is None:
        return has_room_for_one_more(wish.person, now)
    return wish.reservation.state == ReservationState.CONFIRMED


def _is_earlier(wish: EarlierWish, slot: Slot) -> bool:
    """On an earlier day than the appointment: an hour less is no news by SMS."""
    if wish.reservation is None:
        return True
    has = wish.reservation.offering.starts_at
    day = slot.starts_at.astimezone(CENTRE_ZONE).date()
    return has is not None and day < has.astimezone(CENTRE_ZONE).date()


def offer_until(
    wish: EarlierWish, starts_at: dt.datetime, now: dt.datetime
) -> dt.datetime | None:
    """When an offer made now lapses (UTC); None when there is no time to ask.

    The longest of the setting in waking hours, but so that the notice of the service is
    kept and the appointment can still be moved; less than the shortest is no offer.
    """
    least, most = (dt.timedelta(hours=h) for h in settings.HIDAJ_EARLIER_HOURS)
    latest = starts_at - dt.timedelta(hours=wish.service.notice_hours)
    has = wish.reservation
    if has is not None and has.offering.cancel_until_at is not None:
        latest = min(latest, has.offering.cancel_until_at)
    if add_waking(now, least) > latest:
        return None
    return min(add_waking(now, most), latest)


def _keep(wish: EarlierWish, slot: Slot, query: SlotQuery, until: dt.datetime) -> bool:
    """Hold one time for a wish and tell its person; False when it went elsewhere."""
    now = query["now"]
    try:
        with transaction.atomic():
            if not change_wish(wish, WishState.OFFERED, now=now):
                return False
            party = _hold(wish, slot, query)
            if party is None:
                raise _Gone
            keep_hold_until(party, until)
            _offer(wish, party, slot, until, now)
    except (_Gone, IntegrityError):
        wish.state = WishState.WAITING
        return False
    return True


class _Gone(Exception):
    """The time cannot be held after all: what was begun is undone."""


def _hold(wish: EarlierWish, slot: Slot, query: SlotQuery) -> Party | None:
    for one in choose(slot.starts_at, query):
        if one.meeting_id is not None and _stands_in(wish, one.meeting_id):
            continue
        party = try_hold(wish.service, wish.mode, one, wish.asked_by, now=query["now"])
        if party is not None:
            return party
    return None


def _stands_in(wish: EarlierWish, meeting_id: int) -> bool:
    """Whether the person or the booker has to do with this hour of a group already."""
    parties = Party.objects.filter(offering__meeting=meeting_id)
    mine = Q(reservations__person=wish.person) | Q(
        booked_by=wish.asked_by, held_until__isnull=False
    )
    return parties.filter(mine).exists()


def _offer(
    wish: EarlierWish,
    party: Party,
    slot: Slot,
    until: dt.datetime,
    now: dt.datetime,
) -> None:
    offer = EarlierOffer(
        wish=wish,
        party=party,
        starts_at=slot.starts_at,
        nonce=secrets.token_hex(NONCE_BYTES),
        made_at=now,
        expires_at=until,
    )
    # The link is derived from the key, which the first save gives.
    offer.link_digest = digest(offer.nonce)
    offer.save()
    offer.link_digest = digest(offer.secret)
    offer.save(update_fields=["link_digest"])
    begin_offer(offer, now=now)
    earlier_messages.tell_offer(offer, now=now)


def close_with_hold(offering_id: int, *, now: dt.datetime) -> None:
    """The hold of an offer ended: its time ran out, or the centre took it back.

    The caller holds the lock of the offering. Who was silent waits on behind those who
    were not, and is out after two silences.
    """
    offers = EarlierOffer.objects.filter(
        party__offering=offering_id,
        party__held_until=None,
        state=OfferState.OPEN,
    )
    for offer in offers.select_related("wish__person", "wish__asked_by"):
        is_silent = offer.expires_at <= now
        to = OfferState.EXPIRED if is_silent else OfferState.WITHDRAWN
        if change_offer(offer, to, now=now):
            _wait_on(offer, is_silent=is_silent, now=now)


def _wait_on(offer: EarlierOffer, *, is_silent: bool, now: dt.datetime) -> None:
    wish = offer.wish
    if wish.state != WishState.OFFERED:
        return
    wish.missed_offers += is_silent
    is_out = wish.missed_offers >= settings.HIDAJ_MAX_MISSED_OFFERS
    to, reason = (WishState.LEFT, "silent") if is_out else (WishState.WAITING, "")
    if change_wish(wish, to, now=now, reason=reason):
        earlier_messages.tell_lapsed(offer, now=now)


def meeting_of(offer: EarlierOffer) -> Meeting:
    """The hour that is kept, with what pages and messages read of it."""
    return Meeting.objects.select_related(
        "service", "room", "consultant__teaching_profile", "offering", "block"
    ).get(offering=offer.party.offering_id)
