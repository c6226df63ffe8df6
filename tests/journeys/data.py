"""Runs inside a live site: what the demo centre does not have."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Person, Role, TeachingProfile, User
from accounts.services import grant_role
from consulting.models import Service
from courses.models import Course, CourseRun
from courses.planner import PlannedSession, plan_sessions
from courses.services.enrolment import enrol
from courses.services.runs import create_run, publish_run
from tests.factories import (
    make_course,
    make_person,
    make_room,
    make_service,
    make_user,
)

EVERY_DAY = list(range(7))


def small_run(
    code: str, *, capacity: int = 1, days: int = 20, slug: str = "lasts"
) -> CourseRun:
    """A published run of three afternoons in a room of its own, so many days ahead."""
    now = timezone.now()
    return _publish(
        code,
        capacity=capacity,
        slug=slug,
        instructors=[make_person(name="مریم چرخکار")],
        start_on=timezone.localdate(now) + dt.timedelta(days=days),
        made_at=now,
    )


def class_today(phone: str, names: list[str]) -> CourseRun:
    """A run that began today, its instructor's phone, and the names of its people."""
    made_at = timezone.now() - dt.timedelta(days=10)
    run = _publish(
        "R-TODAY",
        capacity=len(names),
        slug="lasts",
        instructors=[_instructor(phone)],
        start_on=timezone.localdate(),
        made_at=made_at,
    )
    for name in names:
        user = make_user(phone=f"+98999400{User.objects.count():04d}")
        person = make_person(user=user, name=name, contact_phone=user.phone)
        enrol(
            run_id=run.pk,
            booker=user,
            people=[person],
            key=uuid.uuid4(),
            now=made_at,
        )
    return run


def second_consultant(slug: str, name: str) -> None:
    """Let another consultant of the centre serve a service as well."""
    profile = TeachingProfile.objects.get(person__name=name)
    Service.objects.get(slug=slug).consultants.add(profile.person)


def _instructor(phone: str) -> Person:
    user = make_user(phone=phone)
    person = make_person(user=user, name="مریم چرخکار", contact_phone=phone)
    TeachingProfile.objects.create(person=person, teaches=True)
    grant_role(user=user, role=Role.INSTRUCTOR, now=timezone.now())
    return person


def _publish(
    code: str,
    *,
    capacity: int,
    slug: str,
    instructors: list[Person],
    start_on: dt.date,
    made_at: dt.datetime,
) -> CourseRun:
    run = create_run(
        code=code,
        course=Course.objects.get(slug=slug),
        room=make_room(code=code, name_fa="کارگاه دوخت"),
        instructors=instructors,
        sessions=plan_sessions(
            start_on=start_on,
            weekdays=EVERY_DAY,
            start_time=dt.time(16),
            end_time=dt.time(20),
            count=3,
            holidays=[],
        ),
        capacity=capacity,
        by=None,
        now=made_at,
    )
    publish_run(run_id=run.pk, by=None, now=made_at)
    return run


def plain_run(
    code: str, *, capacity: int = 5, starts_in: dt.timedelta = dt.timedelta(days=20)
) -> CourseRun:
    """A published run of one class session; needs nothing of the demo."""
    made_at = timezone.now() - dt.timedelta(days=10)
    starts_at = timezone.localtime(timezone.now() + starts_in)
    # Class sessions begin on the quarter of an hour and end on the same day.
    hour = min(starts_at.hour, 21)
    plan = PlannedSession(starts_at.date(), dt.time(hour), dt.time(hour + 2))
    run = create_run(
        code=code,
        course=make_course(code=code, slug=code.lower()),
        room=make_room(code=code),
        instructors=[make_person()],
        sessions=[plan],
        capacity=capacity,
        by=None,
        now=made_at,
    )
    publish_run(run_id=run.pk, by=None, now=made_at)
    return run


def enrol_earlier(code: str, phone: str, email: str = "") -> None:
    """Somebody booked this run nine days ago."""
    made_at = timezone.now() - dt.timedelta(days=9)
    user = make_user(phone=phone)
    person = make_person(user=user, contact_phone=phone, email=email)
    enrol(
        run_id=CourseRun.objects.get(code=code).pk,
        booker=user,
        people=[person],
        key=uuid.uuid4(),
        now=made_at,
    )


def service_by_phone(slug: str) -> None:
    """A consulting service with one consultant, every morning."""
    make_service(slug=slug, code=slug, now=timezone.now())


def age_sign_ins(minutes: int) -> None:
    """Let the codes that were sent be so many minutes older."""
    for session in Session.objects.all():
        store = SessionStore(session.session_key)
        store.update(_older(store.load(), minutes * 60))
        store.save()


def _older(value: Any, seconds: int) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        key: inner - seconds if key == "at" else _older(inner, seconds)
        for key, inner in value.items()
    }
