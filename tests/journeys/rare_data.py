"""Runs inside a live site: runs and hours for the roads that few people take."""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils import timezone

from accounts.models import User
from booking.models import Draw, Offering
from consulting.addresses import write_moment
from consulting.models import Meeting
from consulting.services.appointments import book_appointment
from consulting.services.meetings import move_meeting
from consulting.slots import free_slots
from courses.models import Approval, CourseRun
from courses.services.enrolment import apply_for_draw
from courses.services.runs import create_run, publish_run
from tests.factories import make_plan, make_room, make_service
from tests.journeys.data import plain_run
from tests.support.storm_world import own_person

HOUR = dt.timedelta(hours=1)


def runs() -> None:
    """One run for each road; the last two are dates of one course."""
    plain_run("R-DRAW", capacity=2)
    plain_run("R-PARTY", capacity=4)
    first = plain_run("R-ASKED", capacity=4)
    CourseRun.objects.filter(pk=first.pk).update(approval=Approval.ALWAYS)
    here = plain_run("R-HERE", capacity=2)
    _another_date(here, "R-THERE")


def _another_date(run: CourseRun, code: str) -> None:
    made_at = timezone.now() - dt.timedelta(days=10)
    plan = make_plan(start_on=timezone.localdate() + dt.timedelta(days=40))
    other = create_run(
        code=code,
        course=run.course,
        room=make_room(code=code),
        instructors=list(run.instructors.all()),
        sessions=plan,
        by=None,
        now=made_at,
    )
    publish_run(run_id=other.pk, by=None, now=made_at)


def open_applications(code: str, applicants: int) -> None:
    """The draw opened an hour ago, and so many have applied."""
    now = timezone.now()
    run = CourseRun.objects.get(code=code)
    Draw.objects.filter(offering=run.offering_id).update(
        committed_at=now - 2 * HOUR, opens_at=now - HOUR
    )
    Offering.objects.filter(pk=run.offering_id).update(opens_at=now - HOUR)
    for number in range(applicants):
        user = User.objects.create_user(f"+98999500{number:04d}")
        apply_for_draw(
            run_id=run.pk,
            booker=user,
            people=[own_person(user)],
            key=uuid.uuid4(),
            now=now,
        )


def close_applications(code: str) -> None:
    """Applications closed a minute ago; the next tick draws."""
    closed_at = timezone.now() - dt.timedelta(minutes=1)
    run = CourseRun.objects.get(code=code)
    Draw.objects.filter(offering=run.offering_id).update(closes_at=closed_at)


def group_hour() -> None:
    """A service for groups of three; the first free hour has one of them."""
    now = timezone.now()
    service = make_service(
        slug="group",
        code="group",
        title_fa="عیب‌یابی گروهی",
        title_en="Faults, in a group",
        problem_en="My shoes do not fit",
        group_size=3,
        start_step_minutes=60,
        now=now,
    )
    user = User.objects.create_user("+989995001000")
    book_appointment(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=_free(service)[0],
        booker=user,
        person=own_person(user),
        key=uuid.uuid4(),
        now=now,
    )


def _free(service: object) -> list[dt.datetime]:
    now = timezone.now()
    slots = free_slots(
        timezone.localdate() + dt.timedelta(days=2),
        3,
        service=service,
        mode="phone",
        consultant=None,
        now=now,
    )
    return [slot.starts_at for slot in slots]


def move_group() -> None:
    """The centre gives the group another hour."""
    meeting = Meeting.objects.live().get(service__slug="group")
    others = [at for at in _free(meeting.service) if at != meeting.starts_at]
    move_meeting(
        meeting_id=meeting.pk,
        starts_at=others[-1],
        consultant_id=None,
        by=None,
        now=timezone.now(),
        reason="-",
    )


def shared_hour() -> str:
    """When the group meets, as the page of its service writes it."""
    meeting = Meeting.objects.live().get(service__slug="group")
    return write_moment(meeting.starts_at)
