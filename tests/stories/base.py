"""What every story has: its world, its models, its clock, and what must be true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accounts.models import Person
from booking.models import BusyCell, Offer, Offering, WaitingEntry
from booking.services import approval, parties, waiting
from core.audit import run_audit
from core.exceptions import HidajError
from tests.factories import NOW
from tests.stories.hours import Hours
from tests.stories.line import Line
from tests.stories.world import FIRST_CELL, World

T = TypeVar("T")
# Chooses among what there is; see `one_of`.
MANY = st.integers(0, 7)

# Who is told of runs is not written here: a recorder stands in for courses.
NOT_HERE = {7, 8}
# The whole audit costs as much as ten steps.
AUDIT_STEPS = 150


class Disagreement(AssertionError):
    """A service did what the model does not, or the audit found something."""


class StoryBase(RuleBasedStateMachine):
    world: ClassVar[World]
    # The whole audit runs after each story whose number this divides.
    audit_every: ClassVar[int] = 10
    told: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.now = NOW
        self.lines = self.world.lines()
        self.hours = self.world.hours()
        self.offerings = [run.offering_id for run in self.world.runs]
        # By run and order of arrival, and by start and person.
        self.entries: dict[tuple[int, int], int] = {
            key: entry.pk for key, entry in self.world.entries.items()
        }
        self.appointments: dict[tuple[int, int], int] = {
            (start, 0): row.pk for start, row in self.world.appointments.items()
        }
        self.before = self._copy()

    def teardown(self) -> None:
        type(self).told += 1
        try:
            if self.told % self.audit_every == 0:
                self.audit()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # -- The clock -----------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 9, 11, 14, 15, 16, 60 * 25, 60 * 60]))
    def time_passes(self, minutes: int) -> None:
        self._set_clock(self.now + dt.timedelta(minutes=minutes))

    @precondition(lambda self: self.deadlines())
    @rule(which=MANY, minutes=st.sampled_from([-1, 0, 1]))
    def a_deadline_comes(self, which: int, minutes: int) -> None:
        """A minute before something ends by itself, then, or a minute later."""
        moment = self.one_of(self.deadlines(), which)
        assert moment is not None
        self._set_clock(max(self.now, moment + dt.timedelta(minutes=minutes)))

    def deadlines(self) -> list[dt.datetime]:
        models = (*self.lines, self.hours)
        found = {moment for model in models for moment in model.deadlines()}
        return sorted(moment for moment in found if moment >= self.now)

    def _set_clock(self, now: dt.datetime) -> None:
        self.now = now
        for model in (*self.lines, self.hours):
            model.now = now

    @rule()
    def tick(self) -> None:
        for line in self.lines:
            if line.release_expired():
                line.fill()
        self.hours.release_expired()
        parties.release_expired_holds(self.now)
        self._offers_lapse()
        self._requests_lapse()
        self._move_lines()

    def _offers_lapse(self) -> None:
        where = {pk: key for key, pk in self.entries.items()}
        due = Offer.objects.open().filter(expires_at__lte=self.now)
        for entry in due.order_by("expires_at").values_list("entry_id", flat=True):
            run, arrived = where[entry]
            self.lines[run].lapse(arrived)
        waiting.expire_offers(self.now)

    def _requests_lapse(self) -> None:
        for line in self.lines:
            due = [p for p, (until, _u) in line.pending.items() if until <= self.now]
            for person in due:
                line.free_place(person)
        approval.expire_requests(self.now)

    def _move_lines(self) -> None:
        for line in self.lines:
            line.fill()
        waiting.move_lines(self.now)

    # -- What must be true after each step -------------------------------------------

    @invariant()
    def places_agree(self) -> None:
        rows = Offering.objects.filter(pk__in=self.offerings).order_by("pk")
        for line, row in zip(self.lines, rows, strict=True):
            expected = (line.capacity, line.taken, len(line.line), line.moves_at)
            found = (
                row.capacity,
                row.seats_taken,
                row.waiting_parties,
                row.line_moves_at,
            )
            self.require(expected == found, f"places: {expected}, not {found}")

    @invariant()
    def turns_agree(self) -> None:
        for run, line in enumerate(self.lines):
            rows = WaitingEntry.objects.filter(offering=self.offerings[run])
            waits = list(rows.in_line().values_list("pk", flat=True))
            offered = set(rows.filter(state="offered").values_list("pk", flat=True))
            turns = [self.entries[run, turn.arrived] for turn in line.in_order()]
            asked = {self.entries[run, arrived] for arrived in line.offered}
            self.require(waits == turns, f"line: {turns}, not {waits}")
            self.require(offered == asked, f"offered: {asked}, not {offered}")

    @invariant()
    def hours_agree(self) -> None:
        cells = BusyCell.objects.filter(
            resource=self.world.resource,
            cell__range=(FIRST_CELL, FIRST_CELL + 95),
        ).values_list("cell", flat=True)
        found = {cell - FIRST_CELL for cell in cells}
        taken = self.hours.taken()
        self.require(found == taken, f"hours: {sorted(taken)}, not {sorted(found)}")

    @invariant()
    def audit_is_clean_now_and_then(self) -> None:
        type(self).steps += 1
        if self.steps % AUDIT_STEPS == 0:
            self.audit()

    def audit(self) -> None:
        """The whole audit, as it stands when the tick was there in time."""
        self._move_lines()
        with time_machine.travel(self.now, tick=False):
            results = run_audit()
        broken = [
            (result.name, result.violations)
            for result in results
            if result.violations and result.invariant not in NOT_HERE
        ]
        self.require(not broken, f"audit: {broken}")

    def require(self, is_true: bool, words: str) -> None:
        if not is_true:
            raise Disagreement(words)

    # -- Helpers -------------------------------------------------------------------

    def _copy(self) -> tuple[list[Line], Hours]:
        return [line.copy() for line in self.lines], self.hours.copy()

    def check_invariants(self, *args: Any, **kwargs: Any) -> None:
        """After the checks of a step the models are kept, for a refusal to undo."""
        super().check_invariants(*args, **kwargs)
        self.before = self._copy()

    def agree(
        self, expected: bool, service: Callable[..., T], **call: object
    ) -> T | None:
        """A service must succeed exactly when the model did; a refusal changes none."""
        if expected:
            return self.call(service, **call)
        self.lines, self.hours = self.before
        self.before = self._copy()
        try:
            with transaction.atomic():
                service(now=self.now, **call)
        except HidajError:
            return None
        raise Disagreement(f"{service.__name__} should have been refused")

    def call(self, service: Callable[..., T], **call: object) -> T:
        try:
            return service(now=self.now, **call)
        except HidajError as error:
            words = f"{service.__name__} was refused: {error.code}"
            raise Disagreement(words) from error

    def persons(self, numbers: Collection[int]) -> list[Person]:
        return [self.world.people[number] for number in sorted(numbers)]

    def in_runs(self, listed: Callable[[Line], Iterable[T]]) -> list[tuple[int, T]]:
        """What the models of both runs list, each with its run."""
        return [
            (run, row) for run, line in enumerate(self.lines) for row in listed(line)
        ]

    def some(self, listed: Callable[[Line], Iterable[T]], which: int) -> tuple[int, T]:
        """One of them; a precondition has seen to it that there is one."""
        found = self.in_runs(listed)
        return found[which % len(found)]

    def one_of(self, rows: Sequence[T], which: int) -> T | None:
        """One of them, or None when there is none."""
        return rows[which % len(rows)] if rows else None
