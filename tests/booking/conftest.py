"""A recording owner in place of courses, so that booking is tested by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from booking import owners
from booking.models import Reservation
from booking.owners import Event, OfferingOwner


@dataclass
class Recorder:
    """What booking told the owner, in order."""

    told: list[tuple[Event, int]] = field(default_factory=list)
    emptied: list[int] = field(default_factory=list)

    def events_of(self, reservation: Reservation) -> list[Event]:
        return [event for event, pk in self.told if pk == reservation.pk]


@pytest.fixture(autouse=True)
def recorder() -> Iterator[Recorder]:
    """Register the recorder for course runs; the real owner comes back afterwards."""
    recorder = Recorder()
    before = dict(owners._owners)
    owners.register(
        OfferingOwner(
            kind="course_run",
            tell=lambda event, r, now: recorder.told.append((event, r.pk)),
            emptied=lambda offering_id, now: recorder.emptied.append(offering_id),
            times=lambda offering_ids, after: [],
        )
    )
    yield recorder
    owners._owners.clear()
    owners._owners.update(before)
