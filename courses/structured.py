"""What search engines read of courses and runs, in the words of schema.org."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from courses.models import Course, CourseRun, Phase, RunState
from persian.text import is_persian, localized

CONTEXT = "https://schema.org"
# What would end the element or begin another one.
ESCAPED = {ord(mark): f"\\u{ord(mark):04X}" for mark in "<>&"}
AVAILABLE = {
    Phase.OPEN: "InStock",
    Phase.DRAW: "InStock",
    Phase.ANNOUNCED: "PreOrder",
    Phase.FULL: "SoldOut",
}


def as_script(facts: dict[str, Any]) -> SafeString:
    """The facts as the element that a page holds; nothing in it can end it."""
    text = json.dumps({"@context": CONTEXT, **facts}, ensure_ascii=False)
    safe = mark_safe(text.translate(ESCAPED))  # noqa: S308 (escaped in this line)
    return format_html('<script type="application/ld+json">{}</script>', safe)


def course_facts(course: Course) -> dict[str, Any]:
    """schema.org `Course`: the entry of the catalogue."""
    return {
        "@type": "Course",
        "name": course.title,
        "description": course.summary or course.title,
        "url": address("courses:course", course.slug),
        "courseCode": course.code,
        "inLanguage": "fa",
        "provider": _centre(),
        "timeRequired": f"PT{course.hours}H",
    }


def run_facts(run: CourseRun, phase: Phase) -> dict[str, Any]:
    """schema.org `EducationEvent` and `CourseInstance`: one dated run."""
    status = "EventCancelled" if run.state == RunState.CANCELLED else "EventScheduled"
    course = course_facts(run.course)
    instance = {
        "@type": ["EducationEvent", "CourseInstance"],
        "name": run.title,
        "description": course["description"],
        "url": address("courses:run", run.code),
        "startDate": _moment(run.first_session_at),
        "endDate": _moment(run.last_session_at),
        "eventStatus": f"{CONTEXT}/{status}",
        "eventAttendanceMode": f"{CONTEXT}/OfflineEventAttendanceMode",
        "courseMode": "onsite",
        "inLanguage": "fa",
        "courseWorkload": f"PT{run.hours}H",
        "maximumAttendeeCapacity": run.offering.capacity,
        "remainingAttendeeCapacity": max(0, run.places_left),
        "location": _place(run.room.name),
        "organizer": _centre(),
        "instructor": [
            {"@type": "Person", "name": person.public_name}
            for person in run.instructors.all()
        ],
        "offers": _offer(run, phase),
    }
    return {**course, "hasCourseInstance": [instance]}


def _offer(run: CourseRun, phase: Phase) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "price": run.price_rial,
        "priceCurrency": "IRR",
        "availability": f"{CONTEXT}/{AVAILABLE.get(phase, 'OutOfStock')}",
        "url": address("courses:run", run.code),
    }


def _centre() -> dict[str, Any]:
    facts = settings.HIDAJ_CENTRE
    return {
        "@type": "EducationalOrganization",
        "name": localized(facts, "name"),
        "url": address("desk:home"),
        "telephone": facts["phone"],
        "address": localized(facts, "address"),
    }


def _place(room: str) -> dict[str, Any]:
    facts = settings.HIDAJ_CENTRE
    where = {"latitude": facts["latitude"], "longitude": facts["longitude"]}
    return {
        "@type": "Place",
        "name": f"{localized(facts, 'short_name')}, {room}",
        "address": localized(facts, "address"),
        "geo": {"@type": "GeoCoordinates", **where},
    }


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def address(name: str, *arguments: str) -> str:
    """The whole address of a page in the reader's language."""
    path = settings.PUBLIC_BASE_URL.rstrip("/") + reverse(name, args=arguments)
    return path if is_persian() else f"{path}?{settings.LANGUAGE_PARAMETER}=en"
