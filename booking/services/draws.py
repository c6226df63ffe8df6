"""Places by draw: announced and committed to first, drawn at closing, verifiable after.

An application is a turn in line that has no place yet: the draw gives every turn its
rank, and the one promotion function makes the offers in that order. Staff choose the
window and nothing else.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Sequence
from uuid import UUID

from accounts.models import Person, User
from booking import seats
from booking.exceptions import DrawRefused
from booking.lottery import commitment_of, digest_of, order_of
from booking.models import (
    Draw,
    DrawPhase,
    EntryState,
    Offering,
    WaitingEntry,
    WaitingEntryQuerySet,
)
from booking.owners import Event, tell
from booking.services import waiting
from booking.services.needs import Needs
from booking.services.places import require_names, require_size
from booking.states import draw_entries
from core.idempotency import form_digest, once
from core.transactions import atomic_retrying

log = logging.getLogger(__name__)

SEED_BYTES = 32
# Who is drawn needs this long to answer, and the next ones too.
CLOSES_BEFORE_START = dt.timedelta(hours=48)


@atomic_retrying
def set_up_draw(
    *,
    offering_id: int,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
) -> Draw:
    """Give the places of an offering by draw, with this window (aware moments).

    The random seed is made and committed to at the first call and never changes; the
    window may change until somebody has applied. Raises DrawRefused.
    """
    offering = seats.lock_one(offering_id)
    _require_window(offering, opens_at, closes_at, now)
    draw = Draw.objects.filter(offering=offering).first()
    if draw is None:
        seed = secrets.token_hex(SEED_BYTES)
        draw = Draw(
            offering=offering,
            commitment=commitment_of(seed),
            sealed_seed=seed,
            committed_at=now,
            committed_by=by,
        )
    _require_untouched(draw)
    draw.opens_at, draw.closes_at, draw.called_off_at = opens_at, closes_at, None
    if not seats.await_draw(offering):
        raise DrawRefused.has_people()
    draw.save()
    return draw


def _require_window(
    offering: Offering, opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime
) -> None:
    if opens_at <= now:
        raise DrawRefused.opens_too_early()
    if closes_at <= opens_at:
        raise DrawRefused.closes_before_it_opens()
    starts_at = offering.starts_at
    if starts_at is not None and closes_at > starts_at - CLOSES_BEFORE_START:
        raise DrawRefused.closes_too_late()


def _require_untouched(draw: Draw) -> None:
    if draw.drawn_at or _applications_of(draw.offering).exists():
        raise DrawRefused.has_applications()


def _applications_of(offering: Offering) -> WaitingEntryQuerySet:
    return WaitingEntry.objects.filter(offering=offering, number__isnull=False)


@atomic_retrying
def call_off_draw(*, offering_id: int, now: dt.datetime) -> None:
    """Give the places by order of arrival again, while nobody has applied.

    Quiet when there is no draw any more. Raises DrawRefused.
    """
    offering = seats.lock_one(offering_id)
    draw = Draw.objects.filter(offering=offering, called_off_at=None).first()
    if draw is None:
        return
    _require_untouched(draw)
    draw.called_off_at = now
    draw.save(update_fields=["called_off_at"])
    seats.end_draw(offering, parties=0)


@atomic_retrying
def apply_for_draw(
    *,
    offering_id: int,
    booker: User,
    people: Sequence[Person | None],
    key: UUID,
    now: dt.datetime,
    needs: Needs | None = None,
) -> WaitingEntry:
    """Let a party take part in the draw; its people are drawn together or not at all.

    None stands for who is named later. The same form sent twice gives the same
    application. Raises DrawRefused outside the window, AlreadyBooked, NamesNeeded,
    PartyTooLarge and MoreThanCapacity.
    """
    record = once(
        key=key,
        actor=f"user:{booker.pk}",
        action="join_draw",
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
    _require_open(offering, now)
    entry = waiting.stand_in_line(
        offering,
        booker,
        people,
        needs or {},
        now,
        application=_applications_of(offering).count() + 1,
    )
    record.remember(entry.pk)
    return entry


def _require_open(offering: Offering, now: dt.datetime) -> None:
    draw = Draw.objects.filter(offering=offering).first()
    if draw is None or not offering.awaits_draw or not offering.is_open:
        raise DrawRefused.is_over()
    if draw.phase(now) == DrawPhase.ANNOUNCED:
        raise DrawRefused.not_open_yet()
    begun = offering.starts_at is not None and offering.starts_at <= now
    if begun or draw.phase(now) != DrawPhase.OPEN:
        raise DrawRefused.is_over()


def run_due_draws(now: dt.datetime) -> int:
    """Hold every draw whose applications have closed; a step of the tick."""
    due = Draw.objects.filter(
        closes_at__lte=now,
        drawn_at=None,
        called_off_at=None,
        offering__cancelled_at=None,
    ).order_by("closes_at")
    offerings = list(due.values_list("offering_id", flat=True))
    return sum(run_draw(offering_id=pk, now=now) for pk in offerings)


@atomic_retrying
def run_draw(*, offering_id: int, now: dt.datetime) -> bool:
    """Close the list of applications, put it in order, and make the offers.

    One transaction under the offering's lock, so that a late, double or simultaneous
    tick draws once, and who applies at the last moment is in the list or refused.
    False when there is nothing to draw.
    """
    offering = seats.lock_one(offering_id)
    draw = Draw.objects.filter(offering=offering).first()
    if draw is None or offering.cancelled_at or draw.phase(now) != DrawPhase.CLOSED:
        return False
    seed: str | None = draw.sealed_seed
    if seed is None:
        log.error("draw %s: the sealed seed cannot be opened", draw.pk)
        return False
    draw.offering = offering
    _write_result(draw, seed, now)
    waiting.fill(offering, now=now)
    still_waiting = WaitingEntry.objects.drawn().filter(
        offering=offering, state=EntryState.WAITING
    )
    for entry in still_waiting:
        for reservation in waiting.waiting_reservations(entry):
            tell(Event.DRAWN, reservation, now)
    return True


def _write_result(draw: Draw, seed: str, now: dt.datetime) -> None:
    applied = WaitingEntry.objects.applied().filter(offering=draw.offering)
    entries = {entry.number: entry for entry in applied if entry.number}
    draw.seed, draw.list_digest = seed, digest_of(entries)
    draw.applications, draw.drawn_at = len(entries), now
    draw.save()
    order = order_of(draw.seed, draw.list_digest, entries)
    draw_entries([entries[number] for number in order], now=now)
    seats.end_draw(draw.offering, parties=len(entries))
