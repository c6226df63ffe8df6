"""What consulting does for the offerings that are meetings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from booking import ledger
from booking.models import Offering, OfferingKind, Reservation
from booking.owners import Event, Freed, OfferingOwner, Times
from consulting import messages
from consulting.models import Meeting
from consulting.services.earlier.offers import close_with_hold, pass_on
from consulting.services.earlier.wishes import end_wishes_of
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
    freed = ledger.extent(meeting.block)
    Offering.objects.filter(pk=offering_id).update(is_open=False, cancelled_at=now)
    end_meeting(meeting, now=now)
    close_with_hold(offering_id, now=now)
    pass_on(freed, now=now)


def tell(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """Tell the people, and end what an ended appointment was waiting for."""
    messages.tell(event, reservation, now)
    if event in (Event.CANCELLED_BY_PERSON, Event.CANCELLED_BY_CENTRE):
        end_wishes_of(reservation, now=now)


def pass_on_freed(freed: Freed, now: dt.datetime) -> None:
    """Leave, a closure or a class gave time back."""
    pass_on(freed, now=now)


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
    tell=tell,
    emptied=give_time_back,
    times=meeting_times,
)
