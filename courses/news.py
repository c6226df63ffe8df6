"""What a change of a class session is to one who has not heard of the one before it.

A message that a newer change overtook is never sent. The newer one then tells of both:
from what its reader knows to what is now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from booking.models import Room
from courses.models import ClassSession, SessionChange, SessionNotice
from notifications.models import OutboxMessage, State

# Subjects as `courses.messages` writes them.
NOTICE, CHANGE = "session_notice", "session_change"
# States of a message that was read, or may have been.
WENT_OUT = (
    State.SENDING,
    State.ACCEPTED,
    State.DELIVERED,
    State.UNDELIVERED,
    State.UNKNOWN,
)


@dataclass(frozen=True)
class News:
    """Before and now (UTC); `to_at` None is cancelled, rooms None are as they were."""

    from_at: dt.datetime
    to_at: dt.datetime | None
    from_room: Room | None = None
    to_room: Room | None = None

    @property
    def is_same_time(self) -> bool:
        return self.from_at == self.to_at

    @property
    def has_other_room(self) -> bool:
        return self.from_room != self.to_room


def news_of_notice(notice: SessionNotice) -> News | None:
    """For one enrolled person; None for a class session that never changed."""
    changes = _changes_until(notice.class_session, notice.schedule_version)
    if not changes:
        return None
    dropped = SessionNotice.objects.filter(
        class_session=notice.class_session, reservation=notice.reservation_id
    ).exclude(pk__in=_went_out(NOTICE))
    return _as_one(changes, set(dropped.values_list("schedule_version", flat=True)))


def news_of_change(change: SessionChange) -> News:
    """For those who teach; what went out to one of them counts as heard."""
    changes = _changes_until(change.class_session, change.schedule_version)
    dropped = change.class_session.changes.exclude(pk__in=_went_out(CHANGE))
    return _as_one(changes, set(dropped.values_list("schedule_version", flat=True)))


def _changes_until(session: ClassSession, version: int) -> list[SessionChange]:
    changes = session.changes.filter(schedule_version__lte=version)
    return list(
        changes.select_related("from_room", "to_room").order_by("schedule_version")
    )


def _went_out(subject_kind: str) -> QuerySet[OutboxMessage, int]:
    """Subjects whose message went out, or may have."""
    rows = OutboxMessage.objects.filter(subject_kind=subject_kind, state__in=WENT_OUT)
    return rows.values_list("subject_id", flat=True)


def _as_one(changes: Sequence[SessionChange], dropped: set[int]) -> News:
    """The newest change with those just before it that were dropped; oldest first."""
    first = len(changes) - 1
    while first > 0 and changes[first - 1].schedule_version in dropped:
        first -= 1
    unheard = changes[first:]
    moved = [change for change in unheard if change.to_room is not None]
    return News(
        from_at=unheard[0].from_starts_at,
        to_at=unheard[-1].to_starts_at,
        from_room=moved[0].from_room if moved else None,
        to_room=moved[-1].to_room if moved else None,
    )
