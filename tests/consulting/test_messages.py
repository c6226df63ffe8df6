"""What people are told about appointments, when, and that it is still true."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.utils import translation

from booking.services.parties import cancel_reservation
from consulting import calendars
from consulting.reminders import due_times, plan_reminders
from consulting.selectors import day_of
from consulting.services.meetings import (
    cancel_meeting,
    move_appointment,
    move_meeting,
)
from consulting.values import (
    confirmation_wanted,
    reservation_values,
    version_wanted,
)
from notifications import kinds
from notifications.models import OutboxMessage, State
from notifications.rendering import render_sms
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    kinds_to,
    make_booker,
    meeting_of,
    violations,
)
from tests.factories import NOW, make_consultant, make_person, make_service


@pytest.mark.django_db
def test_confirmation_says_what_when_and_where() -> None:
    service = make_service(title_fa="عیب‌یابی الگو")
    reservation = book_one(service, at(10))
    kind = kinds.get("appointment_confirmed")
    with translation.override("fa"):
        values = reservation_values(reservation.pk, "fa")
        text = render_sms(kind.pieces("fa"), values, with_link=True)
    assert "«عیب‌یابی الگو»" in text
    assert "سه‌شنبه ۳ آذر ۱۰:۰۰" in text
    assert f"/a/{reservation.party.reference}" in text


@pytest.mark.django_db
def test_who_books_for_another_and_who_comes_are_both_told() -> None:
    user, booker = make_booker()
    friend = make_person()
    reservation = book_one(make_service(), at(10), booker=user, person=friend)
    assert kinds_to(friend.contact_phone) == ["appointment_by_other"]
    assert kinds_to(booker.contact_phone) == ["appointment_confirmed"]
    values = reservation_values(reservation.pk, "fa")
    assert values["booker"] == booker.name
    assert friend.name in values["for_whom"]


@pytest.mark.django_db
def test_move_and_cancel_are_told() -> None:
    user, person = make_booker()
    reservation = book_one(make_service(), at(10), booker=user, person=person)
    move_appointment(
        reservation_id=reservation.pk,
        starts_at=at(9),
        consultant_id=None,
        by=user,
        now=NOW,
    )
    cancel_reservation(reservation_id=reservation.pk, by=user, now=NOW)
    assert kinds_to(user.phone) == [
        "appointment_confirmed",
        "appointment_moved",
        "appointment_cancelled",
    ]
    assert violations() == []


@pytest.mark.django_db
def test_the_centre_tells_its_reason() -> None:
    user, person = make_booker()
    reservation = book_one(make_service(), at(10), booker=user, person=person)
    meeting = meeting_of(reservation)
    cancel_meeting(meeting_id=meeting.pk, by=None, reason="بیماری مشاور", now=NOW)
    assert kinds_to(user.phone)[-1] == "appointment_cancelled_by_centre"
    assert reservation_values(reservation.pk, "fa")["reason"] == "بیماری مشاور"


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_old_news_is_not_wanted_any_more() -> None:
    reservation = book_one(make_service(), at(10))
    first = OutboxMessage.objects.get(kind="appointment_confirmed")
    assert confirmation_wanted(reservation.pk, first) == ""
    move_meeting(
        meeting_id=meeting_of(reservation).pk,
        starts_at=at(9),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    moved = OutboxMessage.objects.get(kind="appointment_moved")
    assert confirmation_wanted(reservation.pk, first) == State.SUPERSEDED
    assert version_wanted(reservation.pk, moved) == ""
    cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)
    assert version_wanted(reservation.pk, moved) == State.CANCELLED


@pytest.mark.django_db
def test_consultants_hear_of_what_is_near() -> None:
    service = make_service()
    person = service.consultants.get()
    near, far = at(9), at(10, day=DAY + dt.timedelta(days=5))
    book_one(service, far)
    assert kinds_to(person.contact_phone) == []
    reservation = book_one(service, near)
    assert kinds_to(person.contact_phone) == ["consultant_notice"]
    cancel_reservation(reservation_id=reservation.pk, by=None, now=NOW)
    assert kinds_to(person.contact_phone) == ["consultant_notice"] * 2


@pytest.mark.django_db
def test_both_consultants_hear_of_a_change_of_hands() -> None:
    first, second = make_consultant(), make_consultant()
    service = make_service(consultants=[first, second])
    reservation = book_one(service, at(9), consultant_id=first.pk)
    move_meeting(
        meeting_id=meeting_of(reservation).pk,
        starts_at=at(9),
        consultant_id=second.pk,
        by=None,
        now=NOW,
    )
    assert kinds_to(first.contact_phone)[-1] == "consultant_relieved"
    assert kinds_to(second.contact_phone) == ["consultant_moved"]


def _reminders() -> list[OutboxMessage]:
    rows = OutboxMessage.objects.filter(kind="appointment_reminder")
    return list(rows.order_by("due_at"))


@pytest.mark.django_db
def test_reminders_are_planned_once_a_day_and_two_hours_before() -> None:
    book_one(make_service(), at(10), now=NOW)
    for _twice in range(2):
        plan_reminders(NOW)
    hours = [at(10) - m.due_at for m in _reminders()]
    assert hours == [dt.timedelta(hours=24), dt.timedelta(hours=2)]
    assert all(m.expires_at == at(10) for m in _reminders())


@pytest.mark.django_db
def test_reminders_skip_what_is_far_held_or_unwanted() -> None:
    service = make_service()
    book_one(service, at(10, day=DAY + dt.timedelta(days=7)))
    user, person = make_booker(wants_reminders=False)
    book_one(service, at(10), booker=user, person=person)
    plan_reminders(NOW)
    assert _reminders() == []


@pytest.mark.django_db
def test_a_move_replaces_the_planned_reminders() -> None:
    reservation = book_one(make_service(), at(10))
    plan_reminders(NOW)
    move_meeting(
        meeting_id=meeting_of(reservation).pk,
        starts_at=at(11),
        consultant_id=None,
        by=None,
        now=NOW,
    )
    plan_reminders(NOW)
    states = [m.state for m in _reminders()]
    assert states.count(State.SUPERSEDED) == 2
    assert states.count(State.PENDING) == 2


def test_reminders_move_out_of_the_night() -> None:
    early = at(8, 30)
    first, second = due_times(early)
    assert first == early - dt.timedelta(hours=24)
    assert second == at(21, 29, day=DAY - dt.timedelta(days=1))


@pytest.mark.django_db
def test_mail_carries_the_invitation_and_its_end() -> None:
    user, person = make_booker(email="a@example.com")
    reservation = book_one(make_service(), at(10), booker=user, person=person)
    invited = calendars.invitation(reservation.pk, "fa").decode()
    assert "METHOD:REQUEST" in invited
    assert "mailto:a@example.com" in invited.replace("\r\n ", "")
    cancel_reservation(reservation_id=reservation.pk, by=user, now=NOW)
    assert "METHOD:CANCEL" in calendars.invitation(reservation.pk, "fa").decode()
    mails = OutboxMessage.objects.filter(channel="email", recipient="a@example.com")
    assert mails.count() == 2


@pytest.mark.django_db
def test_feeds_show_appointments_and_meetings() -> None:
    service = make_service()
    user, person = make_booker()
    reservation = book_one(service, at(10), booker=user, person=person)
    consultant = service.consultants.get()
    assert [e.starts_at for e in calendars.person_entries(person)] == [at(10)]
    assert [e.starts_at for e in calendars.consultant_entries(consultant)] == [at(10)]
    assert [m.starts_at for m in day_of(consultant, DAY)] == [at(10)]
    cancel_reservation(reservation_id=reservation.pk, by=user, now=NOW)
    assert [e.status for e in calendars.person_entries(person)] == ["CANCELLED"]
    assert [e.status for e in calendars.consultant_entries(consultant)] == ["CANCELLED"]
    assert day_of(consultant, DAY) == []
