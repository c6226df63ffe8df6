"""Invariants 16 and 17 of docs/invariants.md: decisions of the staff, and ends."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q

from booking.models import (
    OVER,
    NoShowForgiven,
    Reservation,
    ReservationState,
    StatusChange,
)


def requests_end_before_the_start() -> list[str]:
    """A request that was made before the start has its deadline not after it."""
    late = Reservation.objects.pending().filter(
        Q(approval_until=None)
        | Q(
            approval_until__gt=F("offering__starts_at"),
            changed_at__lt=F("offering__starts_at"),
        )
    )
    return [f"reservation {r.pk}: waits until after the start" for r in late]


def late_decisions_never_confirm() -> list[str]:
    """No request became a firm place after its deadline."""
    late = StatusChange.objects.filter(
        from_state=ReservationState.PENDING,
        to_state=ReservationState.CONFIRMED,
        at__gte=F("reservation__approval_until"),
    )
    return [f"reservation {c.reservation_id}: approved too late" for c in late]


def nobody_slips_past_approval() -> list[str]:
    """Who needs approval was pending before the place became firm.

    A place that was moved here was decided where it came from.
    """
    changes = StatusChange.objects.filter(reservation=OuterRef("pk"))
    firm = changes.filter(to_state=ReservationState.CONFIRMED)
    asked = changes.filter(to_state=ReservationState.PENDING)
    slipped = Reservation.objects.exclude(approval_for="").filter(
        Exists(firm), ~Exists(asked), previous=None
    )
    return [f"reservation {r.pk}: firm without approval" for r in slipped]


def ends_follow_the_start() -> list[str]:
    """Nobody has completed, or missed, what has not begun."""
    early = Reservation.objects.filter(state__in=OVER).filter(
        Q(offering__starts_at=None) | Q(changed_at__lt=F("offering__starts_at"))
    )
    return [f"reservation {r.pk}: {r.state} before the start" for r in early]


def only_no_shows_are_forgiven() -> list[str]:
    """What was forgiven was a no-show once."""
    missed = StatusChange.objects.filter(
        reservation=OuterRef("reservation"), to_state=ReservationState.NO_SHOW
    )
    wrong = NoShowForgiven.objects.filter(~Exists(missed))
    return [
        f"reservation {row.reservation_id}: forgiven, never missed" for row in wrong
    ]
