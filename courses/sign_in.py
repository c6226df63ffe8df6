"""What a visitor wanted when they were sent to sign in, done with the right code."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from accounts.access import person_of
from accounts.models import User
from courses.models import Course, CourseRun
from courses.services import enrolment


def take_up(user: User, next_url: str, now: dt.datetime) -> None:
    """Hold the place of the run, or note the wish to be told, that `next_url` is about.

    Called inside the POST of the correct code: opening a page changes nothing.
    Raises booking's Full and Closed, whose sentence the person sees.
    """
    try:
        match = resolve(urlsplit(next_url).path)
    except Resolver404:
        return
    if match.view_name == "courses:book":
        run = CourseRun.objects.published().filter(code=match.kwargs["code"]).first()
        if run is not None:
            enrolment.hold_place(run_id=run.pk, booker=user, now=now)
    person = person_of(user)
    if match.view_name == "courses:notify" and person is not None:
        course = Course.objects.active().filter(slug=match.kwargs["slug"]).first()
        if course is not None:
            enrolment.register_interest(course_id=course.pk, person=person, now=now)
