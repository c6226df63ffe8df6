"""The week of a consultant, exceptions, the catalogue, and the audit."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from booking.models import MachineKind, Offering
from consulting.exceptions import ConsultingError
from consulting.models import Meeting, Mode, WeeklyAvailability
from consulting.services.availability import (
    WeeklyHours,
    add_override,
    remove_override,
    set_weekly_availability,
)
from consulting.services.catalogue import Question, update_service
from notifications.models import OutboxMessage
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    meeting_of,
    slots_of,
    violations,
)
from tests.factories import NOW, make_consultant, make_person, make_room, make_service

pytestmark = pytest.mark.django_db
SATURDAY = 5


def line(start: int, end: int, **more: object) -> WeeklyHours:
    return WeeklyHours(SATURDAY, dt.time(start), dt.time(end), **more)  # type: ignore[arg-type]


def test_a_week_is_replaced_as_a_whole() -> None:
    person = make_consultant()
    set_weekly_availability(person=person, hours=[line(9, 12)], now=NOW)
    assert WeeklyAvailability.objects.get(person=person).weekday == SATURDAY


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        ([line(12, 9)], "empty"),
        ([line(9, 12), line(11, 13)], "overlap"),
        ([line(9, 12), line(11, 0)], "overlap"),
        ([WeeklyHours(0, dt.time(9, 10), dt.time(10))], "not_on_quarter"),
        ([line(9, 12, valid_from=DAY, valid_to=DAY - dt.timedelta(days=1))], "dates"),
    ],
)
def test_impossible_weeks_are_refused(hours: list[WeeklyHours], code: str) -> None:
    with pytest.raises(ConsultingError) as refused:
        set_weekly_availability(person=make_person(), hours=hours, now=NOW)
    assert refused.value.code == code


def test_lines_of_other_dates_may_share_hours() -> None:
    hours = [line(9, 12, valid_to=DAY), line(9, 11, valid_from=DAY + dt.timedelta(1))]
    assert set_weekly_availability(person=make_person(), hours=hours, now=NOW) == []


def test_the_database_refuses_hours_without_length() -> None:
    person = make_person()
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyAvailability.objects.create(
            person=person, weekday=0, start_time=dt.time(9), end_time=dt.time(9)
        )


def test_booked_meetings_outside_new_hours_are_named() -> None:
    service = make_service()
    person = service.consultants.get()
    meeting = meeting_of(book_one(service, at(11)))
    outside = set_weekly_availability(person=person, hours=[line(9, 11)], now=NOW)
    assert outside == [meeting]
    day = DAY.weekday()
    hours = [WeeklyHours(day, dt.time(9), dt.time(12))]
    assert set_weekly_availability(person=person, hours=hours, now=NOW) == []


def test_an_exception_names_what_lies_outside_and_can_be_taken_back() -> None:
    service = make_service()
    person = service.consultants.get()
    book_one(service, at(10))
    outside = add_override(
        person=person,
        on=DAY,
        start=dt.time(9),
        end=dt.time(12),
        is_available=False,
        now=NOW,
    )
    assert len(outside) == 1
    override = person.availability_overrides.get()
    assert remove_override(override_id=override.pk, now=NOW) == []


def test_an_exception_of_yesterday_is_refused() -> None:
    with pytest.raises(ConsultingError) as refused:
        add_override(
            person=make_person(),
            on=NOW.date() - dt.timedelta(days=1),
            start=dt.time(9),
            end=dt.time(12),
            is_available=True,
            now=NOW,
        )
    assert refused.value.code == "past"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"duration_minutes": 50}, "not_in_quarters"),
        ({"modes": {}}, "no_mode"),
        ({"slug": "نشانی"}, "invalid"),
        ({"support_percent": 120}, "invalid"),
    ],
)
def test_impossible_services_are_refused(fields: dict[str, object], code: str) -> None:
    with pytest.raises(ConsultingError) as refused:
        make_service(**fields)
    assert refused.value.code == code


def test_a_service_cannot_need_machines_that_are_not_there() -> None:
    kind = MachineKind.objects.create(code="PLT", name_fa="پلاتر")
    with pytest.raises(ConsultingError) as refused:
        make_service(machines={kind: 1})
    assert refused.value.code == "machines_short"


def test_a_question_that_was_answered_lives_on() -> None:
    service = make_service(questions=[Question("نوع کفش"), Question("سایز")])
    first, second = service.questions.order_by("order")
    book_one(service, at(10), answers={first.pk: "کتانی"})
    update_service(
        service_id=service.pk,
        modes={"phone": 0},
        consultants=list(service.consultants.all()),
        questions=[Question("جنس رویه", pk=first.pk)],
        now=NOW,
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.text_fa, first.is_active, second.is_active) == (
        "نوع کفش",
        False,
        False,
    )
    assert service.questions.get(is_active=True).text_fa == "جنس رویه"


def test_the_audit_is_quiet_on_a_busy_day() -> None:
    service = make_service(group_size=2, room=make_room(), modes={"in_person": 0})
    for hour in (9, 10, 10):
        book_one(service, at(hour), mode="in_person")
    assert slots_of(service, mode="in_person")
    assert violations() == []


def test_the_audit_sees_what_was_broken() -> None:
    reservation = book_one(make_service(), at(10))
    meetings = Meeting.objects.all()
    meetings.update(schedule_version=3, wall_start=dt.time(11))
    OutboxMessage.objects.all().delete()
    Offering.objects.update(seats_taken=0)
    found = " ".join(violations())
    assert "version 3" in found
    assert "stored" in found
    assert f"reservation {reservation.pk}: not confirmed" in found
    assert "live, nobody booked" in found


def test_the_audit_sees_a_meeting_without_its_time() -> None:
    meeting = meeting_of(book_one(make_service(), at(10)))
    meeting.block.claims.update(ended_at=NOW)
    assert f"meeting {meeting.pk}: its time is not taken" in " ".join(violations())


def test_the_database_refuses_a_second_meeting_at_one_start() -> None:
    meeting = meeting_of(book_one(make_service(), at(10)))
    other = meeting_of(book_one(make_service(), at(10)))
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=other.pk).update(consultant=meeting.consultant)


def test_the_database_keeps_rooms_to_the_centre() -> None:
    meeting = meeting_of(book_one(make_service(), at(10)))
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=meeting.pk).update(room=make_room(), mode=Mode.PHONE)
