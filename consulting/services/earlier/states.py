"""One write a change, by the table of the life cycle."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from booking.exceptions import WrongTransition
from booking.models import OfferState
from booking.states import OFFER_TRANSITIONS
from consulting.models import (
    STANDING_WISH,
    EarlierChange,
    EarlierOffer,
    EarlierWish,
    WishState,
)

W = WishState
WISH_TRANSITIONS: dict[str, frozenset[str]] = {
    W.WAITING: frozenset({W.OFFERED, W.LEFT, W.WITHDRAWN}),
    W.OFFERED: frozenset({W.TAKEN, W.WAITING, W.LEFT, W.WITHDRAWN}),
}


def change_wish(
    wish: EarlierWish,
    to: str,
    *,
    now: dt.datetime,
    by: User | None = None,
    reason: str = "",
) -> bool:
    """Move a wish on, with its history row; False when somebody else was faster.

    Raises WrongTransition for what the table does not have.
    """
    before = wish.state
    if to not in WISH_TRANSITIONS.get(before, frozenset()):
        raise WrongTransition(f"{before} -> {to}", code="wrong_transition")
    ended_at = None if to in STANDING_WISH else now
    changed = EarlierWish.objects.filter(pk=wish.pk, state=before).update(
        state=to, ended_at=ended_at, missed_offers=wish.missed_offers
    )
    if not changed:
        return False
    wish.state, wish.ended_at = to, ended_at
    _remember(wish, None, to, by, reason, now)
    return True


def change_offer(
    offer: EarlierOffer,
    to: str,
    *,
    now: dt.datetime,
    by: User | None = None,
    reason: str = "",
) -> bool:
    """End an offer, with its history row; False when it has ended already."""
    if to not in OFFER_TRANSITIONS[OfferState.OPEN]:
        raise WrongTransition(f"{offer.state} -> {to}", code="wrong_transition")
    still_open = EarlierOffer.objects.filter(pk=offer.pk, state=OfferState.OPEN)
    if not still_open.update(state=to, ended_at=now):
        return False
    offer.state, offer.ended_at = to, now
    _remember(offer.wish, offer, to, by, reason, now)
    return True


def begin_wish(wish: EarlierWish, *, by: User | None, now: dt.datetime) -> None:
    """The first line of the history of a wish."""
    _remember(wish, None, wish.state, by, "", now)


def begin_offer(offer: EarlierOffer, *, now: dt.datetime) -> None:
    """The first line of the history of an offer."""
    _remember(offer.wish, offer, offer.state, None, "", now)


def _remember(
    wish: EarlierWish,
    offer: EarlierOffer | None,
    to: str,
    by: User | None,
    reason: str,
    now: dt.datetime,
) -> None:
    EarlierChange.objects.create(
        wish=wish, offer=offer, at=now, by=by, to_state=to, reason=reason
    )
