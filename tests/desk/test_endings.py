"""Pages of staff and consultants about how bookings ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, Role
from accounts.services import grant_role
from booking.models import NoShowForgiven
from booking.services.endings import end_place
from courses.models import CourseRun
from tests.consulting.helpers import at, book_one, meeting_of
from tests.desk.people import enrol_one, reception, teacher_client
from tests.factories import (
    NOW,
    make_consultant,
    make_course,
    make_run,
    make_service,
    make_user,
)
from tests.signing import sign_in

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def run(clock: time_machine.Traveller) -> CourseRun:
    return make_run(course=make_course(capacity=5))


def make_adviser() -> Person:
    user = make_user()
    grant_role(user=user, role=Role.CONSULTANT, now=NOW)
    return make_consultant(user=user, contact_phone=user.phone)


def test_run_is_closed_on_one_page(
    clock: time_machine.Traveller, run: CourseRun
) -> None:
    place = enrol_one(run)
    clock.move_to(run.last_session_at + DAY)
    client, url = reception(), f"/staff/runs/{run.code}/close/"

    board = client.get("/staff/").content.decode()
    page = client.get(url).content.decode()
    client.post(url, {"close": "1", f"end-{place.pk}": "no_show"})

    place.refresh_from_db()
    run.refresh_from_db()
    detail = client.get(f"/staff/runs/{run.code}/").content.decode()
    assert url in board
    assert str(place.person) in page
    assert place.state == "no_show"
    assert run.closed_by is not None
    assert "کارکنان آن را بستند" in detail


def test_run_that_goes_on_is_not_closed(run: CourseRun) -> None:
    response = reception().post(f"/staff/runs/{run.code}/close/", {"close": "1"})

    run.refresh_from_db()
    assert response.status_code == 302
    assert run.closed_at is None


def test_staff_mend_an_end_with_a_reason(
    clock: time_machine.Traveller, run: CourseRun
) -> None:
    place = enrol_one(run)
    clock.move_to(run.last_session_at)
    end_place(reservation_id=place.pk, to="no_show", by=None, now=run.last_session_at)
    client, url = reception(), f"/staff/bookings/{place.pk}/end/"

    silent = client.post(url, {"end": "completed", "reason": ""})
    client.post(url, {"end": "completed", "reason": "در فهرست اشتباه بود"})

    place.refresh_from_db()
    assert silent.status_code == 200
    assert place.state == "completed"


def test_staff_forgive_on_the_page_of_the_person(
    clock: time_machine.Traveller, run: CourseRun
) -> None:
    place = enrol_one(run)
    clock.move_to(run.last_session_at)
    end_place(reservation_id=place.pk, to="no_show", by=None, now=run.last_session_at)
    client, page = reception(), f"/staff/people/{place.person_id}/"
    before = client.get(page).content.decode()

    client.post(f"/staff/bookings/{place.pk}/forgive/", {"reason": "بیمار بود"})

    after = client.get(page).content.decode()
    assert "۱ بار نیامده است" in before
    assert f"/staff/bookings/{place.pk}/forgive/" in before
    assert "بیمار بود" in after
    assert "بار نیامده است" not in after
    assert NoShowForgiven.objects.get().reservation_id == place.pk


def test_consultant_says_with_one_tap_who_came(clock: time_machine.Traveller) -> None:
    adviser = make_adviser()
    booked = book_one(make_service(consultants=[adviser]), at(9))
    clock.move_to(at(9, 30))
    client = teacher_client(adviser)

    page = client.get("/teach/").content.decode()
    response = client.post(f"/teach/appointments/{booked.pk}/came/", {"came": "no"})

    booked.refresh_from_db()
    assert f"/teach/appointments/{booked.pk}/came/" in page
    assert response["Location"] == "/teach/"
    assert booked.state == "no_show"


def test_day_page_asks_about_yesterday(clock: time_machine.Traveller) -> None:
    adviser = make_adviser()
    booked = book_one(make_service(consultants=[adviser]), at(9))
    client = teacher_client(adviser)
    clock.move_to(at(9) + DAY)

    asked = client.get("/teach/").content.decode()
    client.post(f"/teach/appointments/{booked.pk}/came/", {"came": "yes"})

    assert "دیروز چه کسی آمد؟" in asked
    assert "دیروز چه کسی آمد؟" not in client.get("/teach/").content.decode()


def test_staff_say_on_the_page_of_the_meeting_who_came(
    clock: time_machine.Traveller,
) -> None:
    booked = book_one(make_service(consultants=[make_adviser()]), at(9))
    page = f"/staff/consulting/meetings/{meeting_of(booked).pk}/"
    clock.move_to(at(9, 30))
    client = reception()

    shown = client.get(page).content.decode()
    response = client.post(
        f"/teach/appointments/{booked.pk}/came/", {"came": "yes", "next": page}
    )

    booked.refresh_from_db()
    assert f"/teach/appointments/{booked.pk}/came/" in shown
    assert response["Location"] == page
    assert booked.state == "completed"
    assert "/end/" in client.get(page).content.decode()


def test_booking_that_is_over_keeps_its_dates(
    clock: time_machine.Traveller, client: Client, run: CourseRun
) -> None:
    place = enrol_one(run)
    sign_in(client, place.party.booked_by)
    end_place(reservation_id=place.pk, to="completed", by=None, now=run.last_session_at)
    clock.move_to(run.last_session_at + DAY)

    page = client.get(f"/bookings/{place.party.reference}/").content.decode()

    assert "گذرانده" in page
    assert "۱۶:۰۰ تا ۲۰:۰۰" in page
