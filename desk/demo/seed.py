"""Writing the whole demo centre, once."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from booking import ledger
from core.holidays import import_public_holidays
from core.transactions import atomic_retrying
from desk.demo.catalogue import make_courses, make_rooms
from desk.demo.consultations import make_appointments, make_services
from desk.demo.fixture import DEMO_PREFIX, Fixture, phone_of
from desk.demo.messages import make_answers, make_calls
from desk.demo.people import make_people
from desk.demo.runs import Setting, make_runs
from desk.demo.texts import make_texts
from notifications.services import retire

# Before the oldest run was planned.
FOUNDED_BEFORE = dt.timedelta(days=150)


@atomic_retrying
def seed(*, now: dt.datetime) -> bool:
    """Fill the database with the demo centre as it stands at `now` (aware).

    The services are called with the moments at which people acted. One transaction:
    the demo is there as a whole or not at all, and a second call does nothing and
    gives False. No message of the past goes out.
    """
    fixture = Fixture(now)
    if is_seeded(fixture):
        return False
    import_public_holidays(first_year=now.year - 1, last_year=now.year + 2)
    founded_at = now - FOUNDED_BEFORE
    rooms = make_rooms(fixture, now=founded_at)
    courses = make_courses(fixture)
    people = make_people(fixture, joined_at=founded_at)
    make_texts(fixture, people)
    setting = Setting(fixture, rooms, courses, people)
    make_runs(setting)
    services = make_services(fixture, rooms, people, now=founded_at)
    make_appointments(fixture, services, people)
    make_answers(fixture, people)
    make_calls(fixture, people)
    _close_the_past(now)
    return True


def is_seeded(fixture: Fixture) -> bool:
    """Whether the demo's staff are there."""
    phones = [phone_of(row) for row in fixture.rows("staff")]
    return User.objects.filter(phone__in=phones).exists()


def _close_the_past(now: dt.datetime) -> None:
    """What was said at the time is no news today, and past cells are swept."""
    phones = User.objects.filter(phone__startswith=DEMO_PREFIX)
    retire(recipients=phones.values_list("phone", flat=True), created_before=now)
    ledger.sweep_past(now)
