"""Invariant 18 of docs/invariants.md: nobody chooses the result of a draw."""

from __future__ import annotations

from django.utils import timezone

from booking.audit import TICK_SLACK
from booking.lottery import commitment_of, faults_of
from booking.models import Draw, Offering, WaitingEntry


def draws_follow_their_seed() -> list[str]:
    """Each result is recomputed from what was committed to and what was closed."""
    drawn = Draw.objects.filter(drawn_at__isnull=False)
    return [f"draw {draw.pk}: {fault}" for draw in drawn for fault in faults_in(draw)]


def faults_in(draw: Draw) -> list[str]:
    """What does not hold of a draw that has taken place, in English."""
    entries = WaitingEntry.objects.drawn().filter(offering=draw.offering_id)
    rows = list(entries.values_list("number", "rank"))
    faults = faults_of(
        commitment=draw.commitment,
        seed=draw.seed,
        digest=draw.list_digest,
        order=[number for number, _rank in rows if number],
    )
    if [rank for _number, rank in rows] != list(range(1, len(rows) + 1)):
        faults.append("the ranks have gaps")
    if len(rows) != draw.applications:
        faults.append(f"{draw.applications} applications closed, {len(rows)} drawn")
    return faults


def draws_are_kept() -> list[str]:
    """A draw to come keeps its seed and its places, and is held when it is due."""
    coming = Draw.objects.filter(
        drawn_at=None, called_off_at=None, offering__cancelled_at=None
    ).select_related("offering")
    late = timezone.now() - TICK_SLACK
    wrong = []
    for draw in coming:
        seed = draw.sealed_seed
        if seed is None or commitment_of(seed) != draw.commitment:
            wrong.append(f"draw {draw.pk}: the sealed seed is not the committed one")
        if not draw.offering.awaits_draw:
            wrong.append(f"draw {draw.pk}: its places are not kept")
        if draw.closes_at <= late:
            wrong.append(f"draw {draw.pk}: overdue")
    return wrong + _stray()


def _stray() -> list[str]:
    """Offerings that keep places, and applications, without a draw to come."""
    keeping = Offering.objects.filter(awaits_draw=True, cancelled_at=None).exclude(
        draw__drawn_at=None, draw__called_off_at=None, draw__isnull=False
    )
    applied = WaitingEntry.objects.applied().exclude(offering__awaits_draw=True)
    return [f"offering {o.pk}: keeps its places for no draw" for o in keeping] + [
        f"entry {e.pk}: applied, no draw comes" for e in applied
    ]
