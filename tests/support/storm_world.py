"""Runs inside a site: the runs, the service and the people of a storm."""

from __future__ import annotations

import datetime as dt
import json

from django.utils import timezone

from accounts.models import Person, User
from consulting.slots import free_slots
from courses.planner import PlannedSession
from tests.factories import (
    make_consultant,
    make_person,
    make_room,
    make_run,
    make_service,
    make_user,
)

HOURS = (dt.time(16), dt.time(20))


def make_field(runs: int, capacity: int, people: int) -> None:
    """Print the keys of all that a storm plays with, as JSON."""
    consultants = [make_consultant(), make_consultant()]
    service = make_service(consultants=consultants, horizon_days=60)
    day = timezone.localdate() + dt.timedelta(days=3)
    slots = free_slots(
        day, 30, service=service, mode="phone", consultant=None, now=timezone.now()
    )
    users = [make_user() for _ in range(people)]
    field = {
        "runs": [make_open_run(capacity) for _ in range(runs)],
        "service": service.pk,
        "consultants": [person.pk for person in consultants],
        "starts": sorted({slot.starts_at.isoformat() for slot in slots}),
        "users": [user.pk for user in users],
        "people": [own_person(user).pk for user in users],
    }
    print(json.dumps(field))


def own_person(user: User) -> Person:
    return make_person(user=user, contact_phone=user.phone)


def make_open_run(capacity: int) -> int:
    """A published run of three class sessions that begins in three weeks."""
    room = make_room(capacity=max(capacity, 20))
    first = timezone.localdate() + dt.timedelta(days=21)
    plan = [PlannedSession(first + dt.timedelta(days=n), *HOURS) for n in range(3)]
    run = make_run(capacity=capacity, sessions=plan, room=room, now=timezone.now())
    return run.pk
