"""The rules of places and the line once more, as plainly as possible."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field

from booking.deadlines import offer_deadline

HOLD = dt.timedelta(minutes=15)
APPROVAL = dt.timedelta(hours=72)


@dataclass
class Turn:
    """A party in the line."""

    user: int
    people: tuple[int, ...]
    arrived: int
    missed: int = 0
    # Until when an open offer can be accepted.
    until: dt.datetime | None = None

    @property
    def order(self) -> tuple[int, int]:
        return self.missed, self.arrived


@dataclass
class Line:
    """One run: its holds, its people and its line. The start is far away.

    People are small numbers; `confirmed` and `pending` say who booked for them.
    """

    capacity: int
    now: dt.datetime
    holds: dict[int, tuple[dt.datetime, int]] = field(default_factory=dict)
    confirmed: dict[int, int] = field(default_factory=dict)
    pending: dict[int, tuple[dt.datetime, int]] = field(default_factory=dict)
    line: list[Turn] = field(default_factory=list)
    offered: dict[int, Turn] = field(default_factory=dict)
    arrivals: int = 0
    # Until when free places wait for a turn that needs more of them.
    moves_at: dt.datetime | None = None

    def copy(self) -> Line:
        return copy.deepcopy(self)

    @property
    def taken(self) -> int:
        held = sum(size for _until, size in self.holds.values())
        on_offer = sum(len(turn.people) for turn in self.offered.values())
        return held + len(self.confirmed) + len(self.pending) + on_offer

    @property
    def free(self) -> int:
        return self.capacity - self.taken

    def stands(self, person: int) -> bool:
        turns = [*self.line, *self.offered.values()]
        has_place = person in self.confirmed or person in self.pending
        return has_place or any(person in turn.people for turn in turns)

    def firm(self) -> list[int]:
        """People with a place."""
        return list(self.confirmed)

    def asked(self) -> list[int]:
        """People about whom the staff decide."""
        return list(self.pending)

    def firm_or_asked(self) -> list[int]:
        return [*self.confirmed, *self.pending]

    def asked_in_line(self) -> list[int]:
        """Turns with an open offer, by arrival."""
        return sorted(self.offered)

    def turns(self) -> list[int]:
        """Who waits or has an offer, by arrival."""
        return sorted([*(turn.arrived for turn in self.line), *self.offered])

    def deadlines(self) -> list[dt.datetime]:
        """Moments at which something of this run ends by itself."""
        found = [until for until, _size in self.holds.values()]
        found += [until for until, _user in self.pending.values()]
        found += [turn.until for turn in self.offered.values() if turn.until]
        return found + ([self.moves_at] if self.moves_at else [])

    def in_order(self) -> list[Turn]:
        return sorted(self.line, key=lambda turn: turn.order)

    def fill(self) -> None:
        """Offer what is free to the line, in its order."""
        while (turn := self._who_is_asked()) is not None:
            self.line.remove(turn)
            turn.until = offer_deadline(self.now, None)
            self.offered[turn.arrived] = turn

    def _who_is_asked(self) -> Turn | None:
        turns = self.in_order()
        if not turns or not self.free or len(turns[0].people) <= self.free:
            self.moves_at = None
            return turns[0] if turns and self.free else None
        self.moves_at = self.moves_at or offer_deadline(self.now, None)
        if self.moves_at > self.now:
            return None
        return next((t for t in turns if len(t.people) <= self.free), None)

    def release_expired(self) -> bool:
        """End the holds whose time is over."""
        over = [u for u, (until, _size) in self.holds.items() if until <= self.now]
        for user in over:
            del self.holds[user]
        return bool(over)

    def has_room(self, places: int) -> bool:
        """Whether the public may take so many places."""
        return not self.line and self.free >= places

    def take(self, places: int) -> bool:
        """Whether places are free, if need be after giving expired holds back."""
        if self.has_room(places):
            return True
        if not self.release_expired():
            return False
        self.fill()
        return self.has_room(places)

    def seat(self, user: int, people: set[int], *, needs_approval: bool) -> None:
        for person in people:
            if needs_approval:
                self.pending[person] = (self.now + APPROVAL, user)
            else:
                self.confirmed[person] = user

    # -- What people do: False is a refusal, which changes nothing -----------------

    def hold(self, user: int, size: int) -> bool:
        until, _held = self.holds.get(user, (None, 0))
        if until and until > self.now:
            return True
        if until:
            self.release_expired()
            self.fill()
        if not self.take(size):
            return False
        self.holds[user] = (self.now + HOLD, size)
        return True

    def book(self, user: int, people: set[int], *, needs_approval: bool) -> bool:
        until, size = self.holds.get(user, (self.now, 0))
        if any(self.stands(person) for person in people):
            return False
        held = size if until > self.now else 0
        if held > len(people):
            self.holds[user] = (until, len(people))
            self.release_expired()
            self.fill()
        elif held < len(people) and not self.take(len(people) - held):
            return False
        if held:
            del self.holds[user]
        self.seat(user, people, needs_approval=needs_approval)
        return True

    def join(self, user: int, people: set[int]) -> bool:
        self.holds.pop(user, None)
        self.release_expired()
        self.fill()
        if self.has_room(len(people)) or len(people) > self.capacity:
            return False
        if any(self.stands(person) for person in people):
            return False
        self.arrivals += 1
        self.line.append(Turn(user, tuple(sorted(people)), self.arrivals))
        self.fill()
        return True

    def free_place(self, person: int) -> None:
        """A place ended, by cancelling or a refusal."""
        self.confirmed.pop(person, None)
        self.pending.pop(person, None)
        self.release_expired()
        self.fill()

    def receive(self, user: int, person: int) -> bool:
        """Somebody is transferred to this run."""
        self.holds.pop(user, None)
        self.release_expired()
        self.fill()
        if not self.has_room(1) or self.stands(person):
            return False
        self.confirmed[person] = user
        return True

    def lapse(self, arrived: int) -> None:
        """Silence once: behind the others. Twice: out."""
        turn = self.offered.pop(arrived)
        turn.missed += 1
        if turn.missed < 2:
            self.line.append(turn)
        self.fill()
