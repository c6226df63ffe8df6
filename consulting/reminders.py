"""Reminders of appointments, planned by the tick.

It may run late, twice, or twice at once: every row has its dedupe key.
"""

from __future__ import annotations

import datetime as dt

from booking.models import Reservation
from consulting import messages
from consulting.models import Meeting
from core.transactions import atomic_retrying
from notifications import quiet_hours

AHEAD = dt.timedelta(hours=72)
BEFORE = (dt.timedelta(hours=24), dt.timedelta(hours=2))
# Two that the night moved this close together say the same.
APART = dt.timedelta(hours=6)
# Later than this before the start a reminder helps nobody.
LAST_MOMENT = dt.timedelta(minutes=30)


def plan_reminders(now: dt.datetime) -> int:
    """Plan the reminders of the next 72 hours; returns for how many appointments."""
    meetings = (
        Meeting.objects.live()
        .filter(starts_at__gt=now + LAST_MOMENT, starts_at__lte=now + AHEAD)
        .with_confirmed_people()
        .order_by("pk")
    )
    pks = list(meetings.values_list("pk", flat=True))
    return sum(_plan(meeting_id=pk, now=now) for pk in pks)


@atomic_retrying
def _plan(*, meeting_id: int, now: dt.datetime) -> int:
    meeting = Meeting.objects.get(pk=meeting_id)
    if not meeting.is_live:
        return 0
    return sum(
        _plan_one(meeting, reservation, now)
        for reservation in messages.booked(meeting)
        if reservation.person is not None and reservation.person.wants_reminders
    )


def _plan_one(meeting: Meeting, reservation: Reservation, now: dt.datetime) -> bool:
    """What is due before the news of the appointment itself would repeat it."""
    told_at = max(reservation.changed_at, meeting.changed_at)
    dues = [due for due in due_times(meeting.starts_at) if due > told_at]
    for due_at in dues:
        messages.send_reminder(meeting, reservation, due_at=due_at, now=now)
    return bool(dues)


def due_times(starts_at: dt.datetime) -> list[dt.datetime]:
    """When to remind (UTC): a day and two hours before, earlier than the night."""
    first, second = (quiet_hours.earlier(starts_at - before) for before in BEFORE)
    return [first] if second - first < APART else [first, second]
