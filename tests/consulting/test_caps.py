"""So many meetings a day and a week, and "any of them" shared out under lock."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Person, Role
from booking.models import Party
from booking.services.parties import cancel_reservation
from consulting.exceptions import ConsultingError, SlotTaken
from consulting.models import ConsultantCaps, Meeting, Service
from consulting.services import choosing
from consulting.services.appointments import hold_slot
from consulting.services.availability import WeeklyHours, set_caps
from consulting.services.meetings import move_appointment
from consulting.slots import Caps, week_start
from tests.consulting.helpers import (
    DAY,
    at,
    book_one,
    meeting_of,
    starts_of,
    violations,
)
from tests.consulting.races import at_once
from tests.factories import NOW, make_consultant, make_service, make_user
from tests.signing import make_staff, sign_in_staff

ROUNDS = 20 if os.environ.get("HIDAJ_NIGHT") else 2
NEXT = DAY + dt.timedelta(days=1)
SATURDAY = dt.date(2026, 11, 28)


def capped(per_day: int | None = None, per_week: int | None = None) -> Service:
    """A service of one consultant with these limits; an hour at a time."""
    service = make_service(start_step_minutes=60)
    set_caps(
        person=service.consultants.get(), per_day=per_day, per_week=per_week, now=NOW
    )
    return service


def hold(service: Service, starts_at: dt.datetime, **overrides: Any) -> Party:
    fields = {
        "service_id": service.pk,
        "mode": "phone",
        "consultant_id": None,
        "starts_at": starts_at,
        "booker": make_user(),
        "now": NOW,
    }
    return hold_slot(**{**fields, **overrides})


def test_weeks_begin_on_saturday() -> None:
    assert week_start(SATURDAY) == SATURDAY
    assert week_start(SATURDAY - dt.timedelta(days=1)) == dt.date(2026, 11, 21)


def test_caps_name_the_full_days() -> None:
    days = [SATURDAY + dt.timedelta(days=n) for n in range(-1, 8)]
    taken = Counter({SATURDAY: 2, days[2]: 1})
    assert Caps(per_day=2).full_days(taken, days) == [SATURDAY]
    assert Caps(per_week=3).full_days(taken, days) == days[1:8]
    assert Caps().full_days(taken, days) == []


@pytest.mark.django_db
def test_a_full_day_shows_nothing_more() -> None:
    service = capped(per_day=2)
    book_one(service, at(9))
    assert starts_of(service) == [at(10), at(11)]
    book_one(service, at(11))
    assert starts_of(service) == []
    assert starts_of(service, from_on=NEXT) != []


@pytest.mark.django_db
def test_a_full_week_shows_nothing_until_saturday() -> None:
    service = capped(per_week=2)
    book_one(service, at(9))
    book_one(service, at(9, day=NEXT))
    found = starts_of(service, days=10)
    assert found[0] == at(9, day=SATURDAY)


@pytest.mark.django_db
def test_caps_count_all_services_of_a_consultant() -> None:
    service = capped(per_day=1)
    other = make_service(consultants=[service.consultants.get()])
    book_one(other, at(9))
    assert starts_of(service) == []


@pytest.mark.django_db
@pytest.mark.parametrize("by_centre", [False, True])
def test_a_cap_refuses_the_booking_itself(by_centre: bool) -> None:
    service = capped(per_day=1)
    book_one(service, at(9))
    with pytest.raises(SlotTaken) as refused:
        hold(service, at(10), by_centre=by_centre)
    assert all(slot.starts_at.date() != at(10).date() for slot in refused.value.nearest)


@pytest.mark.django_db
def test_holds_count_and_expired_ones_do_not() -> None:
    service = capped(per_day=1)
    hold(service, at(9))
    assert starts_of(service) == []
    later = NOW + dt.timedelta(minutes=11)
    assert at(9) in starts_of(service, now=later)
    hold(service, at(11), now=later)
    assert Meeting.objects.live().count() == 1


@pytest.mark.django_db
def test_a_cancelled_meeting_makes_room() -> None:
    service = capped(per_day=1)
    booked = book_one(service, at(9))
    cancel_reservation(reservation_id=booked.pk, by=None, now=NOW)
    assert len(starts_of(service)) == 3


@pytest.mark.django_db
def test_a_move_within_a_full_day_is_free_and_into_one_is_not() -> None:
    service = capped(per_day=1)
    booked = book_one(service, at(9))
    other = book_one(service, at(9, day=NEXT))
    fields: dict[str, Any] = {"consultant_id": None, "by": None, "now": NOW}
    move_appointment(reservation_id=booked.pk, starts_at=at(11), **fields)
    assert meeting_of(booked).starts_at == at(11)
    with pytest.raises(SlotTaken):
        move_appointment(reservation_id=other.pk, starts_at=at(9), **fields)
    assert meeting_of(other).starts_at == at(9, day=NEXT)


@pytest.mark.django_db
def test_a_place_in_a_group_is_no_other_meeting() -> None:
    service = make_service(group_size=2, start_step_minutes=60)
    set_caps(person=service.consultants.get(), per_day=1, per_week=None, now=NOW)
    first, second = (book_one(service, at(9)) for _ in range(2))
    assert first.offering_id == second.offering_id
    assert starts_of(service) == []


@pytest.mark.django_db
def test_any_passes_over_whoever_is_full() -> None:
    first, second = make_consultant(), make_consultant()
    service = make_service(consultants=[first, second], start_step_minutes=60)
    set_caps(person=first, per_day=1, per_week=None, now=NOW)
    taken = [meeting_of(book_one(service, at(h))).consultant_id for h in (9, 10, 11)]
    assert Counter(taken) == {first.pk: 1, second.pk: 2}


@pytest.mark.django_db
@pytest.mark.parametrize(("per_day", "per_week"), [(0, None), (None, -1), (5, 4)])
def test_senseless_limits_are_refused(
    per_day: int | None, per_week: int | None
) -> None:
    with pytest.raises(ConsultingError):
        set_caps(person=make_consultant(), per_day=per_day, per_week=per_week, now=NOW)
    assert not ConsultantCaps.objects.exists()


@pytest.mark.django_db
def test_the_audit_sees_a_day_beyond_its_cap() -> None:
    service = capped(per_day=1)
    later = NOW + dt.timedelta(minutes=1)
    book_one(service, at(9), now=later)
    assert violations() == []
    other = book_one(service, at(9, day=NEXT), now=later)
    Meeting.objects.filter(offering=other.offering_id).update(wall_on=DAY)
    assert any(line.startswith("caps of consultants") for line in violations())


@pytest.mark.django_db
def test_the_audit_is_quiet_about_a_cap_that_fell() -> None:
    service = capped(per_day=3)
    book_one(service, at(9))
    book_one(service, at(10))
    person = service.consultants.get()
    later = NOW + dt.timedelta(minutes=1)
    set_caps(person=person, per_day=1, per_week=None, now=later)
    assert violations() == []
    assert starts_of(service) == []


@pytest.mark.django_db
def test_planners_set_limits_on_the_page(client: Client) -> None:
    person = make_consultant()
    planner, _secret = make_staff(Role.PLANNER)
    sign_in_staff(client, planner)
    path = f"/staff/consulting/hours/{person.pk}/"
    client.post(f"{path}caps/", {"per_day": "۴", "per_week": "12"})
    caps = ConsultantCaps.objects.get(person=person)
    assert (caps.per_day, caps.per_week) == (4, 12)
    page = client.post(f"{path}caps/", {"per_day": "4", "per_week": "3"})
    assert "هفته" in page.content.decode()
    client.post(f"{path}caps/", {"per_day": "", "per_week": ""})
    caps.refresh_from_db()
    assert (caps.per_day, caps.per_week) == (None, None)


def _held_at_once(service: Service, starts: list[dt.datetime]) -> list[Any]:
    people = [make_user() for _ in starts]

    def act(number: int) -> Party:
        return hold(service, starts[number], booker=people[number])

    return at_once(act, range(len(starts)))


def _days(count: int) -> list[dt.datetime]:
    return [at(9, day=DAY + dt.timedelta(days=n)) for n in range(count)]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_pass_a_cap() -> None:
    for _round in range(ROUNDS):
        hours = [WeeklyHours(day, dt.time(8), dt.time(16)) for day in range(7)]
        service = make_service(
            consultants=[make_consultant(hours=hours)], start_step_minutes=60
        )
        person = service.consultants.get()
        set_caps(person=person, per_day=2, per_week=None, now=NOW)
        got = _held_at_once(service, [at(hour) for hour in range(8, 16)])
        assert Counter(type(one) for one in got) == {Party: 2, SlotTaken: 6}, got
        assert Meeting.objects.live().filter(consultant=person).count() == 2
    assert violations() == []


def _shares(service: Service) -> list[int]:
    taken = Counter(
        Meeting.objects.live()
        .filter(service=service)
        .values_list("consultant", flat=True)
    )
    return sorted(taken.values())


@pytest.mark.django_db(transaction=True)
def test_any_at_once_is_shared_evenly() -> None:
    for _round in range(ROUNDS):
        people: list[Person] = [make_consultant() for _ in range(4)]
        service = make_service(consultants=people)
        got = _held_at_once(service, _days(8))
        assert Counter(type(one) for one in got) == {Party: 8}, got
        assert _shares(service) == [2, 2, 2, 2]


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("every writing transaction of SQLite is alone by itself")
    look = choosing.recent_minutes

    def look_and_think(*args: Any, **kwargs: Any) -> Counter[int]:
        found = look(*args, **kwargs)
        time.sleep(0.5)
        return found

    monkeypatch.setattr(choosing, "lock_all", lambda *args, **kwargs: None)
    monkeypatch.setattr(choosing, "recent_minutes", look_and_think)
    people = [make_consultant() for _ in range(4)]
    service = make_service(consultants=people)
    _held_at_once(service, _days(8))
    assert _shares(service) != [2, 2, 2, 2]
