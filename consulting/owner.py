"""What consulting does for the offerings that are meetings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from booking.models import Offering, OfferingKind
from booking.owners import OfferingOwner, Times
from consulting import messages
from consulting.models import Meeting
from consulting.services.meetings import end_meeting


def give_time_back(offering_id: int, now: dt.datetime) -> None:
    """Nobody is booked any more: the meeting ends and its time is free again.

    Called under the lock of the offering.
    """
    meeting = (
        Meeting.objects.live()
        .filter(offering=offering_id)
        .select_related("block")
        .first()
    )
    if meeting is None:
        return
    Offering.objects.filter(pk=offering_id).update(is_open=False, cancelled_at=now)
    end_meeting(meeting, now=now)


def meeting_times(offering_ids: Sequence[int], after: dt.datetime) -> list[Times]:
    """The meetings that end after a moment."""
    meetings = Meeting.objects.live().filter(
        offering__in=offering_ids, ends_at__gt=after
    )
    return [
        Times(m.offering_id, m.service.title, m.starts_at, m.ends_at)
        for m in meetings.select_related("service")
    ]


OWNER = OfferingOwner(
    kind=OfferingKind.MEETING,
    tell=messages.tell,
    emptied=give_time_back,
    times=meeting_times,
)
