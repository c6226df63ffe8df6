"""From an SMS that comes in to what it changes: seats, rolls, tasks, messages."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
import time_machine
from django.test import Client

from booking.models import Reservation, ReservationState, WaitingEntry
from consulting.models import Meeting
from consulting.reminders import plan_reminders as plan_appointments
from core.audit import run_audit
from courses.models import Attendance, CourseRun, Mark, SessionNotice
from courses.reminders import plan_reminders
from desk.models import StaffTask
from notifications import inbox, services
from notifications.gateways.base import Inbound
from notifications.models import InboundMessage, OutboxMessage
from persian.text import to_persian_digits
from tests.consulting.helpers import at, book_one
from tests.desk.people import enrol_one, make_teacher, wait_one
from tests.factories import make_plan, make_run, make_service
from tests.signing import sign_in

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
_numbers = itertools.count(1)


def phone_of(reservation: Reservation) -> str:
    assert reservation.person is not None
    return reservation.person.contact_phone


def send_reminders(now: dt.datetime) -> None:
    """Plan and send what is due at a moment."""
    plan_reminders(now)
    plan_appointments(now)
    with time_machine.travel(now, tick=False):
        services.drain(now=now)


def answer(reservation: Reservation, text: str, now: dt.datetime) -> InboundMessage:
    """The person answers, and what we say about it goes out."""
    number = f"in-{next(_numbers)}"
    inbound = Inbound(number, phone_of(reservation), text, now)
    with time_machine.travel(now, tick=False):
        inbox.keep(gateway="file", found=[inbound], now=now)
        inbox.handle_new(now)
        services.drain(now=now)
    return InboundMessage.objects.get(gateway_id=number)


def kinds_to(phone: str) -> list[str]:
    rows = OutboxMessage.objects.filter(recipient=phone).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def broken() -> list[str]:
    return [f"{r.name}: {line}" for r in run_audit() for line in r.violations]


def reminded_run(**overrides: Any) -> tuple[CourseRun, Reservation, dt.datetime]:
    """A full run whose reminders have just gone out, a day before its start."""
    run = make_run(**overrides)
    reservation = enrol_one(run)
    enrol_one(run)
    now = run.first_session_at - 24 * HOUR
    send_reminders(now)
    return run, reservation, now + HOUR


def let_cancel(run: CourseRun, hours_before: int) -> None:
    """Set until when people may cancel alone."""
    rows = type(run.offering).objects.filter(pk=run.offering_id)
    rows.update(cancel_notice_hours=hours_before)


def test_no_to_the_first_class_gives_the_place_to_the_next() -> None:
    run = make_run()
    reservation = enrol_one(run)
    enrol_one(run)
    waiting = wait_one(run)
    let_cancel(run, 0)
    send_reminders(run.first_session_at - 24 * HOUR)

    inbound = answer(reservation, "۲", run.first_session_at - 23 * HOUR)

    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CANCELLED
    assert WaitingEntry.objects.get().state == "offered"
    assert "place_offered" in kinds_to(waiting.contact_phone)
    # The news of the cancellation is the confirmation.
    assert inbound.outcome == "cancelled"
    assert kinds_to(phone_of(reservation))[-1] == "enrolment_cancelled"
    assert broken() == []


def test_no_after_the_policy_is_a_call_for_reception() -> None:
    run = make_run()
    reservation = enrol_one(run)
    let_cancel(run, 48)
    send_reminders(run.first_session_at - 24 * HOUR)

    answer(reservation, "2", run.first_session_at - 23 * HOUR)

    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CONFIRMED
    task = StaffTask.objects.get()
    assert (task.kind, task.reservation) == ("cannot_come", reservation)
    assert task.class_session == run.sessions.get(number=1)
    assert task.due_at == run.first_session_at
    assert kinds_to(phone_of(reservation))[-1] == "reply_too_late"


def test_no_to_a_later_class_excuses_from_that_one() -> None:
    gap = make_plan(count=1) + make_plan(start_on=dt.date(2026, 12, 12), count=1)
    run = make_run(sessions=gap)
    reservation = enrol_one(run)
    second = run.sessions.get(number=2)
    send_reminders(second.starts_at - 24 * HOUR)

    answer(reservation, "نمی‌آیم", second.starts_at - 20 * HOUR)
    answer(reservation, "2", second.starts_at - 19 * HOUR)

    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CONFIRMED
    mark = Attendance.objects.get()
    assert (mark.class_session, mark.mark, mark.minutes) == (second, Mark.EXCUSED, 0)
    assert "reply_excused" in kinds_to(phone_of(reservation))
    assert not StaffTask.objects.exists()
    assert broken() == []


def test_yes_is_noted() -> None:
    _run, reservation, now = reminded_run()

    inbound = answer(reservation, "1", now)

    assert inbound.outcome == "comes"
    assert inbound.about is not None
    assert inbound.about.kind == "class_reminder"
    text = OutboxMessage.objects.get(kind="reply_comes").text
    assert "ثبت شد: می‌آیید" in text
    assert not StaffTask.objects.exists()


def test_reminder_says_which_digits_to_send() -> None:
    _run, _reservation, _now = reminded_run()

    texts = OutboxMessage.objects.filter(kind="class_reminder", channel="sms")

    assert {message.parts for message in texts} <= {1, 2}
    assert all("۱ می‌آیم، ۲ نمی‌آیم، ۳ تماس" in message.text for message in texts)


def test_no_to_an_appointment_frees_the_hour() -> None:
    service = make_service(cancel_notice_hours=2)
    reservation = book_one(service, at(10))
    send_reminders(at(10) - 24 * HOUR)

    answer(reservation, "2", at(10) - 20 * HOUR)

    reservation.refresh_from_db()
    assert reservation.state == ReservationState.CANCELLED
    assert not Meeting.objects.get().is_live
    assert kinds_to(phone_of(reservation))[-1] == "appointment_cancelled"
    assert broken() == []


def test_no_to_an_appointment_after_the_policy_is_a_call() -> None:
    service = make_service(cancel_notice_hours=48)
    reservation = book_one(service, at(10))
    send_reminders(at(10) - 24 * HOUR)

    answer(reservation, "2", at(10) - 20 * HOUR)

    assert StaffTask.objects.get().meeting == Meeting.objects.get()


def test_three_and_free_words_are_tasks() -> None:
    _run, reservation, now = reminded_run()

    answer(reservation, "۳", now)
    answer(reservation, "3", now + HOUR)
    answer(reservation, "سلام، آدرس کجاست؟", now + 2 * HOUR)

    tasks = {task.kind: task for task in StaffTask.objects.all()}
    assert set(tasks) == {"call_back", "answer"}
    assert tasks["call_back"].reservation == reservation
    assert tasks["answer"].text == "سلام، آدرس کجاست؟"
    assert tasks["answer"].phone == phone_of(reservation)


def test_two_people_on_one_number_are_asked_which() -> None:
    run = make_run()
    first, second = enrol_one(run), enrol_one(run)
    assert second.person is not None
    type(second.person).objects.filter(pk=second.person.pk).update(
        contact_phone=phone_of(first)
    )
    let_cancel(run, 0)
    send_reminders(run.first_session_at - 24 * HOUR)
    now = run.first_session_at - 23 * HOUR

    answer(first, "2", now)
    asked = OutboxMessage.objects.get(kind="reply_which").text
    answer(first, "۲", now + HOUR)

    assert first.person is not None
    assert to_persian_digits(first.person.name) in asked
    assert to_persian_digits(second.person.name) in asked
    first.refresh_from_db()
    second.refresh_from_db()
    assert sorted([first.state, second.state]) == ["cancelled", "confirmed"]


# -- Being late -----------------------------------------------------------------------


def test_late_by_sms_is_told_to_the_instructor() -> None:
    teacher = make_teacher()
    run, reservation, _now = reminded_run(instructors=[teacher])
    soon = run.first_session_at - HOUR

    answer(reservation, "دیر میرسم", soon)
    answer(reservation, "دیر می‌رسم", soon + dt.timedelta(minutes=5))

    assert kinds_to(teacher.contact_phone).count("learner_late") == 1
    assert SessionNotice.objects.filter(kind="late").count() == 1
    assert StaffTask.objects.get().kind == "late"
    assert kinds_to(phone_of(reservation)).count("reply_late") == 2
    assert broken() == []


def test_late_by_the_page(client: Client) -> None:
    teacher = make_teacher()
    run = make_run(instructors=[teacher])
    reservation = enrol_one(run)
    sign_in(client, reservation.party.booked_by)
    path = f"/bookings/{reservation.party.reference}/"
    late = f"{path}late/{reservation.pk}/"

    with time_machine.travel(run.first_session_at - 5 * HOUR, tick=False):
        assert late not in client.get(path).content.decode()
        client.post(late)
        assert not StaffTask.objects.exists()
    with time_machine.travel(run.first_session_at - HOUR, tick=False):
        assert late in client.get(path).content.decode()
        for _ in range(2):
            assert client.post(late).status_code == 302

    assert StaffTask.objects.get().class_session == run.sessions.get(number=1)
    assert kinds_to(teacher.contact_phone).count("learner_late") == 1


def test_late_for_an_appointment_is_told_to_the_consultant(client: Client) -> None:
    reservation = book_one(make_service(), at(10))
    sign_in(client, reservation.party.booked_by)
    late = f"/bookings/{reservation.party.reference}/late/{reservation.pk}/"

    with time_machine.travel(at(10) - HOUR, tick=False):
        for _ in range(2):
            client.post(late)

    meeting = Meeting.objects.get()
    assert kinds_to(meeting.consultant.contact_phone).count("client_late") == 1
    assert StaffTask.objects.get().meeting == meeting


def test_nobody_is_late_for_another(client: Client) -> None:
    mine, other = (book_one(make_service(), at(10)) for _ in range(2))
    sign_in(client, mine.party.booked_by)
    path = f"/bookings/{other.party.reference}/late/{other.pk}/"

    with time_machine.travel(at(10) - HOUR, tick=False):
        assert client.post(path).status_code == 404
