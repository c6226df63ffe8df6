"""Calendar entries of leave and closures, for those whom they keep from work."""

from __future__ import annotations

from django.conf import settings

from accounts.models import Person
from booking.models import STANDING_BLOCKS, Claim, Room, TimeBlock
from notifications.calendars import CalendarEntry, uid_domain


def person_entries(person: Person) -> list[CalendarEntry]:
    """A teacher's or consultant's leave, and the closures of the centre."""
    return _entries(resource__person=person)


def room_entries(room: Room) -> list[CalendarEntry]:
    """When a room is closed."""
    return _entries(resource__room=room)


def _entries(**of_resource: object) -> list[CalendarEntry]:
    claims = Claim.objects.filter(block__kind__in=STANDING_BLOCKS, **of_resource)
    blocks = TimeBlock.objects.filter(pk__in=claims.values("block"))
    return [_entry(block) for block in blocks.order_by("starts_at", "pk")]


def _entry(block: TimeBlock) -> CalendarEntry:
    """A block is never moved, only taken back; that is its one change."""
    kind = str(block.get_kind_display())
    return CalendarEntry(
        uid=f"block-{block.pk}@{uid_domain()}",
        sequence=0 if block.ended_at is None else 1,
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        summary=f"{kind}: {block.reason}" if block.reason else kind,
        location="",
        description="",
        url=settings.PUBLIC_BASE_URL,
        status="CONFIRMED" if block.ended_at is None else "CANCELLED",
        changed_at=block.ended_at or block.created_at,
    )
