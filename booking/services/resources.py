"""Rooms, machines and people as things that can be taken, and their leave."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import Person, User
from booking import ledger, owners
from booking.exceptions import BookingError
from booking.models import (
    BlockKind,
    MachineKind,
    Resource,
    ResourceKind,
    Room,
    TimeBlock,
)
from core.transactions import atomic_retrying


@atomic_retrying
def resource_of_person(person: Person, *, now: dt.datetime) -> Resource:
    """The person's resource, made when they first teach or consult."""
    resource, is_new = Resource.objects.get_or_create(
        person=person, defaults={"kind": ResourceKind.PERSON}
    )
    if is_new:
        ledger.receive_standing(resource, now=now)
    return resource


@atomic_retrying
def resource_of_room(room: Room, *, now: dt.datetime) -> Resource:
    """The room's resource."""
    resource, is_new = Resource.objects.get_or_create(
        room=room, defaults={"kind": ResourceKind.ROOM}
    )
    if is_new:
        ledger.receive_standing(resource, now=now)
    return resource


@atomic_retrying
def provide_machines(
    kind: MachineKind, *, quantity: int, now: dt.datetime
) -> list[Resource]:
    """See to it that a kind has machines numbered 1 to `quantity`."""
    machines = []
    for number in range(1, quantity + 1):
        machine, is_new = Resource.objects.get_or_create(
            machine_kind=kind, number=number, defaults={"kind": ResourceKind.MACHINE}
        )
        if is_new:
            ledger.receive_standing(machine, now=now)
        machines.append(machine)
    return machines


@atomic_retrying
def take_leave(
    *,
    person: Person,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    by: User,
    now: dt.datetime,
    reason: str = "",
) -> TimeBlock:
    """Block a teacher's or consultant's own time; what is booked inside stays.

    Times are aware. Raises BookingError for an interval that is empty or past.
    """
    _require_future(starts_at, ends_at, now)
    block = TimeBlock.objects.create(
        kind=BlockKind.LEAVE,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        created_by=by,
        created_at=now,
    )
    ledger.stand(block, [resource_of_person(person, now=now).pk])
    return block


@atomic_retrying
def close_centre(
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str,
    by: User | None,
    now: dt.datetime,
) -> TimeBlock:
    """Close everything for a time; what is booked inside stays until it is moved."""
    _require_future(starts_at, ends_at, now)
    block = TimeBlock.objects.create(
        kind=BlockKind.CLOSURE,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        created_by=by,
        created_at=now,
    )
    ledger.stand(block, Resource.objects.values_list("pk", flat=True))
    return block


@atomic_retrying
def end_block(*, block_id: int, now: dt.datetime) -> None:
    """Take leave or a closure back; its cells are free again."""
    block = TimeBlock.objects.select_for_update(no_key=True).get(pk=block_id)
    if block.ended_at is None:
        freed = ledger.extent(block)
        ledger.release(block, now=now)
        block.ended_at = now
        block.save(update_fields=["ended_at"])
        owners.time_freed(freed, now)


def _require_future(
    starts_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime
) -> None:
    if ends_at <= starts_at:
        raise BookingError(_("The end must come after the start."), code="empty")
    if ends_at <= now:
        raise BookingError(_("That time is already over."), code="past")
