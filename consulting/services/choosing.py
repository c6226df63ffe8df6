"""Who takes a meeting: chosen under lock, so that simultaneous requests spread.

Whatever gives a consultant a meeting first locks all who might take it, with the room
and the machines, in primary-key order, and only then looks who is free. So nobody
passes a cap together with somebody else, and "any of them" counts minutes that are
still true when the meeting is written.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from booking import ledger
from consulting import slots
from consulting.models import Meeting
from consulting.slots import Slot, SlotQuery

# How far back and ahead a consultant's hours count when "any" is shared out.
RECENT = dt.timedelta(days=30)
MINUTE = dt.timedelta(minutes=1)


def choose(
    starts_at: dt.datetime, query: SlotQuery, *, also: Iterable[int] = ()
) -> list[Slot]:
    """Lock who might take a meeting and give those who can, the fairest first.

    `also` are resources that the caller will free or take besides.
    """
    lock_all(query, also=also)
    return in_fair_order(slots.slots_at(starts_at, **query), now=query["now"])


def lock_all(query: SlotQuery, *, also: Iterable[int] = ()) -> None:
    """Lock everything that a meeting may take, in primary-key order."""
    wanted = slots.resources_for(query["service"], query["mode"], query["consultant"])
    ledger.lock_resources([*wanted.values_list("pk", flat=True), *also])


def in_fair_order(found: Sequence[Slot], *, now: dt.datetime) -> list[Slot]:
    """A place in a group first, then whoever had the fewest minutes of late."""
    if len(found) < 2:
        return list(found)
    minutes = recent_minutes({slot.consultant_id for slot in found}, now=now)
    return sorted(
        found,
        key=lambda slot: (
            slot.meeting_id is None,
            minutes[slot.consultant_id],
            slot.consultant_id,
        ),
    )


def recent_minutes(people: Iterable[int], *, now: dt.datetime) -> Counter[int]:
    """Minutes of live meetings of each consultant, in the last and the next 30 days."""
    meetings = Meeting.objects.live().filter(
        consultant__in=people,
        starts_at__gte=now - RECENT,
        starts_at__lt=now + RECENT,
    )
    minutes: Counter[int] = Counter()
    for person, start, end in meetings.values_list(
        "consultant", "starts_at", "ends_at"
    ):
        minutes[person] += (end - start) // MINUTE
    return minutes
