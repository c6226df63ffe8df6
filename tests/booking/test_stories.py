"""Random stories of one offering, told to the services and to a simple model.

After every step the two must agree and the audit must be clean. `HIDAJ_NIGHT=1` tells
many more stories than `make test`.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from booking.deadlines import offer_deadline
from booking.exceptions import BookingError
from booking.models import Offer, Offering, Reservation, WaitingEntry
from booking.services import offerings, parties, waiting
from core.audit import run_audit
from tests.factories import NOW, make_offering, make_person, make_user

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
STORIES = 5000 if IS_NIGHT else 100
PEOPLE = 6
HOLD = dt.timedelta(minutes=15)


@dataclass
class Turn:
    """A party in the model's line."""

    people: tuple[int, ...]
    arrived: int
    missed: int = 0


@dataclass
class Model:
    """The rules once more, as plainly as possible."""

    capacity: int
    holds: dict[int, tuple[dt.datetime, int]] = field(default_factory=dict)
    confirmed: set[int] = field(default_factory=set)
    line: list[Turn] = field(default_factory=list)
    offered: dict[int, Turn] = field(default_factory=dict)
    arrivals: int = 0
    now: dt.datetime = NOW
    # Until when free places wait for a turn that needs more of them.
    moves_at: dt.datetime | None = None

    @property
    def taken(self) -> int:
        held = sum(size for _until, size in self.holds.values())
        on_offer = sum(len(turn.people) for turn in self.offered.values())
        return held + len(self.confirmed) + on_offer

    def stands(self, person: int) -> bool:
        turns = [*self.line, *self.offered.values()]
        return person in self.confirmed or any(person in t.people for t in turns)

    def next_turn(self) -> Turn | None:
        return min(self.line, key=lambda t: (t.missed, t.arrived), default=None)

    def fill(self) -> None:
        while (turn := self.who_is_asked()) is not None:
            self.line.remove(turn)
            self.offered[turn.arrived] = turn

    def who_is_asked(self) -> Turn | None:
        free = self.capacity - self.taken
        turn = self.next_turn()
        if turn is None or not free or len(turn.people) <= free:
            self.moves_at = None
            return turn if free else None
        self.moves_at = self.moves_at or offer_deadline(self.now, None)
        if self.moves_at > self.now:
            return None
        fitting = [t for t in self.line if len(t.people) <= free]
        return min(fitting, key=lambda t: (t.missed, t.arrived), default=None)

    def release_expired(self, now: dt.datetime) -> bool:
        expired = [u for u, (until, _size) in self.holds.items() if until <= now]
        for user in expired:
            del self.holds[user]
        return bool(expired)

    def can_take(self, places: int) -> bool:
        return not self.line and self.capacity - self.taken >= places


