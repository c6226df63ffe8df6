"""What a meeting takes: the consultant, and in the centre a room and machines."""

from __future__ import annotations

import datetime as dt

from accounts.models import Person
from booking import ledger
from booking.ledger import Want
from booking.services.resources import resource_of_person, resource_of_room
from consulting.models import Mode, Service
from consulting.slots import Slot


def meeting_wants(
    service: Service, mode: str, slot: Slot, *, now: dt.datetime
) -> list[Want]:
    """Pauses and travel bind the consultant and the room, never the machines.

    Raises BookingError when too few machines are free.
    """
    travel = service.modes.get(mode=mode).travel_minutes
    before = service.buffer_before_minutes + travel
    after = service.buffer_after_minutes + travel
    person = Person.objects.get(pk=slot.consultant_id)
    wants = [Want(resource_of_person(person, now=now).pk, before, after)]
    if mode != Mode.IN_PERSON:
        return wants
    if service.room is not None:
        wants.append(Want(resource_of_room(service.room, now=now).pk, before, after))
    for need in service.machines.select_related("kind").order_by("kind"):
        wants += [
            Want(pk)
            for pk in ledger.free_machines(
                need.kind, need.count, slot.starts_at, slot.ends_at
            )
        ]
    return wants
