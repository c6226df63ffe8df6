"""Free times as the database gives them: hours, pauses, notice, rooms, machines."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from booking.models import MachineKind, Resource
from booking.services.resources import close_centre, provide_machines, take_leave
from consulting.models import ConsultantCaps, Service, WeeklyAvailability
from consulting.services.appointments import hold_slot
from consulting.services.availability import WeeklyHours, add_override
from consulting.slots import days_with_free_slots, free_slots, nearest_slots
from tests.consulting.helpers import (
    DAY,
    TEHRAN,
    at,
    book_one,
    slots_of,
    starts_of,
)
from tests.factories import (
    NOW,
    make_consultant,
    make_person,
    make_room,
    make_service,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_slots_lie_inside_the_hours() -> None:
    service = make_service(start_step_minutes=60)
    assert starts_of(service) == [at(9), at(10), at(11)]


def test_slots_start_on_every_step() -> None:
    assert len(starts_of(make_service())) == 9


def test_booked_times_are_not_free() -> None:
    service = make_service(start_step_minutes=60)
    book_one(service, at(10))
    assert starts_of(service) == [at(9), at(11)]


def test_pauses_of_neighbours_add_up() -> None:
    service = make_service(buffer_before_minutes=15, buffer_after_minutes=10)
    book_one(service, at(9))
    assert starts_of(service)[0] == at(10, 30)


def test_travel_binds_the_consultant_before_and_after() -> None:
    hours = [WeeklyHours(day, dt.time(8), dt.time(18)) for day in range(7)]
    service = make_service(
        modes={"on_site": 60, "phone": 0},
        consultants=[make_consultant(hours=hours)],
        start_step_minutes=60,
    )
    book_one(service, at(12), mode="on_site")
    assert starts_of(service) == [at(h) for h in (8, 9, 10, 14, 15, 16, 17)]


def test_notice_and_horizon_limit_what_is_offered() -> None:
    service = make_service(horizon_days=2)
    found = starts_of(service, from_on=NOW.date(), days=30)
    assert found[0] == NOW + dt.timedelta(hours=24)
    assert found[-1] == at(11)


def test_the_centre_is_not_bound_by_the_notice() -> None:
    service = make_service()
    found = starts_of(service, from_on=dt.date(2026, 11, 22), by_centre=True)
    assert found[0] == NOW


def test_one_day_can_have_more_or_fewer_hours() -> None:
    service = make_service(start_step_minutes=60)
    person = service.consultants.get()
    add_override(
        person=person,
        on=DAY,
        start=dt.time(9),
        end=dt.time(10),
        is_available=False,
        now=NOW,
    )
    add_override(
        person=person,
        on=DAY,
        start=dt.time(18),
        end=dt.time(19),
        is_available=True,
        now=NOW,
    )
    assert starts_of(service) == [at(10), at(11), at(18)]


def test_date_ranges_limit_weekly_hours() -> None:
    winter = WeeklyHours(
        DAY.weekday(), dt.time(9), dt.time(10), valid_to=DAY - dt.timedelta(days=1)
    )
    later = WeeklyHours(DAY.weekday(), dt.time(14), dt.time(15), valid_from=DAY)
    service = make_service(consultants=[make_consultant(hours=[winter, later])])
    assert starts_of(service) == [at(14)]


def test_leave_and_closures_take_time() -> None:
    service = make_service(start_step_minutes=60)
    user = make_user()
    take_leave(
        person=service.consultants.get(),
        starts_at=at(9),
        ends_at=at(10),
        by=user,
        now=NOW,
    )
    close_centre(starts_at=at(11), ends_at=at(12), reason="برف", by=user, now=NOW)
    assert starts_of(service) == [at(10)]


def test_a_meeting_may_run_past_midnight() -> None:
    evening = WeeklyHours(DAY.weekday(), dt.time(23), dt.time(0))
    night = WeeklyHours((DAY.weekday() + 1) % 7, dt.time(0), dt.time(1))
    service = make_service(
        consultants=[make_consultant(hours=[evening, night])], start_step_minutes=30
    )
    assert starts_of(service) == [at(23), at(23, 30)]


def test_the_room_is_needed_only_in_the_centre() -> None:
    room = make_room()
    modes = {"in_person": 0, "phone": 0}
    first = make_service(room=room, modes=modes, start_step_minutes=60)
    second = make_service(room=room, modes=modes, start_step_minutes=60)
    book_one(first, at(10), mode="in_person")
    assert starts_of(second, mode="in_person") == [at(9), at(11)]
    assert starts_of(second, mode="phone") == [at(9), at(10), at(11)]


def test_enough_machines_must_be_free() -> None:
    kind = MachineKind.objects.create(code="DIG", name_fa="دیجیتایزر")
    provide_machines(kind, quantity=3, now=NOW)
    fields = {"modes": {"in_person": 0}, "start_step_minutes": 60}
    one = make_service(machines={kind: 2}, **fields)
    other = make_service(machines={kind: 2}, **fields)
    book_one(one, at(9), mode="in_person")
    assert starts_of(other, mode="in_person") == [at(10), at(11)]


def test_any_consultant_gives_each_start_once() -> None:
    service = make_service(
        consultants=[make_consultant(), make_consultant()], start_step_minutes=60
    )
    assert len(slots_of(service)) == 6
    week = days_with_free_slots(
        DAY, 1, service=service, mode="phone", consultant=None, now=NOW
    )
    assert [slot.starts_at for slot in week.days[0].slots] == [at(9), at(10), at(11)]


def test_only_days_with_free_times_are_shown() -> None:
    hours = [WeeklyHours(DAY.weekday(), dt.time(9), dt.time(10))]
    service = make_service(consultants=[make_consultant(hours=hours)])
    week = days_with_free_slots(
        DAY, 2, service=service, mode="phone", consultant=None, now=NOW
    )
    assert [day.on for day in week.days] == [DAY, DAY + dt.timedelta(days=7)]
    assert week.next_on == DAY + dt.timedelta(days=14)


def test_nearest_times_come_nearest_first() -> None:
    service = make_service(start_step_minutes=60)
    book_one(service, at(10))
    near = nearest_slots(
        at(10), 2, service=service, mode="phone", consultant=None, now=NOW
    )
    assert {slot.starts_at for slot in near} == {at(9), at(11)}


def test_an_unknown_mode_gives_nothing() -> None:
    assert slots_of(make_service(), mode="video") == []


def test_a_service_that_is_not_offered_gives_nothing() -> None:
    service = make_service(is_active=False)
    assert slots_of(service) == []


def test_an_expired_hold_is_free_for_display() -> None:
    service = make_service(start_step_minutes=60)
    hold_slot(
        service_id=service.pk,
        mode="phone",
        consultant_id=None,
        starts_at=at(10),
        booker=make_user(),
        now=NOW,
    )
    assert at(10) not in starts_of(service)
    assert at(10) in starts_of(service, now=NOW + dt.timedelta(minutes=11))


def test_a_group_keeps_offering_its_hour() -> None:
    service = make_service(group_size=2, start_step_minutes=60)
    first = book_one(service, at(10))
    assert at(10) in starts_of(service)
    second = book_one(service, at(10))
    assert first.offering_id == second.offering_id
    assert at(10) not in starts_of(service)


def _queries(service: Service, days: int) -> int:
    found = Service.objects.prefetch_related("modes").get(pk=service.pk)
    with CaptureQueriesContext(connection) as captured:
        free_slots(DAY, days, service=found, mode="phone", consultant=None, now=NOW)
    return len(captured)


def _consultants(count: int, *, are_capped: bool = False) -> list[Person]:
    people = [make_person() for _ in range(count)]
    Resource.objects.bulk_create(Resource(kind="person", person=p) for p in people)
    WeeklyAvailability.objects.bulk_create(
        WeeklyAvailability(
            person=person, weekday=day, start_time=dt.time(9), end_time=dt.time(12)
        )
        for person in people
        for day in range(7)
    )
    if are_capped:
        ConsultantCaps.objects.bulk_create(
            ConsultantCaps(person=p, per_day=4, per_week=20, changed_at=NOW)
            for p in people
        )
    return people


@pytest.mark.parametrize(
    ("are_capped", "group_size", "most"), [(False, 1, 3), (True, 1, 4), (True, 4, 4)]
)
def test_queries_do_not_grow_with_consultants_days_or_bookings(
    are_capped: bool, group_size: int, most: int
) -> None:
    counts = set()
    for consultants in (1, 10, 100):
        service = make_service(
            consultants=_consultants(consultants, are_capped=are_capped),
            group_size=group_size,
            horizon_days=90,
        )
        for hour in (9, 10, 11):
            book_one(service, at(hour), person=make_person(), key=uuid.uuid4())
        counts |= {_queries(service, days) for days in (1, 90)}
    assert counts == {most}


def test_slots_are_utc() -> None:
    slot = slots_of(make_service())[0]
    assert slot.starts_at.tzinfo is dt.UTC
    assert slot.starts_at.astimezone(TEHRAN).hour == 9
