"""Rules made faulty on purpose, for the process of `faulty_stories` alone.

Each fault puts one wrong function in place of a right one, as a careless change would.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from booking import ledger, seats, states
from booking.models import Claim, Offer, Offering, StatusChange, WaitingEntryQuerySet
from booking.services import approval, parties, transfers, waiting
from consulting.services import appointments, meetings

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}


def fault(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[apply.__name__] = apply
    return apply


def do_nothing(*args: Any, **kwargs: Any) -> int:
    return 0


@fault
def no_promotion_after_cancel(patch: Patch) -> None:
    def free_seats(offering: Offering, places: int, *, now: dt.datetime) -> None:
        seats.give_back(offering, places)

    patch.setattr(parties, "free_seats", free_seats)


@fault
def seat_is_not_given_back(patch: Patch) -> None:
    patch.setattr(seats, "give_back", do_nothing)


@fault
def public_passes_the_line(patch: Patch) -> None:
    def take(offering_id: int, places: int, *, now: dt.datetime) -> bool:
        rows = Offering.objects.bookable(now).filter(
            pk=offering_id, capacity__gte=F("seats_taken") + places
        )
        return bool(rows.update(seats_taken=F("seats_taken") + places))

    patch.setattr(seats, "take", take)


@fault
def line_is_served_from_its_end(patch: Patch) -> None:
    def in_line(self: WaitingEntryQuerySet) -> WaitingEntryQuerySet:
        return self.waiting().order_by("missed_offers", "-pk")

    patch.setattr(WaitingEntryQuerySet, "in_line", in_line)


@fault
def expired_offer_confirms(patch: Patch) -> None:
    accept = waiting.accept_offer

    def accept_offer(*, offer_id: int, by: Any, now: dt.datetime) -> Any:
        until = Offer.objects.get(pk=offer_id).expires_at
        in_time = min(now, until - dt.timedelta(minutes=1))
        return accept(offer_id=offer_id, by=by, now=in_time)

    patch.setattr(waiting, "accept_offer", accept_offer)


@fault
def approved_after_its_deadline(patch: Patch) -> None:
    patch.setattr(approval, "_is_over", lambda reservation, now: False)


@fault
def transferred_person_keeps_both(patch: Patch) -> None:
    patch.setattr(transfers, "free_seats", do_nothing)


@fault
def cancelling_writes_no_history(patch: Patch) -> None:
    change = states.change_reservation

    def change_reservation(reservation: Any, to: str, **kwargs: Any) -> None:
        change(reservation, to, **kwargs)
        StatusChange.objects.filter(reservation=reservation, to_state=to).delete()

    patch.setattr(parties, "change_reservation", change_reservation)


@fault
def cells_are_not_released(patch: Patch) -> None:
    def release(block: Any, *, now: dt.datetime) -> None:
        Claim.objects.filter(block=block, ended_at=None).update(ended_at=now)

    patch.setattr(ledger, "release", release)


@fault
def leave_inherits_nothing(patch: Patch) -> None:
    patch.setattr(ledger, "_hand_over", do_nothing)


@fault
def moved_meeting_forgets_its_pause(patch: Patch) -> None:
    wants = meetings.meeting_wants

    def meeting_wants(service: Any, *args: Any, **kwargs: Any) -> Any:
        service.buffer_after_minutes = 0
        return wants(service, *args, **kwargs)

    patch.setattr(meetings, "meeting_wants", meeting_wants)


@fault
def no_limit_of_open_appointments(patch: Patch) -> None:
    patch.setattr(appointments, "open_appointments", do_nothing)
