"""The life of a message: the one table of state changes, and the way to make one."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q

from notifications.exceptions import IllegalTransition
from notifications.models import OPEN_STATES, OutboxQuerySet, State, Urgency

TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset(
        {
            State.SENDING,
            State.SUPERSEDED,
            State.CANCELLED,
            State.EXPIRED,
            State.SUPPRESSED,
        }
    ),
    State.SENDING: frozenset(
        {State.ACCEPTED, State.FAILED, State.PENDING, State.UNKNOWN}
    ),
    State.ACCEPTED: frozenset({State.DELIVERED, State.UNDELIVERED}),
    State.UNKNOWN: frozenset(
        {
            State.ACCEPTED,
            State.DELIVERED,
            State.UNDELIVERED,
            State.FAILED,
            State.PENDING,
        }
    ),
}


def require(old: str, new: str) -> None:
    """Raises IllegalTransition unless the table holds this change."""
    if State(new) not in TRANSITIONS.get(State(old), frozenset()):
        raise IllegalTransition(f"{old} -> {new}")


def move(rows: OutboxQuerySet, *, old: str, new: str, **fields: Any) -> int:
    """Change the state of those rows that are still in `old`; returns how many.

    A lease ends with `sending`. Sealed values are blanked when a message ends; a code
    ends already at `unknown`, because it is never tried again from there.
    """
    require(old, new)
    rows = rows.filter(state=old)
    if new != State.SENDING:
        fields.setdefault("lease_until", None)
    fields.setdefault("next_check_at", None)
    if new == State.UNKNOWN:
        rows.filter(urgency=Urgency.CODE).update(variables="")
    if new not in OPEN_STATES:
        fields["variables"] = ""
    return rows.update(state=new, **fields)


def end_pending(rows: OutboxQuerySet, *, new: str) -> int:
    """End waiting messages; returns how many.

    One that may already be out (a call whose answer was lost) is not called unsent:
    it ends as `unknown`, which staff see. Call it inside a transaction.
    """
    waiting = rows.filter(state=State.PENDING)
    perhaps_sent = list(
        waiting.filter(~Q(first_call_at=None)).values_list("pk", flat=True)
    )
    uncertain = waiting.model.objects.filter(pk__in=perhaps_sent)
    done = 0
    if perhaps_sent:
        move(
            uncertain,
            old=State.PENDING,
            new=State.SENDING,
            lease_until=F("first_call_at"),
        )
        done = move(
            uncertain,
            old=State.SENDING,
            new=State.UNKNOWN,
            next_check_at=F("first_call_at"),
        )
    return done + move(waiting.filter(first_call_at=None), old=State.PENDING, new=new)
