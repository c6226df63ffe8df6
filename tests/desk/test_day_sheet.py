from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from accounts.models import Person, TeachingProfile
from consulting.services.availability import WeeklyHours, set_weekly_availability
from core.registry import registry
from core.tick import run_tick
from courses.models import CourseRun
from courses.planner import PlannedSession
from courses.services.schedule import cancel_class_session
from desk.day_sheet import KIND, ROOM_FOR_LINES, fit, plan_day_sheets
from notifications import kinds
from notifications.models import OutboxMessage
from notifications.rendering import render_sms
from notifications.segments import count_parts
from notifications.services import drain
from tests.consulting.helpers import book_one, slots_of
from tests.desk.people import enrol_one, make_teacher
from tests.factories import NOW, make_course, make_run, make_service

pytestmark = pytest.mark.django_db

# Tuesday, 24 November 2026, 07:30 in Tehran.
DAY = dt.date(2026, 11, 24)
MORNING = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def teacher() -> Person:
    """Somebody who teaches on DAY at 16:00 and gives an hour at 09:00."""
    person = make_teacher()
    TeachingProfile.objects.filter(person=person).update(consults=True)
    person = Person.objects.get(pk=person.pk)
    run = make_class(person, DAY)
    enrol_one(run)
    set_weekly_availability(
        person=person, hours=[WeeklyHours(1, dt.time(9), dt.time(12))], now=NOW
    )
    service = make_service(consultants=[person], title_fa="عیب‌یابی الگو و فیت")
    book_one(service, slots_of(service)[0].starts_at)
    return person


def make_class(person: Person, *days: dt.date) -> CourseRun:
    return make_run(
        course=make_course(title_fa="الگوسازی دستی"),
        instructors=[person],
        sessions=[PlannedSession(on, dt.time(16), dt.time(20)) for on in days],
    )


def sheets() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind=KIND).order_by("pk"))


def test_sheet_joins_classes_and_meetings(
    teacher: Person, clock: time_machine.Coordinates
) -> None:
    clock.move_to(MORNING)

    run_tick(MORNING)
    drain(now=MORNING)

    (sheet,) = sheets()
    assert sheet.recipient == teacher.contact_phone
    assert sheet.state == "accepted"
    assert "عیب‌یابی الگو و فیت" in sheet.text.splitlines()[1]
    assert "الگوسازی دستی" in sheet.text.splitlines()[2]


def test_sheet_is_written_once_a_day(teacher: Person) -> None:
    plan_day_sheets(MORNING)

    assert plan_day_sheets(MORNING + dt.timedelta(minutes=10)) == 0
    assert len(sheets()) == 1


@pytest.mark.parametrize("minutes", [-1, 5 * 60])
def test_sheet_is_of_the_morning(teacher: Person, minutes: int) -> None:
    assert plan_day_sheets(MORNING + dt.timedelta(minutes=minutes)) == 0


def test_nobody_is_bothered_on_a_free_day(teacher: Person) -> None:
    assert plan_day_sheets(MORNING + dt.timedelta(days=1)) == 0


def test_sheet_is_dropped_when_the_day_became_free(
    clock: time_machine.Coordinates,
) -> None:
    run = make_class(make_teacher(), DAY, DAY + dt.timedelta(days=7))
    plan_day_sheets(MORNING)
    clock.move_to(MORNING)
    cancel_class_session(
        session_id=run.sessions.get(number=1).pk, by=None, reason="برف", now=MORNING
    )

    drain(now=MORNING)

    assert [sheet.state for sheet in sheets()] == ["cancelled"]


def test_longest_sheet_fits_two_parts() -> None:
    kind = kinds.get(KIND)

    for language in ("fa", "en"):
        text = render_sms(kind.pieces(language), kind.sample, with_link=False)
        assert count_parts(text) <= 2


def test_long_days_are_cut_with_a_count() -> None:
    lines = ["۱۶:۰۰ الگوسازی دستی کفش ورزشی، کارگاه" for _ in range(8)]

    text = fit(lines)

    assert len(text.splitlines()) < 5
    assert len("".join(text.splitlines()[:-1])) <= ROOM_FOR_LINES


def test_only_the_desk_sends_morning_sheets() -> None:
    steps = [name for name in registry.tick_steps if name.endswith("day_sheets")]

    assert steps == ["desk.day_sheets"]
