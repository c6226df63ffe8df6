"""The rules of one consultant's hours once more, on one day, in quarters of an hour."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field

# A meeting of an hour, and a pause of a quarter after it.
LENGTH = 5
CLASS_LENGTH = 8
HOLD = dt.timedelta(minutes=10)
MOST_OPEN = 2


@dataclass
class Appointment:
    """A time that a user holds until a moment, or that a person has."""

    user: int
    start: int
    until: dt.datetime | None = None
    person: int | None = None


@dataclass
class Hours:
    """Who takes which quarters; `session` is where the class session stands, if here.

    Leave and closures (`blocks`: from, to, whether the room is closed too) take what
    is free in them, now or later.
    """

    now: dt.datetime
    appointments: list[Appointment] = field(default_factory=list)
    blocks: dict[int, tuple[int, int]] = field(default_factory=dict)
    session: int | None = None

    def copy(self) -> Hours:
        return copy.deepcopy(self)

    def taken(
        self, but: Appointment | None = None, *, classes: bool = True
    ) -> set[int]:
        """Quarters that are taken by anything but one appointment."""
        cells: set[int] = set()
        for one in self.appointments:
            if one is not but:
                cells |= set(range(one.start, one.start + LENGTH))
        for first, last in self.blocks.values():
            cells |= set(range(first, last))
        if classes and self.session is not None:
            cells |= set(range(self.session, self.session + CLASS_LENGTH))
        return cells

    def is_free(self, start: int, but: Appointment | None = None) -> bool:
        return self.taken(but).isdisjoint(range(start, start + LENGTH))

    def deadlines(self) -> list[dt.datetime]:
        return [a.until for a in self.appointments if a.until]

    def hold_of(self, user: int) -> Appointment | None:
        held = (a for a in self.appointments if a.until and a.user == user)
        return next(held, None)

    def booked(self) -> list[Appointment]:
        return [a for a in self.appointments if a.person is not None]

    def of(self, person: int) -> list[Appointment]:
        return [a for a in self.booked() if a.person == person]

    def release_expired(self) -> None:
        self.appointments = [
            a for a in self.appointments if a.until is None or a.until > self.now
        ]

    # -- What people do: False is a refusal, which changes nothing -----------------

    def hold(self, user: int, start: int) -> bool:
        own = self.hold_of(user)
        is_running = own is not None and own.until is not None and own.until > self.now
        if own is not None and is_running and own.start == start:
            return True
        if own is not None:
            self.appointments.remove(own)
        self.release_expired()
        if not self.is_free(start):
            return False
        self.appointments.append(Appointment(user, start, self.now + HOLD))
        return True

    def book(self, user: int, person: int, start: int) -> bool:
        if not self.hold(user, start) or len(self.of(person)) >= MOST_OPEN:
            return False
        own = self.hold_of(user)
        assert own is not None
        own.until, own.person = None, person
        return True

    def move(self, appointment: Appointment, start: int) -> bool:
        self.release_expired()
        if appointment.start == start:
            return True
        if not self.is_free(start, appointment):
            return False
        appointment.start = start
        return True

    def move_class(self, start: int | None) -> bool:
        if start is not None and start != self.session:
            others = self.taken(classes=False)
            if not others.isdisjoint(range(start, start + CLASS_LENGTH)):
                return False
        self.session = start
        return True
