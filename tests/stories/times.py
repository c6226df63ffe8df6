"""What can happen to the hours of a consultant who also teaches."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from booking.models import Reservation
from booking.services import parties, resources
from consulting.services.appointments import book_appointment, hold_slot
from consulting.services.meetings import move_appointment
from courses.services.schedule import move_class_session
from tests.stories.base import MANY, StoryBase
from tests.stories.places import ANY_USER
from tests.stories.world import DAY, TEHRAN, at

# 09:00, 09:30, 10:15 and 11:30: the second one overlaps its neighbours.
STARTS = st.sampled_from([36, 38, 41, 46])
# Few enough to meet the limit of open appointments.
CLIENTS = st.integers(0, 2)
# Where the class session may stand on that day; None is its own day.
CLASS_STARTS = st.sampled_from([None, 40, 42])
HOME = DAY + dt.timedelta(days=8)


class TimeRules(StoryBase):
    @rule(user=ANY_USER, start=STARTS)
    def hold_time(self, user: int, start: int) -> None:
        self.agree(
            self.hours.hold(user, start),
            hold_slot,
            booker=self.world.users[user],
            **self.wish(start),
        )

    @rule(user=ANY_USER, person=CLIENTS, start=STARTS)
    def book_time(self, user: int, person: int, start: int) -> None:
        row = self.agree(
            self.hours.book(user, person, start),
            book_appointment,
            booker=self.world.users[user],
            person=self.world.people[person],
            key=uuid4(),
            by_centre=False,
            **self.wish(start),
        )
        if isinstance(row, Reservation):
            self.appointments[start, person] = row.pk

    def wish(self, start: int) -> dict[str, object]:
        return {
            "service_id": self.world.service.pk,
            "mode": "phone",
            "consultant_id": None,
            "starts_at": at(start),
        }

    @precondition(lambda self: self.hours.booked())
    @rule(which=MANY, start=STARTS)
    def move_time(self, which: int, start: int) -> None:
        one = self.one_of(self.hours.booked(), which)
        assert one is not None
        assert one.person is not None
        before = one.start
        pk = self.appointments[before, one.person]
        is_possible = self.hours.move(one, start)
        if is_possible:
            del self.appointments[before, one.person]
            self.appointments[start, one.person] = pk
        self.agree(
            is_possible,
            move_appointment,
            reservation_id=pk,
            starts_at=at(start),
            consultant_id=None,
            by=None,
        )

    @precondition(lambda self: self.hours.booked())
    @rule(which=MANY)
    def cancel_time(self, which: int) -> None:
        one = self.one_of(self.hours.booked(), which)
        assert one is not None
        assert one.person is not None
        self.hours.appointments.remove(one)
        pk = self.appointments.pop((one.start, one.person))
        self.call(parties.cancel_reservation, reservation_id=pk, by=None)

    @rule(first=st.integers(34, 46), length=st.integers(1, 6), closes=st.booleans())
    def block(self, first: int, length: int, closes: bool) -> None:
        """Leave of the consultant, or a closure of everything."""
        times = {"starts_at": at(first), "ends_at": at(first + length)}
        if closes:
            row = self.call(resources.close_centre, reason="برف", by=None, **times)
        else:
            row = self.call(
                resources.take_leave,
                person=self.world.consultant,
                by=self.world.users[0],
                **times,
            )
        self.hours.blocks[row.pk] = (first, first + length)

    @precondition(lambda self: self.hours.blocks)
    @rule(which=MANY)
    def end_block(self, which: int) -> None:
        pk = self.one_of(list(self.hours.blocks), which)
        assert pk is not None
        del self.hours.blocks[pk]
        self.call(resources.end_block, block_id=pk)

    @rule(start=CLASS_STARTS)
    def move_class(self, start: int | None) -> None:
        on, clock = (HOME, dt.time(13)) if start is None else (DAY, clock_of(start))
        end = dt.time(clock.hour + 2, clock.minute)
        self.agree(
            self.hours.move_class(start),
            move_class_session,
            session_id=self.world.session.pk,
            on=on,
            start=clock,
            end=end,
            by=None,
        )


def clock_of(quarter: int) -> dt.time:
    return at(quarter).astimezone(TEHRAN).time()
