"""What can happen to the places of two runs."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from booking.models import Offer, Reservation, WaitingEntry
from booking.services import approval, naming, offerings, parties, transfers, waiting
from booking.services.needs import Need
from tests.stories.base import MANY, StoryBase
from tests.stories.line import Line
from tests.stories.world import PEOPLE, USERS

RUNS = st.integers(0, 1)
ANY_USER = st.integers(0, USERS - 1)
ANYBODY = st.integers(0, PEOPLE - 1)
ONE_OR_TWO = st.sets(ANYBODY, min_size=1, max_size=2)


class PlaceRules(StoryBase):
    @rule(run=RUNS, user=ANY_USER, people=ONE_OR_TWO, needs_approval=st.booleans())
    def book(self, run: int, user: int, people: set[int], needs_approval: bool) -> None:
        persons = self.persons(people)
        needs = {person.pk: Need(("prerequisite",)) for person in persons}
        self.agree(
            self.lines[run].book(user, people, needs_approval=needs_approval),
            parties.book,
            offering_id=self.offerings[run],
            booker=self.world.users[user],
            people=persons,
            key=uuid4(),
            needs=needs if needs_approval else {},
        )

    @rule(run=RUNS, user=ANY_USER, size=st.integers(1, 2))
    def hold(self, run: int, user: int, size: int) -> None:
        self.agree(
            self.lines[run].hold(user, size),
            parties.hold_places,
            offering_id=self.offerings[run],
            booker=self.world.users[user],
            size=size,
        )

    @rule(run=RUNS, user=ANY_USER, people=ONE_OR_TWO)
    def join(self, run: int, user: int, people: set[int]) -> None:
        entry = self.agree(
            self.lines[run].join(user, people),
            waiting.join_list,
            offering_id=self.offerings[run],
            booker=self.world.users[user],
            people=self.persons(people),
            key=uuid4(),
        )
        if isinstance(entry, WaitingEntry):
            self.entries[run, self.lines[run].arrivals] = entry.pk

    @precondition(lambda self: self.in_runs(Line.firm_or_asked))
    @rule(which=MANY, by_centre=st.booleans())
    def cancel(self, which: int, by_centre: bool) -> None:
        run, person = self.some(Line.firm_or_asked, which)
        self.lines[run].free_place(person)
        self.call(
            parties.cancel_reservation,
            reservation_id=self.place(run, person).pk,
            by=None,
            by_centre=by_centre,
            reason="بیماری",
        )

    @precondition(lambda self: self.in_runs(Line.firm))
    @rule(which=MANY)
    def transfer(self, which: int) -> None:
        """To the other run: never both, never none."""
        run, person = self.some(Line.firm, which)
        old, new = self.lines[run], self.lines[1 - run]
        place = self.place(run, person)
        is_possible = new.receive(old.confirmed[person], person)
        if is_possible:
            old.free_place(person)
        self.agree(
            is_possible,
            transfers.transfer,
            reservation_ids=[place.pk],
            to_offering_id=self.offerings[1 - run],
            by=None,
        )

    @precondition(lambda self: self.in_runs(Line.firm))
    @rule(which=MANY, successor=ANYBODY)
    def pass_on(self, which: int, successor: int) -> None:
        """To another person, who may stand there already."""
        run, person = self.some(Line.firm, which)
        line = self.lines[run]
        if person == successor:
            return
        place = self.place(run, person)
        is_possible = not line.stands(successor)
        if is_possible:
            line.confirmed[successor] = line.confirmed.pop(person)
        self.agree(
            is_possible,
            naming.pass_on,
            reservation_id=place.pk,
            person=self.world.people[successor],
            by=None,
        )

    @precondition(lambda self: self.in_runs(Line.asked))
    @rule(which=MANY, is_approved=st.booleans())
    def decide(self, which: int, is_approved: bool) -> None:
        run, person = self.some(Line.asked, which)
        line = self.lines[run]
        place = self.place(run, person)
        until, user = line.pending[person]
        in_time = until > self.now
        if in_time and is_approved:
            del line.pending[person]
            line.confirmed[person] = user
        elif in_time:
            line.free_place(person)
        self.agree(
            in_time,
            approval.approve if is_approved else approval.refuse,
            reservation_id=place.pk,
            by=self.world.users[0],
            reason="ظرفیت کارگاه",
        )

    @precondition(lambda self: self.in_runs(Line.asked_in_line))
    @rule(which=MANY, accepts=st.booleans())
    def answer(self, which: int, accepts: bool) -> None:
        run, arrived = self.some(Line.asked_in_line, which)
        line = self.lines[run]
        offer = Offer.objects.open().get(entry=self.entries[run, arrived])
        until = line.offered[arrived].until
        self.require(until == offer.expires_at, f"offer: {until}, not {offer}")
        in_time = offer.expires_at > self.now
        if accepts and in_time:
            turn = line.offered.pop(arrived)
            line.seat(turn.user, set(turn.people), needs_approval=False)
        elif not accepts:
            del line.offered[arrived]
            line.fill()
        service = waiting.accept_offer if accepts else waiting.decline_offer
        self.agree(in_time or not accepts, service, offer_id=offer.pk, by=None)

    @precondition(lambda self: self.in_runs(Line.turns))
    @rule(which=MANY)
    def leave(self, which: int) -> None:
        run, arrived = self.some(Line.turns, which)
        line = self.lines[run]
        line.line = [turn for turn in line.line if turn.arrived != arrived]
        line.offered.pop(arrived, None)
        line.fill()
        self.call(waiting.leave_list, entry_id=self.entries[run, arrived], by=None)

    @rule(run=RUNS, capacity=st.integers(1, 5))
    def resize(self, run: int, capacity: int) -> None:
        line = self.lines[run]
        is_possible = capacity >= line.taken
        if is_possible:
            line.capacity = capacity
            line.fill()
        self.agree(
            is_possible,
            offerings.change_capacity,
            offering_id=self.offerings[run],
            capacity=capacity,
        )

    def place(self, run: int, person: int) -> Reservation:
        """The one live place of a person in a run."""
        return Reservation.objects.live().get(
            offering=self.offerings[run], person=self.world.people[person]
        )
