"""Signed-in clients of each role, and the pages' common sentences."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, Role, TeachingProfile, User
from accounts.services import grant_role
from booking.models import Reservation
from courses.models import CourseRun
from courses.services.enrolment import enrol, join_waiting_list
from tests.factories import NOW, make_person, make_user
from tests.signing import make_staff, sign_in, sign_in_staff


def client_of(role: str) -> Client:
    """A browser in which somebody of the staff is signed in with both factors."""
    client = Client()
    user, _secret = make_staff(role)
    sign_in_staff(client, user)
    return client


def planner() -> Client:
    return client_of(Role.PLANNER)


def reception() -> Client:
    return client_of(Role.RECEPTION)


def user_of(client: Client) -> User:
    """Who is signed in."""
    return User.objects.get(pk=client.session["_auth_user_id"])


def make_teacher(*, consults: bool = False) -> Person:
    """An instructor with a sign-in, a role and a public profile."""
    user = make_user()
    person = make_person(user=user, contact_phone=user.phone)
    TeachingProfile.objects.create(person=person, teaches=True, consults=consults)
    grant_role(user=user, role=Role.INSTRUCTOR, now=NOW)
    return person


def teacher_client(person: Person) -> Client:
    client = Client()
    assert person.user is not None
    sign_in(client, person.user)
    return client


def applicant_client() -> Client:
    client = Client()
    user = make_user()
    make_person(user=user, contact_phone=user.phone)
    sign_in(client, user)
    return client


def enrol_one(run: CourseRun, **overrides: object) -> Reservation:
    """One more confirmed place, booked by its own person."""
    user = make_user()
    person = make_person(user=user, contact_phone=user.phone, **overrides)
    return enrol(
        run_id=run.pk,
        booker=user,
        people=[person],
        key=f"00000000-0000-4000-8000-{person.pk:012}",  # type: ignore[arg-type]
        now=NOW,
    )[0]


def wait_one(run: CourseRun, **overrides: object) -> Person:
    """One more person in line."""
    user = make_user()
    person = make_person(user=user, contact_phone=user.phone, **overrides)
    join_waiting_list(
        run_id=run.pk,
        booker=user,
        people=[person],
        key=f"00000000-0000-4000-8000-{person.pk:012}",  # type: ignore[arg-type]
        now=NOW,
    )
    return person


def query_count(client: Client, path: str) -> int:
    """How many queries a page costs."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