class Story(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.story = transaction.atomic()
        self.story.__enter__()
        self.now = NOW
        self.users = [make_user() for _ in range(3)]
        self.people = [make_person() for _ in range(PEOPLE)]
        self.offering = make_offering(
            capacity=2, starts_at=NOW + dt.timedelta(days=3650)
        )
        self.model = Model(capacity=2)
        self.entries: dict[int, int] = {}

    def teardown(self) -> None:
        self._audit()
        transaction.set_rollback(True)
        self.story.__exit__(None, None, None)

    # -- What can happen -----------------------------------------------------------

    @rule(
        user=st.integers(0, 2),
        people=st.sets(st.integers(0, 5), min_size=1, max_size=2),
    )
    def book(self, user: int, people: set[int]) -> None:
        before = self._copy()
        expected = self._model_books(user, people)
        if not expected:
            self.model = before
        self._agree(
            expected,
            parties.book,
            booker=self.users[user],
            people=[self.people[p] for p in sorted(people)],
            key=uuid4(),
        )

    def _model_books(self, user: int, people: set[int]) -> bool:
        model = self.model
        until, size = model.holds.get(user, (self.now, 0))
        if any(model.stands(p) for p in people):
            return False
        held = size if until > self.now else 0
        if held > len(people):
            model.holds[user] = (until, len(people))
            model.release_expired(self.now)
            model.fill()
        elif held < len(people) and not self._model_takes(len(people) - held):
            return False
        if held:
            del model.holds[user]
        model.confirmed |= people
        return True

    def _model_takes(self, places: int) -> bool:
        """Whether places are free, if need be after giving expired holds back."""
        if self.model.can_take(places):
            return True
        if not self.model.release_expired(self.now):
            return False
        self.model.fill()
        return self.model.can_take(places)

    @rule(user=st.integers(0, 2), size=st.integers(1, 2))
    def hold(self, user: int, size: int) -> None:
        before = self._copy()
        expected = self._model_holds(user, size)
        if not expected:
            self.model = before
        self._agree(expected, parties.hold_places, booker=self.users[user], size=size)

    def _model_holds(self, user: int, size: int) -> bool:
        model = self.model
        until, _held = model.holds.get(user, (None, 0))
        if until and until > self.now:
            return True
        if until:
            model.release_expired(self.now)
            model.fill()
        if not self._model_takes(size):
            return False
        model.holds[user] = (self.now + HOLD, size)
        return True

    @rule(
        user=st.integers(0, 2),
        people=st.sets(st.integers(0, 5), min_size=1, max_size=2),
    )
    def join(self, user: int, people: set[int]) -> None:
        before = self._copy()
        model = self.model
        model.holds.pop(user, None)
        model.release_expired(self.now)
        model.fill()
        expected = not model.can_take(len(people)) and not any(
            model.stands(p) for p in people
        )
        if expected:
            model.arrivals += 1
            model.line.append(Turn(tuple(sorted(people)), model.arrivals))
            model.fill()
        else:
            self.model = before
        entry = self._agree(
            expected,
            waiting.join_list,
            booker=self.users[user],
            people=[self.people[p] for p in sorted(people)],
            key=uuid4(),
        )
        if isinstance(entry, WaitingEntry):
            self.entries[self.model.arrivals] = entry.pk

    @rule(person=st.integers(0, 5))
    def cancel(self, person: int) -> None:
        if person not in self.model.confirmed:
            return
        self.model.confirmed.remove(person)
        self.model.release_expired(self.now)
        self.model.fill()
        reservation = Reservation.objects.get(
            offering=self.offering, person=self.people[person], state="confirmed"
        )
        parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=self.now)

    @rule(accepts=st.booleans(), which=st.integers(0, 3))
    def answer(self, accepts: bool, which: int) -> None:
        if not self.model.offered:
            return
        arrived = sorted(self.model.offered)[which % len(self.model.offered)]
        offer = Offer.objects.open().get(entry=self.entries[arrived])
        if accepts and offer.expires_at <= self.now:
            with pytest.raises(BookingError):
                waiting.accept_offer(offer_id=offer.pk, by=None, now=self.now)
            return
        turn = self.model.offered.pop(arrived)
        if accepts:
            self.model.confirmed |= set(turn.people)
            waiting.accept_offer(offer_id=offer.pk, by=None, now=self.now)
        else:
            self.model.fill()
            waiting.decline_offer(offer_id=offer.pk, by=None, now=self.now)

    @rule(which=st.integers(0, 3))
    def leave(self, which: int) -> None:
        turns = {t.arrived: t for t in self.model.line} | self.model.offered
        if not turns:
            return
        arrived = sorted(turns)[which % len(turns)]
        self.model.line = [t for t in self.model.line if t.arrived != arrived]
        self.model.offered.pop(arrived, None)
        self.model.fill()
        waiting.leave_list(entry_id=self.entries[arrived], by=None, now=self.now)

    @rule(capacity=st.integers(1, 4))
    def resize(self, capacity: int) -> None:
        expected = capacity >= self.model.taken
        if expected:
            self.model.capacity = capacity
            self.model.fill()
        self._agree(expected, offerings.change_capacity, capacity=capacity)

    @rule(minutes=st.sampled_from([1, 14, 15, 16, 60 * 25, 60 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += dt.timedelta(minutes=minutes)
        self.model.now = self.now

    @rule()
    def tick(self) -> None:
        if self.model.release_expired(self.now):
            self.model.fill()
        due = Offer.objects.open().filter(
            offering=self.offering, expires_at__lte=self.now
        )
        arrived_of = {pk: arrived for arrived, pk in self.entries.items()}
        for entry_id in due.order_by("expires_at").values_list("entry_id", flat=True):
            self._model_lapses(arrived_of[entry_id])
        parties.release_expired_holds(self.now)
        waiting.expire_offers(self.now)
        self._move_lines()

    def _move_lines(self) -> None:
        self.model.fill()
        waiting.move_lines(self.now)

    def _model_lapses(self, arrived: int) -> None:
        turn = self.model.offered.pop(arrived)
        turn.missed += 1
        if turn.missed < 2:
            self.model.line.append(turn)
        self.model.fill()

    # -- What must be true ---------------------------------------------------------

    @invariant()
    def counters_agree(self) -> None:
        offering = Offering.objects.get(pk=self.offering.pk)
        assert offering.capacity == self.model.capacity
        assert offering.seats_taken == self.model.taken
        assert offering.waiting_parties == len(self.model.line)

    @invariant()
    def line_agrees(self) -> None:
        line = WaitingEntry.objects.filter(offering=self.offering).in_line()
        expected = sorted(self.model.line, key=lambda t: (t.missed, t.arrived))
        assert [e.pk for e in line] == [self.entries[t.arrived] for t in expected]
        offered = Offer.objects.open().filter(offering=self.offering)
        assert set(offered.values_list("entry_id", flat=True)) == {
            self.entries[arrived] for arrived in self.model.offered
        }

    @invariant()
    def audit_is_clean_after_every_step_of_the_night(self) -> None:
        if IS_NIGHT:
            self._audit()

    def _audit(self) -> None:
        # The audit expects a tick that was there in time.
        self._move_lines()
        with time_machine.travel(self.now, tick=False):
            results = run_audit()
        broken = [r for r in results if r.violations and r.invariant <= 6]
        assert broken == []

    # -- Helpers -------------------------------------------------------------------

    def _copy(self) -> Model:
        return Model(
            capacity=self.model.capacity,
            holds=dict(self.model.holds),
            confirmed=set(self.model.confirmed),
            line=list(self.model.line),
            offered=dict(self.model.offered),
            arrivals=self.model.arrivals,
            now=self.model.now,
            moves_at=self.model.moves_at,
        )

    def _agree(self, expected: bool, service, **kwargs: object) -> object:  # type: ignore[no-untyped-def]
        """Run a service; it must succeed exactly when the model says so."""
        call = {"offering_id": self.offering.pk, "now": self.now, **kwargs}
        if expected:
            return service(**call)
        with pytest.raises(BookingError):
            service(**call)
        return None


@pytest.mark.django_db
def test_stories_agree_with_the_model() -> None:
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=STORIES,
            stateful_step_count=30,
            deadline=None,
            derandomize=not IS_NIGHT,
            suppress_health_check=list(HealthCheck),
        ),
    )
