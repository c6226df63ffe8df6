"""Writing the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from booking.models import MachineKind
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import Course, CourseMachine


class CourseFields(TypedDict, total=False):
    """What staff write about a course; amounts in rial, lengths in minutes."""

    code: str
    slug: str
    title_fa: str
    title_en: str
    level: str
    session_count: int
    session_minutes: int
    capacity: int
    min_to_run: int
    fee_rial: int
    support_percent: int
    audience_fa: str
    audience_en: str
    summary_fa: str
    summary_en: str
    bring_fa: str
    bring_en: str
    outcomes_fa: list[str]
    outcomes_en: list[str]
    syllabus_fa: list[str]
    syllabus_en: list[str]
    external_standard_code: str
    external_standard_title: str
    external_standard_hours: int | None
    is_active: bool


@atomic_retrying
def create_course(
    *,
    prerequisites: Sequence[Course] = (),
    machines: Mapping[MachineKind, int] | None = None,
    **fields: Unpack[CourseFields],
) -> Course:
    """A new catalogue entry; `machines` says how many of a kind a session needs.

    Raises CoursesError for what the catalogue does not allow.
    """
    course = Course(**fields)
    _save(course)
    course.prerequisites.set(prerequisites)
    _set_machines(course, machines or {})
    return course


@atomic_retrying
def update_course(
    *,
    course_id: int,
    prerequisites: Sequence[Course] | None = None,
    machines: Mapping[MachineKind, int] | None = None,
    **fields: Unpack[CourseFields],
) -> Course:
    """Change a catalogue entry; runs that exist keep their price, places and dates.

    Raises CoursesError.
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=course_id)
    for name, value in fields.items():
        setattr(course, name, value)
    _save(course)
    if prerequisites is not None:
        _require_no_circle(course, prerequisites)
        course.prerequisites.set(prerequisites)
    if machines is not None:
        _set_machines(course, machines)
    return course


def _save(course: Course) -> None:
    try:
        course.full_clean(exclude=["search_key"])
    except ValidationError as error:
        raise CoursesError(" ".join(error.messages), code="invalid") from error
    course.save()


def _require_no_circle(course: Course, prerequisites: Sequence[Course]) -> None:
    """Nobody could begin a chain of courses that leads back to itself."""
    seen: set[int] = set()
    open_ids = {p.pk for p in prerequisites}
    while open_ids:
        if course.pk in open_ids:
            raise CoursesError(
                _("A course cannot be needed before itself."), code="circle"
            )
        seen |= open_ids
        following = Course.objects.filter(needed_for__in=open_ids)
        open_ids = set(following.values_list("pk", flat=True)) - seen


def _set_machines(course: Course, machines: Mapping[MachineKind, int]) -> None:
    course.course_machines.all().delete()
    CourseMachine.objects.bulk_create(
        CourseMachine(course=course, kind=kind, count=count)
        for kind, count in machines.items()
        if count
    )
