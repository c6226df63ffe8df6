"""The people and runs of a benchmark. Runs where Django is set up."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts import sessions
from accounts.models import Consent, ConsentKind, Person, User
from booking.models import Offering
from core.audit import run_audit
from courses.models import CourseRun
from tests.factories import make_course, make_person, make_plan, make_room, make_run
from tests.support.sessions import BACKEND

FIRST_PHONE = 989_300_000_000


def make_people(count: int) -> list[int]:
    """People with a sign-in who agreed to booking, as after their first visit.

    Gives the ids of their users.
    """
    now = timezone.now()
    first = FIRST_PHONE + User.objects.count()
    phones = [f"+{first + number}" for number in range(count)]
    users = User.objects.bulk_create(
        [User(phone=phone, password="!") for phone in phones], 1000
    )
    persons = Person.objects.bulk_create(
        [
            Person(
                name=f"هنرجو {user.phone[-6:]}",
                search_key=f"هنرجو {user.phone[-6:]}",
                contact_phone=user.phone,
                user=user,
            )
            for user in users
        ],
        1000,
    )
    Consent.objects.bulk_create(
        [
            Consent(
                person=person,
                kind=ConsentKind.BOOKING,
                given_by_id=person.user_id,
                given_at=now,
            )
            for person in persons
        ],
        1000,
    )
    return [user.pk for user in users]


def make_session_keys(user_ids: list[int]) -> list[str]:
    """A signed-in session for each user, as the sign-in writes it."""
    now = timezone.now()
    rows = []
    for user in User.objects.filter(pk__in=user_ids).order_by("pk"):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        sessions.begin(session, now)
        key = secrets.token_hex(16)
        rows.append(
            Session(
                session_key=key,
                session_data=session.encode(dict(session.items())),
                expire_date=now + dt.timedelta(days=1),
            )
        )
    Session.objects.bulk_create(rows, 500)
    return [row.session_key for row in rows]


def fill_site(people: int, capacity: int) -> None:
    """Print a run, and the session keys of so many people who want to come (JSON)."""
    (run,) = make_runs(1, capacity)
    keys = make_session_keys(make_people(people))
    print(json.dumps({"run": run, "keys": keys}))


def print_keys() -> None:
    """Print the number of each signed-in user and the key of the session (JSON)."""
    phones = {str(pk): phone for pk, phone in User.objects.values_list("pk", "phone")}
    found = [
        (phones[session.get_decoded()[SESSION_KEY]], session.session_key)
        for session in Session.objects.all()
    ]
    print(json.dumps(found))


@transaction.atomic
def make_runs(count: int, capacity: int = 30_000) -> list[dict[str, Any]]:
    """Published runs of one class session; gives `id`, `code` and `offering_id`.

    No two are at the same time, so that nobody is warned of another booking.
    """
    now = timezone.now()
    mark = secrets.token_hex(3)
    room = make_room(code=f"R{mark}", capacity=30_000)
    course = make_course(code=f"C-{mark}", slug=f"c-{mark}", capacity=capacity)
    teacher = make_person(name="مربی", contact_phone="")
    start = timezone.localdate() + dt.timedelta(days=20)
    runs = []
    first = CourseRun.objects.count()
    for number in range(first, first + count):
        plan = make_plan(
            start_on=start + dt.timedelta(days=number // 40),
            weekdays=list(range(7)),
            start_time=_clock(number % 40),
            end_time=_clock(number % 40 + 1),
            count=1,
        )
        run = make_run(
            code=f"B-{mark}-{number}",
            capacity=capacity,
            now=now,
            sessions=plan,
            course=course,
            room=room,
            instructors=[teacher],
        )
        runs.append({"id": run.pk, "code": run.code, "offering_id": run.offering_id})
    return runs


def _clock(quarter: int) -> dt.time:
    """The start of a quarter-hour of the day, counted from 08:00."""
    return dt.time(8 + quarter // 4, quarter % 4 * 15)


def places_taken(offering_ids: list[int]) -> int:
    """Seats that the counters of these offerings say are taken."""
    taken = Offering.objects.filter(pk__in=offering_ids)
    return sum(taken.values_list("seats_taken", flat=True))


def audit() -> str:
    """ "clean", or the names of the invariants that are broken."""
    broken = [result.name for result in run_audit() if result.violations]
    return ", ".join(broken) or "clean"
