"""Somebody of each role, and one of each thing that an address can name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.test import Client

from accounts.models import Person, Role, User
from accounts.services import grant_role
from booking.models import Offer, Reservation, Room
from booking.services.endings import end_place
from booking.services.parties import cancel_reservation
from booking.services.resources import close_centre, take_leave
from booking.services.waiting import offer_link_secret
from consulting.models import AvailabilityOverride, EarlierOffer, Meeting, Service
from consulting.services.appointments import book_appointment
from consulting.services.availability import add_override
from consulting.services.earlier.wishes import ask_for_earlier
from core import work
from core.models import Holiday
from courses.models import CourseRun
from courses.services.draws import set_up_draw
from courses.services.enrolment import enrol, join_waiting_list
from desk.exports import listing
from desk.feeds import PERSON
from desk.tasks import open_task
from notifications.feeds import create_feed
from notifications.models import OutboxMessage
from tests.factories import (
    NOW,
    make_consultant,
    make_course,
    make_person,
    make_run,
    make_service,
    make_user,
)
from tests.signing import make_staff, sign_in, sign_in_staff


@dataclass(frozen=True)
class World:
    """A client of each role, and what the names in the table's addresses stand for."""

    clients: dict[str, Client]
    names: dict[str, str]


def make_world() -> World:
    """The applicant owns every booking, the instructor teaches every class.

    The others have the same roles and nothing of their own.
    """
    applicant, instructor = _applicant(), _instructor()
    clients = _clients(applicant, instructor)
    names = {
        **_course_names(applicant, instructor),
        **_consulting_names(applicant, instructor),
        **_centre_names(applicant, instructor),
        **_work_names(clients["planner"]),
    }
    return World(clients, names)


def _work_names(planner: Client) -> dict[str, str]:
    """A list of bookings that the planner asked for, and that is ready."""
    run = CourseRun.objects.earliest("pk")
    asked = work.start(
        kind=listing.KIND,
        parameters=listing.of_run(run, "csv"),
        actor=int(planner.session["_auth_user_id"]),
        language="fa",
        key=_key(100),
        now=NOW,
    )
    work.work_off(now=NOW)
    return {"work": str(asked.pk)}


def make_empty_world() -> World:
    """Somebody of each role, in a centre that has nothing yet."""
    return World(_clients(_applicant(), _instructor()), {})


def _clients(applicant: Person, instructor: Person) -> dict[str, Client]:
    people = {"applicant": _user(applicant), "instructor": _user(instructor)}
    people["other applicant"] = _user(_applicant())
    people["other instructor"] = _user(_instructor())
    clients = {"anonymous": Client()}
    clients |= {role: _client(user) for role, user in people.items()}
    clients["reception"] = _staff(Role.RECEPTION)
    clients["planner"] = _staff(Role.PLANNER)
    return clients


def _applicant() -> Person:
    user = make_user()
    return make_person(user=user, contact_phone=user.phone)


def _instructor() -> Person:
    user = make_user()
    person = make_consultant(user=user, contact_phone=user.phone)
    person.teaching_profile.teaches = True
    person.teaching_profile.save()
    for role in (Role.INSTRUCTOR, Role.CONSULTANT):
        grant_role(user=user, role=role, now=NOW)
    return person


def _user(person: Person) -> User:
    assert person.user is not None
    return person.user


