"""What waiting for earlier times adds to invariants 5, 6 and 8."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, Subquery

from booking.models import OfferState
from consulting import earlier_messages
from consulting.models import EarlierChange, EarlierOffer, EarlierWish, WishState
from notifications.models import OutboxMessage


def earlier_offers_have_their_holds() -> list[str]:
    """An open offer is a hold with the same deadline; no other wish is on offer."""
    lines = [
        f"earlier offer {offer.pk}: no hold until its deadline"
        for offer in EarlierOffer.objects.filter(state=OfferState.OPEN)
        .exclude(party__held_until=F("expires_at"))
        # The tick closes what ended in an hour that others of a group still have.
        .exclude(party__held_until=None, party__offering__seats_taken__gt=0)
        .order_by("pk")
    ]
    has_offer = Exists(
        EarlierOffer.objects.filter(wish=OuterRef("pk"), state=OfferState.OPEN)
    )
    wishes = EarlierWish.objects.annotate(has_offer=has_offer)
    on_offer = Q(state=WishState.OFFERED)
    wrong = wishes.filter(
        (Q(has_offer=True) & ~on_offer) | (Q(has_offer=False) & on_offer)
    ).order_by("pk")
    return lines + [f"earlier wish {w.pk}: {w.state}, but its offers" for w in wrong]


def earlier_changes_have_their_rows() -> list[str]:
    """The newest history row of a wish, and of each of its offers, is its state."""
    of_wish = EarlierChange.objects.filter(wish=OuterRef("pk"), offer=None)
    of_offer = EarlierChange.objects.filter(offer=OuterRef("pk"))
    wishes = EarlierWish.objects.annotate(
        last=Subquery(of_wish.order_by("-pk").values("to_state")[:1])
    )
    offers = EarlierOffer.objects.annotate(
        last=Subquery(of_offer.order_by("-pk").values("to_state")[:1])
    )
    return [
        f"{row}: {row.state}, history {row.last}"
        for rows in (wishes, offers)
        for row in rows.filter(Q(last=None) | ~Q(last=F("state"))).order_by("pk")
    ]


def earlier_offers_were_told() -> list[str]:
    """Whoever has been offered a time has been told so."""
    told = Exists(
        OutboxMessage.objects.filter(
            subject_kind=earlier_messages.OFFER,
            subject_id=OuterRef("pk"),
            kind="earlier_offer",
        )
    )
    untold = EarlierOffer.objects.exclude(told).select_related(
        "wish__person__user", "wish__asked_by"
    )
    return [
        f"earlier offer {offer.pk}: not told"
        for offer in untold.order_by("pk")
        if earlier_messages.recipients(offer.wish)
    ]
