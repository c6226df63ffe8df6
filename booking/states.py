"""The life cycles: a table of transitions for each kind, one write a change."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from booking.exceptions import WrongTransition
from booking.models import (
    OPEN_ENTRY,
    EntryState,
    Offer,
    OfferState,
    Reservation,
    ReservationState,
    StatusChange,
    WaitingEntry,
)
from core.compiled import Change, Insert

R = ReservationState
RESERVATION_TRANSITIONS: dict[str, frozenset[str]] = {
    R.WAITING: frozenset({R.CONFIRMED, R.PENDING, R.CANCELLED, R.TRANSFERRED}),
    R.HELD: frozenset({R.CONFIRMED, R.PENDING, R.EXPIRED, R.CANCELLED}),
    R.PENDING: frozenset({R.CONFIRMED, R.REFUSED, R.EXPIRED, R.CANCELLED}),
    R.CONFIRMED: frozenset(
        {R.COMPLETED, R.INCOMPLETE, R.NO_SHOW, R.CANCELLED, R.TRANSFERRED}
    ),
    # What was written about the end can be mended; the seat stays taken.
    R.COMPLETED: frozenset({R.INCOMPLETE, R.NO_SHOW}),
    R.INCOMPLETE: frozenset({R.COMPLETED, R.NO_SHOW}),
    R.NO_SHOW: frozenset({R.COMPLETED, R.INCOMPLETE}),
}
E = EntryState
ENTRY_TRANSITIONS: dict[str, frozenset[str]] = {
    E.APPLIED: frozenset({E.WAITING, E.LEFT, E.WITHDRAWN}),
    E.WAITING: frozenset({E.OFFERED, E.LEFT, E.WITHDRAWN}),
    E.OFFERED: frozenset({E.TAKEN, E.DECLINED, E.WAITING, E.LEFT, E.WITHDRAWN}),
}
OFFER_TRANSITIONS: dict[str, frozenset[str]] = {
    OfferState.OPEN: frozenset(
        {
            OfferState.TAKEN,
            OfferState.DECLINED,
            OfferState.EXPIRED,
            OfferState.WITHDRAWN,
        }
    ),
}
# The reasons of history rows that no state tells apart.
NAMED = "named"
PASSED_ON = "passed_on"
NEW_PLACES, HISTORY = Insert(Reservation), Insert(StatusChange)
NEW_KEYED_PLACES = Insert(Reservation, has_keys=True)
LASTING = {R.WAITING, R.HELD, R.PENDING, R.CONFIRMED}


def _check(table: dict[str, frozenset[str]], before: str, after: str) -> None:
    if after not in table.get(before, frozenset()):
        raise WrongTransition(f"{before} -> {after}", code="wrong_transition")


def begin(
    reservations: list[Reservation], *, by: User | None, now: dt.datetime
) -> None:
    """Write new reservations together with the first line of their history."""
    NEW_PLACES(reservations)
    HISTORY([_first_line(place, by, now) for place in reservations])


def beginning(
    reservations: list[Reservation], *, by: User | None, now: dt.datetime
) -> list[Change]:
    """As `begin`, for reservations that have their keys, to be written with others."""
    lines = [_first_line(place, by, now) for place in reservations]
    return [
        *(NEW_KEYED_PLACES.writing(place) for place in reservations),
        *(HISTORY.writing(line) for line in lines),
    ]


def _first_line(
    reservation: Reservation, by: User | None, now: dt.datetime
) -> StatusChange:
    return StatusChange(
        reservation=reservation, at=now, by=by, to_state=reservation.state
    )


def begin_history(
    subject: WaitingEntry | Offer, *, by: User | None, now: dt.datetime
) -> None:
    """Write the first line of the history of a new entry or offer."""
    field = "entry" if isinstance(subject, WaitingEntry) else "offer"
    StatusChange.objects.create(
        **{field: subject}, at=now, by=by, to_state=subject.state
    )


def change_reservation(
    reservation: Reservation,
    to: str,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
) -> None:
    """Move a reservation on, with its history row; raises WrongTransition.

    The UPDATE is conditional on the state that was read, so that two processes
    cannot both make the same change. The version rises because every change of
    status raises the calendar's SEQUENCE.
    """
    before = reservation.state
    _check(RESERVATION_TRANSITIONS, before, to)
    reservation.state = to
    reservation.version += 1
    reservation.changed_at = now
    reservation.end_reason = reason
    reservation.ended_at = None if to in LASTING else now
    changed = Reservation.objects.filter(pk=reservation.pk, state=before).update(
        state=to,
        version=reservation.version,
        changed_at=now,
        ended_at=reservation.ended_at,
        end_reason=reason,
    )
    if not changed:
        raise WrongTransition(f"{before} -> {to}", code="changed_meanwhile")
    StatusChange.objects.create(
        reservation=reservation,
        at=now,
        by=by,
        from_state=before,
        to_state=to,
        reason=reason,
    )


def name_reservation(
    reservation: Reservation, *, by: User | None, now: dt.datetime
) -> None:
    """Write the person of a place that had none, with its history row.

    The caller set `person` and the snapshot of their firm. The state stays; the
    version rises, because the calendar's summary names the person. Raises
    WrongTransition when somebody was faster.
    """
    reservation.version += 1
    reservation.changed_at = now
    named = Reservation.objects.filter(
        pk=reservation.pk, person=None, state=reservation.state
    ).update(
        person=reservation.person,
        firm=reservation.firm,
        firm_size_class=reservation.firm_size_class,
        is_cluster_member=reservation.is_cluster_member,
        version=reservation.version,
        changed_at=now,
    )
    if not named:
        raise WrongTransition("named meanwhile", code="changed_meanwhile")
    StatusChange.objects.create(
        reservation=reservation,
        at=now,
        by=by,
        from_state=reservation.state,
        to_state=reservation.state,
        reason=NAMED,
    )


def change_entry(
    entry: WaitingEntry,
    to: str,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
) -> None:
    """Move a waiting entry on, with its history row; raises WrongTransition.

    The caller holds the lock on the offering.
    """
    before = entry.state
    _check(ENTRY_TRANSITIONS, before, to)
    entry.state = to
    is_open = to in OPEN_ENTRY
    entry.ended_at = None if is_open else now
    entry.save(update_fields=["state", "ended_at", "missed_offers"])
    StatusChange.objects.create(
        entry=entry, at=now, by=by, from_state=before, to_state=to, reason=reason
    )


def change_offer(
    offer: Offer, to: str, *, by: User | None, now: dt.datetime, reason: str = ""
) -> None:
    """End an offer, with its history row; raises WrongTransition.

    The caller holds the lock on the offering.
    """
    before = offer.state
    _check(OFFER_TRANSITIONS, before, to)
    offer.state = to
    offer.ended_at = now
    offer.save(update_fields=["state", "ended_at"])
    StatusChange.objects.create(
        offer=offer, at=now, by=by, from_state=before, to_state=to, reason=reason
    )


def extend_deadline(
    offer: Offer, until: dt.datetime, *, by: User | None, now: dt.datetime
) -> None:
    """Let an open offer run until a later moment (UTC), with a row of its history.

    The caller holds the lock on the offering.
    """
    offer.expires_at = until
    offer.save(update_fields=["expires_at"])
    StatusChange.objects.create(
        offer=offer,
        at=now,
        by=by,
        from_state=offer.state,
        to_state=offer.state,
        reason="extended",
    )


def draw_entries(entries: list[WaitingEntry], *, now: dt.datetime) -> None:
    """Let applications wait in this order, the ranks from 1, each with its row.

    The caller holds the lock on the offering. Raises WrongTransition.
    """
    for rank, entry in enumerate(entries, start=1):
        _check(ENTRY_TRANSITIONS, entry.state, E.WAITING)
        entry.state, entry.rank = E.WAITING, rank
    WaitingEntry.objects.bulk_update(entries, ["state", "rank"])
    StatusChange.objects.bulk_create(
        StatusChange(entry=e, at=now, from_state=E.APPLIED, to_state=E.WAITING)
        for e in entries
    )