def _client(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client


def _staff(role: str) -> Client:
    client = Client()
    user, _secret = make_staff(role)
    sign_in_staff(client, user)
    return client


def _key(number: int) -> UUID:
    return UUID(int=number)


def _course_names(applicant: Person, instructor: Person) -> dict[str, str]:
    run = make_run(course=make_course(capacity=5), instructors=[instructor])
    booking = enrol(
        run_id=run.pk,
        booker=_user(applicant),
        people=[applicant],
        key=_key(1),
        now=NOW,
    )[0]
    offer = _offer(applicant)
    session = run.sessions.get(number=1)
    asked_run = make_run(course=make_course(), approval="always")
    asked = enrol(
        run_id=asked_run.pk,
        booker=_user(applicant),
        people=[applicant],
        key=_key(5),
        now=NOW,
    )[0]
    return {
        "asked": str(asked.pk),
        "course": run.course.slug,
        "course_id": str(run.course_id),
        "run": run.code,
        "session": str(session.pk),
        "enrolled": booking.party.reference,
        "booking": str(booking.pk),
        "offered": offer.entry.party.reference,
        "turn": str(offer.entry_id),
        "turned": str(offer.entry.party.reservations.get().pk),
        "drawn": _drawn(),
        "offer": offer_link_secret(offer),
    }


def _drawn() -> str:
    """A run whose places are given by draw."""
    run = make_run()
    opens_at, closes_at = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(days=3)
    set_up_draw(run_id=run.pk, opens_at=opens_at, closes_at=closes_at, by=None, now=NOW)
    return run.code


def _offer(applicant: Person) -> Offer:
    """A place that became free for the applicant, who waited for it."""
    run: CourseRun = make_run(course=make_course(capacity=1))
    first = _applicant()
    taken = enrol(
        run_id=run.pk, booker=_user(first), people=[first], key=_key(2), now=NOW
    )[0]
    join_waiting_list(
        run_id=run.pk,
        booker=_user(applicant),
        people=[applicant],
        key=_key(3),
        now=NOW,
    )
    cancel_reservation(reservation_id=taken.pk, by=None, by_centre=True, now=NOW)
    return Offer.objects.select_related("entry__party").latest("pk")


def _consulting_names(applicant: Person, instructor: Person) -> dict[str, str]:
    service = make_service(consultants=[instructor])
    starts_at = dt.datetime(2026, 11, 25, 6, 30, tzinfo=dt.UTC)
    booking = book_appointment(
        service_id=service.pk,
        mode="phone",
        consultant_id=instructor.pk,
        starts_at=starts_at,
        booker=_user(applicant),
        person=applicant,
        key=_key(4),
        now=NOW,
        by_centre=False,
    )
    earlier = _earlier_offer(service, booking, starts_at - dt.timedelta(days=1))
    add_override(
        person=instructor,
        on=dt.date(2026, 12, 10),
        start=dt.time(9),
        end=dt.time(10),
        is_available=False,
        now=NOW,
    )
    return {
        "service": service.slug,
        "service_id": str(service.pk),
        "consultant": str(instructor.pk),
        "appointment": booking.party.reference,
        "meeting": str(Meeting.objects.get(offering=booking.offering_id).pk),
        "appointment_id": str(booking.pk),
        "missed": _missed(service, instructor),
        "wish": str(earlier.wish_id),
        "earlier": earlier.secret,
        "exception": str(AvailabilityOverride.objects.latest("pk").pk),
    }


def _missed(service: Service, instructor: Person) -> str:
    """An appointment of the past to which somebody did not come."""
    person, early = _applicant(), NOW - dt.timedelta(days=10)
    starts_at = dt.datetime(2026, 11, 16, 6, 30, tzinfo=dt.UTC)
    booking = book_appointment(
        service_id=service.pk,
        mode="phone",
        consultant_id=instructor.pk,
        starts_at=starts_at,
        booker=_user(person),
        person=person,
        key=_key(6),
        now=early,
    )
    end_place(reservation_id=booking.pk, to="no_show", by=None, now=NOW)
    return str(booking.pk)


def _earlier_offer(
    service: Service, booking: Reservation, starts_at: dt.datetime
) -> EarlierOffer:
    """A time that was kept for the applicant, who waited for an earlier one."""
    other = _applicant()
    taken = book_appointment(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=starts_at,
        booker=_user(other),
        person=other,
        key=_key(5),
        now=NOW,
    )
    ask_for_earlier(
        reservation_id=booking.pk,
        consultant_id=None,
        by=booking.party.booked_by,
        now=NOW,
    )
    cancel_reservation(reservation_id=taken.pk, by=None, by_centre=True, now=NOW)
    return EarlierOffer.objects.latest("pk")


def _centre_names(applicant: Person, instructor: Person) -> dict[str, str]:
    by = _user(instructor)
    far = NOW + dt.timedelta(days=100)
    until = far + dt.timedelta(hours=2)
    leave = take_leave(person=instructor, starts_at=far, ends_at=until, by=by, now=NOW)
    closure = close_centre(starts_at=far, ends_at=until, reason="برف", by=None, now=NOW)
    holiday = Holiday.objects.create(
        on=dt.date(2026, 12, 20), title_fa="تعطیلی مرکز", kind="centre"
    )
    message = OutboxMessage.objects.order_by("pk").first()
    assert message is not None
    task, _is_new = open_task(kind="call_back", key="world", now=NOW)
    _token, feed = create_feed(subject_kind=PERSON, subject_id=applicant.pk, now=NOW)
    return {
        "feed": feed,
        "task": str(task.pk),
        "person": str(applicant.pk),
        "room": str(Room.objects.earliest("pk").pk),
        "block": str(leave.pk),
        "closure": str(closure.pk),
        "holiday": str(holiday.pk),
        "message": str(message.pk),
    }
