"""What can happen to messages; `news_base` says what must be true after each step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from booking.services.parties import cancel_reservation
from consulting import reminders as appointment_reminders
from consulting.models import Meeting
from consulting.services.appointments import book_appointment
from consulting.services.meetings import cancel_meeting, move_appointment
from courses import reminders as class_reminders
from courses.services.enrolment import enrol
from courses.services.schedule import cancel_class_session, move_class_session
from notifications import delivery, inbox, ladder, optouts, reports, services, upkeep
from notifications.audit import GRACE
from notifications.gateways.base import Fate, Inbound, Report, SendResult
from notifications.models import OutboxMessage, Purpose
from notifications.receipts import settle
from notifications.results import record
from tests.stories.far_end import MODES
from tests.stories.news_base import FIRST_DAY, SECOND_DAY, USERS, NewsBase, at

MINUTE = dt.timedelta(minutes=1)
ANY_USER = st.integers(0, USERS - 1)
SOME = st.integers(0, 5)


@dataclass(frozen=True)
class Zombie:
    """A worker that called, and was away before it could write down what it heard."""

    call: delivery.Call
    result: SendResult


class NewsStory(NewsBase):
    """Everything that can happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.zombies: list[Zombie] = []
        self.latest = self.now

    # -- Time ------------------------------------------------------------------------

    @rule(
        minutes=st.sampled_from([2, 4, 16, 61, 6 * 60, 13 * 60, 25 * 60, -1, -10]),
        modes=st.lists(st.sampled_from(MODES), max_size=3),
    )
    def time_passes(self, minutes: int, modes: list[str]) -> None:
        """Now and then the clock of the machine is set back; the workers go on.

        So far that the audit forgives it: from an older clock nobody could tell what
        came first.
        """
        self.latest = max(self.latest, self.now)
        forgiven = self.latest - GRACE + MINUTE
        self.go_to(max(self.now + minutes * MINUTE, forgiven))
        self.work(modes)

    # -- People ----------------------------------------------------------------------

    @rule(user=ANY_USER)
    def enrol(self, user: int) -> None:
        told = self.change(
            enrol,
            "enrolment_confirmed",
            run_id=self.world.run.pk,
            booker=self.world.users[user],
            people=[self.world.people[user]],
            key=uuid4(),
        )
        self.told_are(told, {user})

    @rule(which=SOME, by_centre=st.booleans())
    def leave_run(self, which: int, by_centre: bool) -> None:
        self._cancel(self.enrolled(), which, by_centre, "enrolment_cancelled")

    @rule(which=SOME, by=st.sampled_from(["person", "centre", "meeting"]))
    def end_appointment(self, which: int, by: str) -> None:
        if by == "meeting":
            self.call_meeting_off(which)
        else:
            by_centre = by == "centre"
            self._cancel(self.appointments(), which, by_centre, "appointment_cancelled")

    def _cancel(
        self, places: dict[int, int], which: int, by_centre: bool, news: str
    ) -> None:
        if not places:
            return
        user, pk = sorted(places.items())[which % len(places)]
        told = self.change(
            cancel_reservation,
            f"{news}_by_centre" if by_centre else news,
            reservation_id=pk,
            by=None,
            by_centre=by_centre,
            reason="بیماری",
        )
        self.told_are(told, {user})
        if told is not None:
            self.nothing_waits("appointment_reminder", subject_id=pk)

    @rule(
        number=st.integers(1, 2), day=st.integers(0, 2), hour=st.sampled_from([9, 17])
    )
    def change_class(self, number: int, day: int, hour: int) -> None:
        """Another time; now and then the second class session is called off."""
        if (number, day, hour) == (2, 2, 17):
            self.cancel_class()
        else:
            self.move_class(number, day, hour)

    def move_class(self, number: int, day: int, hour: int) -> None:
        session = self.world.run.sessions.get(number=number)
        first = FIRST_DAY if number == 1 else SECOND_DAY
        enrolled = set(self.enrolled())
        told = self.change(
            move_class_session,
            "class_session_moved",
            session_id=session.pk,
            on=first + dt.timedelta(days=day),
            start=dt.time(hour),
            end=dt.time(hour + 2),
            by=None,
        )
        version = session.schedule_version
        session.refresh_from_db()
        if told is not None and session.schedule_version > version:
            self.told_are(told, enrolled)
            ids = session.notices.values("pk")
            self.nothing_waits("class_reminder", subject_id__in=ids)

    def cancel_class(self) -> None:
        session = self.world.run.sessions.get(number=2)
        enrolled = set(self.enrolled())
        was_planned = session.is_planned
        told = self.change(
            cancel_class_session,
            "class_session_cancelled",
            session_id=session.pk,
            by=None,
            reason="برف",
        )
        if told is not None and was_planned:
            self.told_are(told, enrolled)

    @rule(user=ANY_USER, day=st.integers(24, 26), hour=st.integers(9, 11))
    def book_appointment(self, user: int, day: int, hour: int) -> None:
        told = self.change(
            book_appointment,
            "appointment_confirmed",
            service_id=self.world.service.pk,
            mode="phone",
            consultant_id=None,
            starts_at=at(dt.date(2026, 11, day), hour),
            booker=self.world.users[user],
            person=self.world.people[user],
            key=uuid4(),
        )
        self.told_are(told, {user})

    @rule(which=SOME, day=st.integers(24, 26), hour=st.integers(9, 11))
    def move_appointment(self, which: int, day: int, hour: int) -> None:
        places = self.appointments()
        if not places:
            return
        user, pk = sorted(places.items())[which % len(places)]
        version = self.meeting(pk).schedule_version
        told = self.change(
            move_appointment,
            "appointment_moved",
            reservation_id=pk,
            starts_at=at(dt.date(2026, 11, day), hour),
            consultant_id=None,
            by=None,
        )
        if told is not None and self.meeting(pk).schedule_version > version:
            self.told_are(told, {user})
            self.nothing_waits("appointment_reminder", subject_id=pk)

    def meeting(self, reservation: int) -> Meeting:
        return Meeting.objects.get(offering__reservations=reservation)

    def call_meeting_off(self, which: int) -> None:
        places = self.appointments()
        if not places:
            return
        user, pk = sorted(places.items())[which % len(places)]
        told = self.change(
            cancel_meeting,
            "appointment_cancelled_by_centre",
            meeting_id=self.meeting(pk).pk,
            by=None,
            reason="برف",
        )
        self.told_are(told, {user})

    @rule(user=ANY_USER, purpose=st.sampled_from(["transactional", "reminder"]))
    def opt_out(self, user: int, purpose: str) -> None:
        phone = self.world.users[user].phone
        optouts.opt_out(recipient=phone, purpose=purpose, now=self.now)
        self.far_end.refused.add((phone, purpose))

    @rule(user=ANY_USER, text=st.sampled_from(["1", "۲", "3", "11", "۱۲", "سلام"]))
    def answer(self, user: int, text: str) -> None:
        phone = self.world.users[user].phone
        sms = Inbound(uuid4().hex, phone, text, self.now)
        inbox.keep(gateway="keyed", found=[sms, sms], now=self.now)
        inbox.handle_new(self.now)
        self.has_changed = True
        for purpose in (Purpose.REMINDER, Purpose.NEWS):
            if text == "11":
                self.far_end.refused.add((phone, purpose))
            elif text == "۱۲":
                self.far_end.refused.discard((phone, purpose))

    # -- The machinery ---------------------------------------------------------------

    @rule()
    def plan(self) -> None:
        class_reminders.plan_reminders(self.now)
        appointment_reminders.plan_reminders(self.now)

    @rule(modes=st.lists(st.sampled_from(MODES), max_size=4))
    def work(self, modes: list[str]) -> None:
        self.far_end.modes = modes
        delivery.drain(now=self.now, limit=4)
        self.far_end.modes = []

    @rule()
    def tick(self) -> None:
        """As the tick does it, while all is well."""
        upkeep.sweep(self.now)
        self.plan()
        self.work([])
        self.ask(False)
        ladder.climb(self.now)

    @rule(
        where=st.sampled_from(["claimed", "announced", "called", "called"]),
        # Of a refusal that nobody wrote down nobody knows.
        mode=st.sampled_from([mode for mode in MODES if mode != "opted_out"]),
    )
    def worker_dies(self, where: str, mode: str) -> None:
        """After the claim, before the call, or before the answer is written down."""
        claimed = delivery.claim(now=self.now)
        if claimed is None or where == "claimed":
            return
        call = delivery.prepare(claimed, now=self.now)
        if call is None or where == "announced":
            return
        self.far_end.modes = [mode]
        self.zombies.append(Zombie(call, call.gateway.send(call.outgoing)))
        self.far_end.modes = []

    @rule(which=SOME)
    def worker_writes_late(self, which: int) -> None:
        if not self.zombies:
            return
        zombie = self.zombies.pop(which % len(self.zombies))
        record(
            message_id=zombie.call.message_id,
            token=zombie.call.token,
            called_at=zombie.call.outgoing.at,
            was_repeat=zombie.call.outgoing.is_repeat,
            result=zombie.result,
            now=self.now,
        )

    @rule()
    def sweep(self) -> None:
        upkeep.sweep(self.now)
        ladder.climb(self.now)

    @rule(is_silent=st.booleans())
    def ask(self, is_silent: bool) -> None:
        self.far_end.is_silent = is_silent
        reports.ask_for_reports(self.now)
        self.far_end.is_silent = False

    @rule(
        which=SOME,
        fate=st.sampled_from([Fate.ON_ITS_WAY, Fate.DELIVERED, Fate.UNDELIVERED]),
        repeats=st.integers(1, 2),
    )
    def receipt(self, which: int, fate: Fate, repeats: int) -> None:
        """In any order and more than once; its last word on a message stands."""
        if not self.far_end.taken:
            return
        taken = self.far_end.taken[which % len(self.far_end.taken)]
        if fate != Fate.ON_ITS_WAY:
            fate = self.far_end.fates.setdefault(taken.number, fate)
        report = Report(taken.outgoing.local_id, fate, str(taken.number))
        for _ in range(repeats):
            settle(report, gateway=taken.gateway, now=self.now)

    @rule(which=SOME)
    def send_again(self, which: int) -> None:
        message = OutboxMessage.objects.order_by("-pk")[which : which + 1].first()
        if message is not None:
            self.change(services.resend, message=message)
