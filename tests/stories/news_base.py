"""Stories of messages: what people do, what gateways do, and workers that die.

After every step: nothing went twice, too late, at night, out of date or against an
opt-out (7); each change has its rows (8); UIDs stay and SEQUENCE rises (11); what went
is never called unsent, and an end is an end. At the end of a story the trouble is over,
and then nothing hangs.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import time_machine
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from accounts.models import Person, User
from booking.models import Reservation
from consulting import calendars as appointment_calendars
from consulting.models import Service
from consulting.services.appointments import book_appointment
from core.audit import run_audit
from core.exceptions import HidajError
from courses import calendars as class_calendars
from courses.models import CourseRun
from courses.planner import PlannedSession
from courses.services.enrolment import enrol
from notifications import delivery, reports, upkeep
from notifications.calendars import CalendarEntry
from notifications.models import OutboxMessage, State
from tests.factories import NOW, make_person, make_run, make_service, make_user
from tests.stories.far_end import FarEnd

TEHRAN = ZoneInfo("Asia/Tehran")
MINUTE = dt.timedelta(minutes=1)
FIRST_DAY, SECOND_DAY = dt.date(2026, 11, 25), dt.date(2026, 12, 5)
USERS = 3
ENDED = {
    State.DELIVERED,
    State.UNDELIVERED,
    State.FAILED,
    State.SUPERSEDED,
    State.CANCELLED,
    State.EXPIRED,
    State.SUPPRESSED,
}
# What a message may be called whose SMS is on its way.
MAY_BE_OUT = {
    State.PENDING,
    State.SENDING,
    State.UNKNOWN,
    State.ACCEPTED,
    State.DELIVERED,
    State.UNDELIVERED,
}


class Untrue(AssertionError):
    """Something that must always be true is not."""


@dataclass(frozen=True)
class NewsWorld:
    """What all stories begin with: two enrolments and an appointment, not told yet.

    The last user is served by `plain` alone.
    """

    users: list[User]
    people: list[Person]
    run: CourseRun
    service: Service


def make_news_world() -> NewsWorld:
    """By services, at NOW."""
    users = [make_user(phone=f"+98999300000{number}") for number in range(USERS)]
    people = [make_person(user=user, contact_phone=user.phone) for user in users]
    plan = [
        PlannedSession(day, dt.time(16), dt.time(18)) for day in (FIRST_DAY, SECOND_DAY)
    ]
    run, service = make_run(sessions=plan, capacity=USERS), make_service()
    for number in (0, 2):
        enrol(
            run_id=run.pk,
            booker=users[number],
            people=[people[number]],
            key=uuid4(),
            now=NOW,
        )
    book_appointment(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=at(dt.date(2026, 11, 24), 10),
        booker=users[1],
        person=people[1],
        key=uuid4(),
        now=NOW,
    )
    return NewsWorld(users, people, run, service)


def at(day: dt.date, hour: int) -> dt.datetime:
    """A wall time of the centre, in UTC."""
    return dt.datetime.combine(day, dt.time(hour), TEHRAN).astimezone(dt.UTC)


class NewsBase(RuleBasedStateMachine):
    world: ClassVar[NewsWorld]
    far_end: ClassVar[FarEnd]
    told: ClassVar[int] = 0
    steps: ClassVar[int] = 0
    taken: ClassVar[int] = 0
    audit_every: ClassVar[int] = 10

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.now = NOW
        self.clock = time_machine.travel(NOW, tick=False)
        self.traveller = self.clock.start()
        type(self).far_end = FarEnd(NOW)
        self.entries: dict[str, CalendarEntry] = {}
        self.states: dict[int, str] = {}
        self.has_changed = True

    def teardown(self) -> None:
        cls = type(self)
        cls.told += 1
        cls.taken += len(self.far_end.taken)
        try:
            self.end_well()
        finally:
            self.clock.stop()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def require(self, is_true: bool, words: str) -> None:
        if not is_true:
            raise Untrue(words)

    def go_to(self, now: dt.datetime) -> None:
        self.now = self.far_end.now = now
        self.traveller.move_to(now)

    # -- Changes and their news -------------------------------------------------------

    def change(self, service: Any, *news: str, **call: object) -> Any:
        """A service that may be refused by its rules; else its news stand there."""
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True)
        before = last.first() or 0
        self.has_changed = True
        try:
            with transaction.atomic():
                done = service(now=self.now, **call)
        except HidajError:
            return None
        rows = OutboxMessage.objects.filter(pk__gt=before, channel="sms")
        written = sorted(rows.values_list("kind", "recipient"))
        for kind in news:
            who = [to for name, to in written if name == kind]
            self.require(len(set(who)) == len(who), f"{kind}: {who}")
        return [to for name, to in written if name in news] if news else done

    def told_are(self, told: list[str] | None, users: set[int]) -> None:
        """Invariant 8: exactly these people have the news in their rows."""
        if told is not None:
            phones = {self.world.users[user].phone for user in users}
            self.require(set(told) == phones, f"8: told {told}, not {phones}")

    def enrolled(self) -> dict[int, int]:
        """Users with a place in the run, and their places."""
        return self._live(offering=self.world.run.offering_id)

    def appointments(self) -> dict[int, int]:
        """Users with an appointment (the latest), and those."""
        return self._live(offering__meeting__isnull=False)

    def _live(self, **where: object) -> dict[int, int]:
        rows = Reservation.objects.filter(state="confirmed", **where).order_by("pk")
        whose = {person.pk: n for n, person in enumerate(self.world.people)}
        return {whose[row.person_id]: row.pk for row in rows if row.person_id}

    def nothing_waits(self, kind: str, **about: object) -> None:
        """What was planned before a change does not wait any more."""
        rows = OutboxMessage.objects.filter(kind=kind, state=State.PENDING, **about)
        self.require(not rows.exists(), f"8: {kind} still waits")

    # -- What must be true after each step -------------------------------------------

    @invariant()
    def nothing_wrong_was_taken(self) -> None:
        type(self).steps += 1
        self.require(not self.far_end.wrong, f"7: {self.far_end.wrong}")

    @invariant()
    def what_went_is_not_called_unsent(self) -> None:
        rows = OutboxMessage.objects.values_list(
            "dedupe_key", "state", "first_call_at", "pk"
        )
        found = {key: (state, called) for key, state, called, _pk in rows}
        for taken in self.far_end.taken:
            state, called = found[taken.outgoing.dedupe_key]
            is_true = state in MAY_BE_OUT and called is not None
            self.require(is_true, f"{taken.outgoing.kind} went and is {state}")
        self._ends_stay({pk: state for _key, state, _called, pk in rows})

    def _ends_stay(self, states: dict[int, str]) -> None:
        for pk, before in self.states.items():
            is_free = before not in ENDED and before != State.ACCEPTED
            after = states[pk]
            came = before == State.ACCEPTED and after in ENDED
            self.require(is_free or came or after == before, f"{before} -> {after}")
        self.states = states

    @invariant()
    def calendar_entries_keep_their_word(self) -> None:
        if not self.has_changed:
            return
        self.has_changed = False
        found = {entry.uid: entry for entry in self._entries()}
        self.require(found.keys() >= self.entries.keys(), "11: a UID is gone")
        for uid, before in self.entries.items():
            self._require_follows(before, found[uid])
        self.entries = found

    def _entries(self) -> list[CalendarEntry]:
        places = Reservation.objects.exclude(person=None).select_related(
            "party", "person", "offering__course_run", "offering__meeting__service"
        )
        found = []
        for place in places:
            if hasattr(place.offering, "course_run"):
                found += class_calendars.reservation_entries(place)
            else:
                meeting = place.offering.meeting
                found.append(appointment_calendars.entry(place, meeting))
        return found

    def _require_follows(self, old: CalendarEntry, new: CalendarEntry) -> None:
        is_same = (old.starts_at, old.ends_at, old.location, old.status) == (
            new.starts_at,
            new.ends_at,
            new.location,
            new.status,
        )
        rises = new.sequence > old.sequence
        stays = new.sequence == old.sequence
        self.require(
            rises or (stays and is_same),
            f"11: SEQUENCE {old.sequence} -> {new.sequence}",
        )

    # -- The end ---------------------------------------------------------------------

    def end_well(self) -> None:
        """The trouble is over: in the end everything went, or stands for staff."""
        waiting = OutboxMessage.objects.filter(state=State.PENDING)
        for round_ in range(40):
            if not waiting.exists() and not self._is_sending():
                break
            self.go_to(
                self._next_morning() if round_ % 4 == 3 else self.now + 20 * MINUTE
            )
            upkeep.sweep(self.now)
            delivery.drain(now=self.now, limit=50)
            reports.ask_for_reports(self.now)
        left = list(waiting.values_list("kind", "state", "due_at"))
        self.require(not left, f"something hangs: {left}")
        self.require(not self._is_sending(), "something is sent for ever")
        self.nothing_wrong_was_taken()
        self.what_went_is_not_called_unsent()
        if self.told % self.audit_every == 0:
            broken = [(r.name, r.violations) for r in run_audit() if r.violations]
            self.require(not broken, f"audit: {broken}")

    def _is_sending(self) -> bool:
        return OutboxMessage.objects.filter(state=State.SENDING).exists()

    def _next_morning(self) -> dt.datetime:
        local = self.now.astimezone(TEHRAN)
        return at(local.date() + dt.timedelta(days=1), 9)
