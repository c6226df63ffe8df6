"""Invariants 1 to 5 of docs/invariants.md, as recounts from the rows.

What only the history can tell is in `booking.audit_history`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import pairwise
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from booking.deadlines import LAST_OFFER_BEFORE_START
from booking.ledger import cells_between
from booking.models import (
    SEATED,
    STANDING,
    BusyCell,
    Claim,
    EntryState,
    Offer,
    Offering,
    OfferState,
    Reservation,
    ReservationState,
    WaitingEntry,
)

# What was claimed longer ago than this has been swept from the cells.
SWEPT_AFTER = dt.timedelta(days=1)
# A freed place may wait this long for the tick when only time freed it.
TICK_SLACK = dt.timedelta(minutes=2)


def _count(queryset: QuerySet[Any], aggregate: Aggregate) -> Coalesce:
    """A correlated count, 0 where there are no rows."""
    grouped = queryset.order_by().values("offering").annotate(n=aggregate)
    return Coalesce(Subquery(grouped.values("n"), output_field=IntegerField()), 0)


def seats_match() -> list[str]:
    """0 <= taken <= capacity, and taken = seated reservations + places on offer."""
    mine = {"offering": OuterRef("pk")}
    seated = Reservation.objects.filter(**mine, state__in=SEATED)
    offered = Offer.objects.open().filter(**mine)
    counted = Offering.objects.annotate(
        seated=_count(seated, Count("pk")), offered=_count(offered, Sum("places"))
    )
    wrong = counted.exclude(
        seats_taken=F("seated") + F("offered"), seats_taken__lte=F("capacity")
    )
    return [
        f"offering {o.pk}: taken {o.seats_taken} of {o.capacity},"
        f" seated {o.seated}, offered {o.offered}"
        for o in wrong
    ]


def transfers_have_one_successor() -> list[str]:
    """A transferred place has exactly one successor, and only it has one."""
    ended = ReservationState.TRANSFERRED
    lost = Reservation.objects.filter(state=ended, successors=None)
    doubled = Reservation.objects.filter(previous__isnull=False).exclude(
        previous__state=ended
    )
    return [f"reservation {r.pk}: transferred to nowhere" for r in lost] + [
        f"reservation {r.pk}: its old place {r.previous_id} did not end"
        for r in doubled
    ]


def persons_stand_once() -> list[str]:
    """One live reservation or waiting entry for each person and offering."""
    twice = (
        Reservation.objects.filter(state__in=STANDING, person__isnull=False)
        .values("offering", "person")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    return [f"offering {r['offering']} person {r['person']}: {r['n']}" for r in twice]


def intervals_do_not_overlap() -> list[str]:
    """No resource is claimed twice at once, checked on the intervals themselves."""
    claims = defaultdict(list)
    active = Claim.objects.filter(
        ended_at=None, is_standing=False, block__ended_at=None
    ).order_by("from_at")
    for row in active.values_list("resource_id", "pk", "from_at", "to_at"):
        claims[row[0]].append(row[1:])
    return [
        f"resource {resource}: claims {a[0]} and {b[0]}"
        for resource, rows in claims.items()
        for a, b in pairwise(rows)
        if b[1] < a[2]
    ]


def cells_match_intervals() -> list[str]:
    """Each claim has exactly its cells; a standing one leaves none free."""
    edge = timezone.now() - SWEPT_AFTER
    first = cells_between(edge, edge).start + 2
    owned: dict[int, set[int]] = defaultdict(set)
    taken: dict[int, set[int]] = defaultdict(set)
    rows = BusyCell.objects.filter(cell__gte=first)
    for claim_id, resource_id, cell in rows.values_list(
        "claim_id", "resource_id", "cell"
    ):
        owned[claim_id].add(cell)
        taken[resource_id].add(cell)
    ended = Claim.objects.filter(ended_at=None, block__ended_at__isnull=False)
    wrong = [f"claim {c.pk}: its block has ended" for c in ended]
    active = Claim.objects.filter(ended_at=None, to_at__gt=edge)
    for claim in active:
        due = {c for c in cells_between(claim.from_at, claim.to_at) if c >= first}
        has = owned.pop(claim.pk, set())
        is_right = has <= due and due <= taken[claim.resource_id]
        if not is_right or (not claim.is_standing and has != due):
            wrong.append(f"claim {claim.pk}: {len(has)} cells of {len(due)}")
    return wrong + [f"claim {pk}: cells without an interval" for pk in owned]


def no_free_place_while_waiting() -> list[str]:
    """While somebody in line may have a free place, none stands free.

    The first in line may have what suffices for it at once, the others when the free
    places have waited for it until `line_moves_at`. Before the last offers only.
    """
    now = timezone.now()
    waiting = Offering.objects.filter(
        waiting_parties__gt=0, seats_taken__lt=F("capacity"), cancelled_at=None
    ).exclude(starts_at__lte=now + LAST_OFFER_BEFORE_START + TICK_SLACK)
    return [line for offering in waiting for line in _unserved(offering, now)]


def _unserved(offering: Offering, now: dt.datetime) -> list[str]:
    free = offering.capacity - offering.seats_taken
    line = WaitingEntry.objects.filter(offering=offering).in_line()
    head, fitting = line.first(), line.filter(places__lte=free).first()
    moves_at = offering.line_moves_at
    if head is not None and head.places > free and moves_at is None:
        return [f"offering {offering.pk}: {free} free, no clock runs"]
    is_due = moves_at is not None and moves_at <= now - TICK_SLACK
    if fitting is None or not (fitting == head or is_due):
        return []
    return [f"offering {offering.pk}: {free} free, entry {fitting.pk} waits"]


def waiting_parties_match() -> list[str]:
    """The counter of waiting parties is the number of waiting entries."""
    waiting = WaitingEntry.objects.waiting().filter(offering=OuterRef("pk"))
    wrong = Offering.objects.annotate(n=_count(waiting, Count("pk"))).exclude(
        waiting_parties=F("n")
    )
    return [f"offering {o.pk}: {o.waiting_parties} counted" for o in wrong]


def offers_agree_with_entries() -> list[str]:
    """An entry is offered exactly while it has one open offer."""
    without = WaitingEntry.objects.filter(state=EntryState.OFFERED).exclude(
        offers__state=OfferState.OPEN
    )
    stray = Offer.objects.open().exclude(entry__state=EntryState.OFFERED)
    return [f"entry {e.pk}: offered, no offer" for e in without] + [
        f"offer {o.pk}: open, entry {o.entry_id} is not offered" for o in stray
    ]


def expired_offers_never_confirm() -> list[str]:
    """No offer was taken after its deadline."""
    late = Offer.objects.filter(state=OfferState.TAKEN, ended_at__gte=F("expires_at"))
    return [f"offer {o.pk}: taken after its deadline" for o in late]
