"""A small centre in which everything has happened that the audit looks at.

All through services, with the clock of the last days, so that nothing is broken yet.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone

from accounts.models import Person, User
from booking.models import Draw, Offer, Party, Reservation, WaitingEntry
from booking.services import parties, waiting
from booking.services.draws import run_due_draws
from consulting.models import Meeting, Service
from consulting.services.appointments import book_appointment
from consulting.services.meetings import move_appointment
from consulting.slots import free_slots
from courses.models import ClassSession, CourseRun
from courses.services import draws, enrolment
from courses.services.applications import CourseApplicant, apply_for_place
from courses.services.schedule import move_class_session
from notifications.models import OutboxMessage
from tests.factories import (
    make_consultant,
    make_person,
    make_plan,
    make_run,
    make_service,
    make_user,
)

HOUR = dt.timedelta(hours=1)
TEHRAN = ZoneInfo("Asia/Tehran")


@dataclass
class World:
    """What the breakers need to find again."""

    now: dt.datetime
    run: CourseRun
    confirmed: Reservation
    cancelled: Reservation
    offered: WaitingEntry
    waits: WaitingEntry
    taken: Offer
    lapsed: Offer
    hold: Party
    session: ClassSession
    draw: Draw
    service: Service
    appointments: list[Reservation]

    @property
    def meetings(self) -> list[Meeting]:
        """The meetings of the appointments, the moved one first."""
        keys = [a.offering_id for a in self.appointments]
        by_offering = {m.offering_id: m for m in Meeting.objects.all()}
        return [by_offering[key] for key in keys]


def booker() -> tuple[User, Person]:
    """Somebody who books for themselves."""
    user = make_user()
    return user, make_person(user=user, contact_phone=user.phone)


def enrol(run: CourseRun, now: dt.datetime) -> Reservation:
    user, person = booker()
    enrol_ = enrolment.enrol
    return enrol_(run_id=run.pk, booker=user, people=[person], key=uuid4(), now=now)[0]


def join(run: CourseRun, now: dt.datetime) -> WaitingEntry:
    user, person = booker()
    return enrolment.join_waiting_list(
        run_id=run.pk, booker=user, people=[person], key=uuid4(), now=now
    )


def cancel(reservation: Reservation, now: dt.datetime) -> None:
    parties.cancel_reservation(reservation_id=reservation.pk, by=None, now=now)


def apply(run: CourseRun, now: dt.datetime) -> Reservation:
    """As `enrol`, through the form of the page."""
    applicant = CourseApplicant(
        is_self=True, own_name="سارا کفاش", has_no_firm=True, gives_consent=True
    )
    party = apply_for_place(
        run_id=run.pk, booker=make_user(), applicant=applicant, key=uuid4(), now=now
    )
    return party.reservations.get()


def open_run(capacity: int, now: dt.datetime) -> CourseRun:
    """A published run that begins in some three weeks."""
    start_on = timezone.localdate() + dt.timedelta(days=20)
    return make_run(capacity=capacity, sessions=make_plan(start_on=start_on), now=now)


def make_world() -> World:
    """Everything; the last of it happened an hour ago."""
    now = timezone.now().replace(microsecond=0) - dt.timedelta(days=3)
    run = open_run(2, now)
    gone, stays = apply(run, now), enrol(run, now)
    offered, waits = join(run, now + HOUR), join(run, now + 2 * HOUR)
    session = move_twice(run, now + 3 * HOUR)
    cancel(gone, now + 6 * HOUR)
    taken, lapsed = offer_in_turn(now)
    service, appointments = meet(now)
    hold = parties.hold_places(
        offering_id=open_run(1, now).offering_id,
        booker=make_user(),
        now=timezone.now(),
    )
    draw = hold_draw(now)
    send_everything()
    return World(
        now=now,
        run=run,
        confirmed=stays,
        cancelled=gone,
        offered=offered,
        waits=waits,
        taken=taken,
        lapsed=lapsed,
        hold=hold,
        session=session,
        draw=draw,
        service=service,
        appointments=appointments,
    )


def move_twice(run: CourseRun, now: dt.datetime) -> ClassSession:
    """The second class session, an hour later each time."""
    session = run.sessions.get(number=2)
    for hours in (1, 2):
        start, end = (
            (moment + hours * HOUR).astimezone(TEHRAN)
            for moment in (session.starts_at, session.ends_at)
        )
        moved = move_class_session(
            session_id=session.pk,
            on=start.date(),
            start=start.time(),
            end=min(end.time(), dt.time(23, 45)),
            by=None,
            now=now + hours * HOUR,
        )
    return moved


def offer_in_turn(now: dt.datetime) -> tuple[Offer, Offer]:
    """One place; the first in line is silent, the second one takes it."""
    run = open_run(1, now)
    gone = enrol(run, now)
    silent, quick = join(run, now + HOUR), join(run, now + 2 * HOUR)
    cancel(gone, now + 3 * HOUR)
    lapsed = Offer.objects.get(entry=silent)
    waiting.expire_offer(offer_id=lapsed.pk, now=lapsed.expires_at)
    taken = Offer.objects.get(entry=quick)
    waiting.accept_offer(offer_id=taken.pk, by=None, now=lapsed.expires_at + HOUR)
    taken.refresh_from_db()
    return taken, lapsed


def hold_draw(now: dt.datetime) -> Draw:
    """A draw of one place among four parties, and one who came afterwards."""
    run = open_run(1, now)
    closes_at = now + 8 * HOUR
    draw = draws.set_up_draw(
        run_id=run.pk, opens_at=now + HOUR, closes_at=closes_at, by=None, now=now
    )
    for _ in range(4):
        user, person = booker()
        enrolment.apply_for_draw(
            run_id=run.pk,
            booker=user,
            people=[person],
            key=uuid4(),
            now=now + 2 * HOUR,
        )
    run_due_draws(closes_at)
    join(run, closes_at + HOUR)
    draw.refresh_from_db()
    return draw


def meet(now: dt.datetime) -> tuple[Service, list[Reservation]]:
    """Three appointments with one consultant: moved, as booked, cancelled."""
    service = make_service(consultants=[make_consultant()])
    day = timezone.localdate() + dt.timedelta(days=4)
    slots = free_slots(day, 2, service=service, mode="phone", consultant=None, now=now)
    booked = []
    for slot in (slots[0], slots[4], slots[8]):
        user, person = booker()
        booked.append(
            book_appointment(
                service_id=service.pk,
                mode="phone",
                consultant_id=slot.consultant_id,
                starts_at=slot.starts_at,
                booker=user,
                person=person,
                key=uuid4(),
                now=now,
            )
        )
    move_appointment(
        reservation_id=booked[0].pk,
        starts_at=slots[-1].starts_at,
        consultant_id=None,
        by=None,
        now=now + HOUR,
    )
    cancel(booked[2], now + 2 * HOUR)
    return service, booked


def send_everything() -> None:
    """As if each message had gone out the moment it was written."""
    rows = OutboxMessage.objects.filter(state="pending")
    rows.update(state="accepted", sent_at=F("created_at"), gateway="file")
