from __future__ import annotations

import datetime as dt

import pytest

from booking.models import Reservation
from booking.services.parties import cancel_reservation
from courses import audit, values
from courses.models import CourseRun, SessionNotice
from courses.reminders import plan_reminders
from courses.services.enrolment import enrol
from courses.services.schedule import move_class_session
from notifications import kinds as registry
from notifications.models import OutboxMessage
from tests.courses.helpers import new_key
from tests.factories import NOW, make_person, make_plan, make_run, make_user

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def book(run: CourseRun, now: dt.datetime = NOW, **person: object) -> Reservation:
    booker = make_user()
    learner = make_person(user=booker, contact_phone=booker.phone, **person)
    return enrol(
        run_id=run.pk, booker=booker, people=[learner], key=new_key(), now=now
    )[0]


def reminders() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="class_reminder").order_by("pk"))


def test_first_class_session_is_reminded_once_a_day_before() -> None:
    run = make_run()
    book(run)
    now = run.first_session_at - 48 * HOUR

    assert plan_reminders(now) == 1
    assert plan_reminders(now) == 0

    (reminder,) = reminders()
    assert reminder.due_at == run.first_session_at - 24 * HOUR
    assert reminder.expires_at == run.first_session_at - HOUR
    assert audit.session_changes_were_told() == []


def test_weekly_class_session_is_not_reminded_but_one_after_a_gap_is() -> None:
    gap = make_plan(count=1) + make_plan(start_on=dt.date(2026, 12, 12), count=1)
    weekly, with_gap = make_run(), make_run(sessions=gap)
    book(weekly)
    book(with_gap)

    second = weekly.sessions.get(number=2).starts_at
    assert plan_reminders(second - 48 * HOUR) == 0
    assert plan_reminders(with_gap.sessions.get(number=2).starts_at - 48 * HOUR) == 1


def test_reminder_of_a_morning_class_leaves_before_the_night() -> None:
    run = make_run(
        sessions=make_plan(start_time=dt.time(6), end_time=dt.time(7), count=1)
    )
    book(run)

    plan_reminders(run.first_session_at - 71 * HOUR)

    wall = dt.datetime(2026, 11, 26, 17, 59, tzinfo=dt.UTC)
    assert reminders()[0].due_at == wall


def test_no_reminder_for_who_booked_late_or_does_not_want_one() -> None:
    run = make_run()
    book(run, now=run.first_session_at - 5 * HOUR)
    book(run, wants_reminders=False)

    assert plan_reminders(run.first_session_at - 4 * HOUR) == 0


def test_moved_class_session_overtakes_its_reminder_and_gets_a_new_one() -> None:
    run = make_run()
    book(run)
    plan_reminders(run.first_session_at - 48 * HOUR)

    move_class_session(
        session_id=run.sessions.get(number=1).pk,
        on=dt.date(2026, 11, 29),
        start=dt.time(16),
        end=dt.time(20),
        by=None,
        now=run.first_session_at - 40 * HOUR,
    )
    plan_reminders(run.first_session_at - 39 * HOUR)

    assert [r.state for r in reminders()] == ["superseded", "pending"]


def test_cancelled_place_drops_its_reminder() -> None:
    run = make_run()
    reservation = book(run)
    now = run.first_session_at - 48 * HOUR
    plan_reminders(now)

    cancel_reservation(
        reservation_id=reservation.pk, by=reservation.party.booked_by, now=now
    )

    assert [r.state for r in reminders()] == ["cancelled"]
    notice = SessionNotice.objects.get()
    assert values.reminder_wanted(notice.pk, reminders()[0]) == "cancelled"


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_value_that_a_text_asks_for_is_there(language: str) -> None:
    run = make_run()
    reservation = book(run)
    plan_reminders(run.first_session_at - 48 * HOUR)
    notice = SessionNotice.objects.get()

    for name, subject in (
        ("enrolment_confirmed", reservation.pk),
        ("registered_by_other", reservation.pk),
        ("enrolment_cancelled_by_centre", reservation.pk),
        ("instructor_booking_notice", reservation.pk),
        ("class_reminder", notice.pk),
        ("class_session_moved", notice.pk),
        ("teaching_run_cancelled", run.pk),
    ):
        kind = registry.get(name)
        given = kind.values(subject, language)
        assert set(kind.variables) <= set(given), name
