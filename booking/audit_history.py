"""Invariants 4 to 6, 9 and 11, as the history of places, turns and offers tells them.

Rows of one offering's line are written under its lock, so their primary keys give the
order in which things happened. Taking a free place waits for no lock: there only the
times count, and whatever happened within `SLACK` of it may have come before or after.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db.models import Count, F, Model, Q

from booking.models import (
    GIVEN_BACK,
    OPEN_ENTRY,
    SEATED,
    EntryState,
    Offer,
    OfferState,
    Party,
    Reservation,
    ReservationState,
    StatusChange,
    WaitingEntry,
)
from booking.states import (
    ENTRY_TRANSITIONS,
    OFFER_TRANSITIONS,
    RESERVATION_TRANSITIONS,
)
from core.idempotency import lost_results

# No transaction lasts longer than this between reading the clock and its commit.
SLACK = dt.timedelta(minutes=2)

TABLES: dict[str, tuple[type[Model], dict[str, frozenset[str]]]] = {
    "reservation": (Reservation, RESERVATION_TRANSITIONS),
    "entry": (WaitingEntry, ENTRY_TRANSITIONS),
    "offer": (Offer, OFFER_TRANSITIONS),
}


# -- 6: every change has its row ------------------------------------------------------


def every_change_has_its_row() -> list[str]:
    """The history of each reservation, entry and offer leads to its state, unbroken."""
    return [line for name in TABLES for line in _gaps(name)]


def _gaps(name: str) -> Iterator[str]:
    model, table = TABLES[name]
    steps = _steps(name)
    rows = model._default_manager.order_by("pk").values_list("pk", "state")
    for pk, state in rows:
        chain = steps.get(pk, [])
        last = chain[-1][1] if chain else None
        if last != state:
            yield f"{name} {pk}: {state}, history says {last}"
        elif chain[0][0]:
            yield f"{name} {pk}: history begins with {chain[0][0]}"
        yield from _wrong_steps(f"{name} {pk}", chain, table)


def _steps(name: str) -> dict[int, list[tuple[str, str]]]:
    """From and to of each step, in order, by the key of what they are about."""
    steps = defaultdict(list)
    rows = StatusChange.objects.filter(**{f"{name}__isnull": False}).order_by("pk")
    for pk, before, after in rows.values_list(name, "from_state", "to_state"):
        steps[pk].append((before, after))
    return steps


def _wrong_steps(
    subject: str, chain: list[tuple[str, str]], table: dict[str, frozenset[str]]
) -> Iterator[str]:
    for (_before, was), (before, after) in pairwise(chain):
        if was != before:
            yield f"{subject}: {was}, then a change from {before}"
        # A row from a state to itself tells of something else, as a later deadline.
        elif after != before and after not in table.get(before, frozenset()):
            yield f"{subject}: {before} never becomes {after}"


# -- 5: offers ------------------------------------------------------------------------


def offers_end_as_entries_do() -> list[str]:
    """A taken offer belongs to a taken entry, with nobody left waiting in its party."""
    taken = Offer.objects.filter(state=OfferState.TAKEN)
    wrong = taken.exclude(entry__state=EntryState.TAKEN)
    without = (
        WaitingEntry.objects.filter(state=EntryState.TAKEN)
        .annotate(n=Count("offers", filter=Q(offers__state=OfferState.TAKEN)))
        .exclude(n=1)
    )
    stuck = Reservation.objects.filter(state=ReservationState.WAITING).exclude(
        party__waiting_entry__state__in=OPEN_ENTRY
    )
    return [
        *(f"offer {o.pk}: taken, entry {o.entry_id} is not" for o in wrong),
        *(f"entry {e.pk}: taken by {e.n} offers" for e in without),
        *(f"reservation {r.pk}: waits in no line" for r in stuck),
    ]


@dataclass
class _Line:
    """Who waits in one offering, as its history is read: missed offers by entry."""

    ranks: dict[int, int]
    waiting: dict[int, int] = field(default_factory=dict)
    missed: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def read(self, entry: int, before: str, after: str) -> None:
        self.waiting.pop(entry, None)
        if after == EntryState.WAITING:
            self.missed[entry] += before == EntryState.OFFERED
            self.waiting[entry] = self.missed[entry]

    def before(self, entry: int) -> list[int]:
        """Who goes first: whoever let fewer offers pass, then by draw, by arrival."""
        turn = (self.waiting.get(entry, 0), self.ranks[entry], entry)
        return [
            other
            for other, missed in self.waiting.items()
            if (missed, self.ranks[other], other) < turn
        ]


def offers_follow_the_line() -> list[str]:
    """Whoever was offered a place was next in line at that moment.

    A party that needs more places may be passed, when they had waited for it.
    """
    ranks = dict(WaitingEntry.objects.values_list("pk", "rank"))
    lines: dict[int, _Line] = defaultdict(lambda: _Line(ranks))
    offers = _offers_by_entry()
    # As it was at the beginning: a party may become smaller while it waits.
    places = dict(WaitingEntry.objects.values_list("pk", "party__size"))
    wrong = []
    rows = StatusChange.objects.filter(entry__isnull=False).order_by("pk")
    for offering, entry, before, after in rows.values_list(
        "entry__offering", "entry", "from_state", "to_state"
    ):
        line = lines[offering]
        if after == EntryState.OFFERED:
            offered, has_waited = next(offers[entry], (0, False))
            wrong += [
                f"entry {entry}: offered a place before entry {passed}"
                for passed in line.before(entry)
                if not has_waited or places[passed] <= offered
            ]
        line.read(entry, before, after)
    return wrong


def _offers_by_entry() -> dict[int, Iterator[tuple[int, bool]]]:
    """The places of each offer in order, and whether a larger party might be passed."""
    offers: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    rows = Offer.objects.order_by("pk").values_list("entry", "places", "passed_from_at")
    for entry, places, passed_from_at in rows:
        offers[entry].append((places, passed_from_at is not None))
    found: dict[int, Iterator[tuple[int, bool]]] = defaultdict(lambda: iter(()))
    found.update((entry, iter(rows)) for entry, rows in offers.items())
    return found


# -- 4: nobody passes the line --------------------------------------------------------


def nobody_passed_the_line() -> list[str]:
    """No place was taken from outside while a party waited, before and after it."""
    waits = _waits()
    fresh = (
        StatusChange.objects.filter(
            reservation__offering__in=list(waits),
            from_state="",
            to_state__in=SEATED,
        )
        # A place that changed hands was taken before.
        .exclude(reservation__previous__offering=F("reservation__offering"))
        .order_by("pk")
    )
    return [
        f"reservation {pk}: taken while entry {entry} waited"
        for pk, offering, party, at in fresh.values_list(
            "reservation", "reservation__offering", "reservation__party", "at"
        )
        for entry in _waited_around(at, party, waits[offering])
    ]


@dataclass(frozen=True)
class _Wait:
    """One stretch of time that a party stood in a line; `to_at` None is until now."""

    entry: int
    party: int
    from_at: dt.datetime
    to_at: dt.datetime | None


def _waits() -> dict[int, list[_Wait]]:
    """All stretches of waiting, by offering."""
    waits: dict[int, list[_Wait]] = defaultdict(list)
    begun: dict[int, dt.datetime] = {}
    rows = StatusChange.objects.filter(entry__isnull=False).order_by("pk")
    parties: dict[int, tuple[int, int]] = {}
    for offering, entry, party, at, after in rows.values_list(
        "entry__offering", "entry", "entry__party", "at", "to_state"
    ):
        if entry in begun:
            waits[offering].append(_Wait(entry, party, begun.pop(entry), at))
        if after == EntryState.WAITING:
            begun[entry], parties[entry] = at, (offering, party)
    for entry, since in begun.items():
        offering, party = parties[entry]
        waits[offering].append(_Wait(entry, party, since, None))
    return waits


def _waited_around(
    at: dt.datetime, party: int, waits: Iterable[_Wait]
) -> Iterator[int]:
    for wait in waits:
        is_over = wait.to_at is not None and wait.to_at <= at + SLACK
        if wait.party != party and wait.from_at < at - SLACK and not is_over:
            yield wait.entry


# -- 1, 9 and 11: parties, holds, forms, versions -------------------------------------


def parties_have_their_places() -> list[str]:
    """A party has as many places as its size; one that was handed on counts once.

    Places that a hold gave back before it was booked do not count; a hold that was
    given back as a whole has none.
    """
    handed_on = Q(reservations__successors__party=F("pk"))
    given_back = Q(reservations__end_reason=GIVEN_BACK)
    counted = Party.objects.annotate(
        n=Count("reservations", filter=~given_back, distinct=True),
        gone=Count("reservations", filter=handed_on, distinct=True),
        back=Count("reservations", filter=given_back, distinct=True),
    )
    wrong: Any = counted.exclude(size=F("n") - F("gone")).exclude(n=0, back__gt=0)
    return [f"party {p.pk}: size {p.size}, {p.n - p.gone} places" for p in wrong]


def holds_have_deadlines() -> list[str]:
    """A held place has a deadline, or nothing would ever give it back."""
    held = Reservation.objects.filter(state=ReservationState.HELD)
    endless = held.filter(party__held_until=None)
    return [f"reservation {r.pk}: held without a deadline" for r in endless]


def forms_have_results() -> list[str]:
    """What a form was answered with is there."""
    return [
        *lost_results("book", Party),
        *lost_results("join_list", WaitingEntry),
        *lost_results("join_draw", WaitingEntry),
    ]


def versions_count_changes() -> list[str]:
    """A reservation's version rose with every change of its state."""
    is_change = ~Q(status_changes__from_state=F("status_changes__to_state"))
    changes = Count("status_changes", filter=is_change)
    wrong = Reservation.objects.annotate(changes=changes).filter(
        version__lt=F("changes") - 1
    )
    return [
        f"reservation {r.pk}: version {r.version}, {r.changes - 1} changes"
        for r in wrong
    ]
