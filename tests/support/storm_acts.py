"""What the writers of a storm do, each act through the service that the page calls.

Runs inside a writer's process (tests/support/writer.py). An act gives the facts that
its answer promised: (subject, key, state), each of which must be in the history.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import Person, User
from booking.models import Offer, Party, Reservation, TimeBlock, WaitingEntry
from booking.services import approval, naming, parties, resources, waiting
from booking.services.needs import Need
from booking.services.transfers import transfer
from consulting.models import Meeting
from consulting.services.appointments import book_appointment, hold_slot
from consulting.services.meetings import move_appointment
from courses.models import ClassSession, CourseRun
from courses.services import enrolment, runs, schedule

Fact = tuple[str, int, str]

# How long ago a place was held that shall run out within a second or two.
NEARLY_EXPIRED = dt.timedelta(minutes=14, seconds=58)


@dataclass(frozen=True)
class Field:
    """What the storm plays with, by primary keys; `starts` are ISO times."""

    runs: list[int]
    service: int
    consultants: list[int]
    starts: list[str]
    users: list[int]
    people: list[int]


@dataclass(frozen=True)
class Act:
    """One act of one writer; the same random seed chooses the same things."""

    field: Field
    random: Random
    key: UUID
    now: dt.datetime

    @property
    def user(self) -> User:
        return User.objects.get(pk=self.random.choice(self.field.users))

    @property
    def run(self) -> int:
        return self.random.choice(self.field.runs)

    @property
    def start(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.random.choice(self.field.starts))

    def people(self, most: int = 1) -> list[Person]:
        """One person or more, in the order of their keys."""
        chosen = self.random.sample(self.field.people, self.random.randint(1, most))
        return list(Person.objects.filter(pk__in=chosen).order_by("pk"))

    def one_of(self, rows: Any) -> Any:
        """A row at random, or None."""
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        return self.random.choice(keys) if keys else None


def _reservations(rows: list[Reservation]) -> list[Fact]:
    return [("reservation", row.pk, row.state) for row in rows]


def _party(party: Party) -> list[Fact]:
    return _reservations(list(party.reservations.all()))


def hold(act: Act) -> list[Fact]:
    long_ago = NEARLY_EXPIRED if act.random.random() < 0.5 else dt.timedelta()
    party = enrolment.hold_place(
        run_id=act.run, booker=act.user, now=act.now - long_ago
    )
    return [("reservation", row.pk, "held") for row in party.reservations.all()]


def book(act: Act) -> list[Fact]:
    run, user, people = act.run, act.user, act.people(most=2)
    return _reservations(
        enrolment.enrol(
            run_id=run, booker=user, people=people, key=act.key, now=act.now
        )
    )


def join(act: Act) -> list[Fact]:
    run, user, people = act.run, act.user, act.people(most=2)
    entry = enrolment.join_waiting_list(
        run_id=run, booker=user, people=people, key=act.key, now=act.now
    )
    return [("entry", entry.pk, "waiting")]


def cancel(act: Act) -> list[Fact]:
    pk = act.one_of(Reservation.objects.confirmed())
    if pk is None:
        return []
    row = parties.cancel_reservation(reservation_id=pk, by=None, now=act.now)
    return [("reservation", row.pk, "cancelled")]


def change_run(act: Act) -> list[Fact]:
    pk = act.one_of(Reservation.objects.confirmed().filter(person__isnull=False))
    to = CourseRun.objects.get(pk=act.run).offering_id
    if pk is None or Meeting.objects.filter(offering__reservations=pk).exists():
        return []
    rows = transfer(reservation_ids=[pk], to_offering_id=to, by=None, now=act.now)
    return [("reservation", pk, "transferred"), *_reservations(rows)]


def pass_on(act: Act) -> list[Fact]:
    pk, (person,) = act.one_of(Reservation.objects.confirmed()), act.people()
    if pk is None or Meeting.objects.filter(offering__reservations=pk).exists():
        return []
    row = naming.pass_on(reservation_id=pk, person=person, by=None, now=act.now)
    return _reservations([row])


def ask(act: Act) -> list[Fact]:
    """Book a place that the staff have to approve."""
    run, user, people = act.run, act.user, act.people()
    rows = parties.book(
        offering_id=CourseRun.objects.get(pk=run).offering_id,
        booker=user,
        people=people,
        key=act.key,
        now=act.now,
        needs={person.pk: Need(("prerequisite",)) for person in people},
    )
    return _reservations(rows)


def decide(act: Act) -> list[Fact]:
    pk = act.one_of(Reservation.objects.pending())
    if pk is None:
        return []
    service = act.random.choice([approval.approve, approval.refuse])
    row = service(reservation_id=pk, by=act.user, reason="ظرفیت", now=act.now)
    return _reservations([row])


def give_up(act: Act) -> list[Fact]:
    pk = act.one_of(Party.objects.with_live_hold(act.now))
    if pk is not None:
        by = Party.objects.get(pk=pk).booked_by
        parties.give_up_hold(party_id=pk, by=by, now=act.now)
    return []


def accept(act: Act) -> list[Fact]:
    pk = act.one_of(Offer.objects.open())
    if pk is None:
        return []
    rows = waiting.accept_offer(offer_id=pk, by=None, now=act.now)
    return [("offer", pk, "taken"), *_reservations(rows)]


def decline(act: Act) -> list[Fact]:
    pk = act.one_of(Offer.objects.open())
    if pk is None:
        return []
    waiting.decline_offer(offer_id=pk, by=None, now=act.now)
    return [("offer", pk, "declined")]


def lapse(act: Act) -> list[Fact]:
    """The time of one offer runs out."""
    offer = Offer.objects.filter(pk=act.one_of(Offer.objects.open())).first()
    if offer and waiting.expire_offer(offer_id=offer.pk, now=offer.expires_at):
        return [("offer", offer.pk, "expired")]
    return []


def leave(act: Act) -> list[Fact]:
    pk = act.one_of(WaitingEntry.objects.waiting())
    if pk is not None:
        waiting.leave_list(entry_id=pk, by=None, now=act.now)
    return []


def resize(act: Act) -> list[Fact]:
    runs.change_capacity(
        run_id=act.run, capacity=act.random.randint(2, 12), now=act.now
    )
    return []


def tick(act: Act) -> list[Fact]:
    parties.release_expired_holds(act.now)
    waiting.expire_offers(act.now)
    waiting.move_lines(act.now)
    return []


def move_class(act: Act) -> list[Fact]:
    run = CourseRun.objects.get(pk=act.run)
    session = ClassSession.objects.get(run=run, number=2)
    hour = act.random.choice([8, 10, 12])
    schedule.move_class_session(
        session_id=session.pk,
        on=session.wall_on,
        start=dt.time(hour),
        end=dt.time(hour + 4),
        by=None,
        now=act.now,
    )
    return []


def hold_time(act: Act) -> list[Fact]:
    party = hold_slot(
        service_id=act.field.service,
        mode="phone",
        consultant_id=None,
        starts_at=act.start,
        booker=act.user,
        now=act.now,
    )
    return [("reservation", row.pk, "held") for row in party.reservations.all()]


def book_time(act: Act) -> list[Fact]:
    start, user, people = act.start, act.user, act.people()
    row = book_appointment(
        service_id=act.field.service,
        mode="phone",
        consultant_id=None,
        starts_at=start,
        booker=user,
        person=people[0],
        key=act.key,
        now=act.now,
        by_centre=False,
    )
    return _reservations([row])


def move_time(act: Act) -> list[Fact]:
    meetings = Meeting.objects.live().values("offering")
    booked = Reservation.objects.confirmed().filter(offering__in=meetings)
    pk, start = act.one_of(booked), act.start
    if pk is None:
        return []
    move_appointment(
        reservation_id=pk, starts_at=start, consultant_id=None, by=None, now=act.now
    )
    return [("reservation", pk, "confirmed")]


def take_leave(act: Act) -> list[Fact]:
    person = Person.objects.get(pk=act.random.choice(act.field.consultants))
    start = act.start
    block = resources.take_leave(
        person=person,
        starts_at=start,
        ends_at=start + dt.timedelta(hours=2),
        by=act.user,
        now=act.now,
    )
    return [("block", block.pk, "leave")]


def end_leave(act: Act) -> list[Fact]:
    pk = act.one_of(TimeBlock.objects.active().filter(kind="leave"))
    if pk is not None:
        resources.end_block(block_id=pk, now=act.now)
    return []


# How often each of them is chosen.
ACTS: dict[Callable[[Act], list[Fact]], int] = {
    hold: 8,
    book: 20,
    join: 16,
    cancel: 12,
    change_run: 6,
    pass_on: 3,
    ask: 4,
    decide: 4,
    give_up: 2,
    accept: 8,
    decline: 3,
    lapse: 3,
    leave: 3,
    resize: 4,
    tick: 4,
    move_class: 3,
    hold_time: 6,
    book_time: 14,
    move_time: 8,
    take_leave: 2,
    end_leave: 2,
}
BY_NAME = {function.__name__: function for function in ACTS}
# A form that was sent is sent again by its person until there is an answer.
WITH_KEY = {"book", "join", "ask", "book_time"}


def choose(random: Random) -> str:
    """The name of the next act."""
    (function,) = random.choices(list(ACTS), list(ACTS.values()))
    return function.__name__
