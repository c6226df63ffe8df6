from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import Person, User
from booking.models import Party, Reservation
from booking.services.parties import cancel_party
from core.audit import run_audit
from courses.exceptions import CoursesError
from courses.models import CourseRun
from courses.reminders import remind_of_names
from courses.services.enrolment import enrol
from courses.services.naming import name_by_centre
from courses.services.schedule import move_class_session
from courses.services.transfers import move_enrolments, runs_to_move_to
from notifications.kinds import get
from notifications.models import OutboxMessage
from notifications.rendering import render_sms
from persian.text import to_latin_digits
from tests.courses.helpers import kinds_sent, new_key
from tests.courses.test_views import form, sign_in, text
from tests.factories import (
    NOW,
    make_course,
    make_person,
    make_plan,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
    assert [r for r in run_audit() if r.violations] == []


@pytest.fixture
def run() -> CourseRun:
    return make_run(course=make_course(capacity=4))


def make_booker() -> tuple[User, Person]:
    user = make_user()
    return user, make_person(user=user, contact_phone=user.phone)


def book(run: CourseRun, booker: User, *people: Person | None) -> list[Reservation]:
    return enrol(
        run_id=run.pk, booker=booker, people=list(people), key=new_key(), now=NOW
    )


def sms(kind: str) -> str:
    message = OutboxMessage.objects.filter(kind=kind).latest("pk")
    with translation.override("en"):
        values = get(kind).values(message.subject_id, "en")
    return render_sms(get(kind).pieces("en"), values, with_link=True)


# -- The booking form ---------------------------------------------------------------


def test_form_books_for_oneself_and_others(client: Client, run: CourseRun) -> None:
    user, learner = sign_in(client)
    told = form(
        places="3", shown="3", name_2="علی سوزن‌چی", phone_2="09992000077", consent="on"
    )

    response = client.post(reverse("courses:book", args=[run.code]), told, follow=True)

    party = Party.objects.get()
    names = [r.person and r.person.name for r in party.reservations.order_by("pk")]
    assert (party.size, names) == (3, [learner.name, "علی سوزن‌چی", None])
    assert reverse("desk:booking", args=[party.reference]) in text(response)
    assert kinds_sent(user.phone) == ["party_confirmed"]
    assert kinds_sent("+989992000077") == ["registered_by_other"]


def test_another_number_keeps_what_was_typed_and_holds_it(
    client: Client, run: CourseRun
) -> None:
    sign_in(client)
    client.post(reverse("courses:hold", args=[run.code]))

    page = client.post(
        reverse("courses:book", args=[run.code]),
        form(resize="", places="3", shown="1", firm="کارگاه نمونه", no_firm=""),
    )

    assert "name_3" in text(page)
    # What the others agree to is not hidden by «I am one of them».
    assert 'class="consent"' in text(page)
    assert "کارگاه نمونه" in text(page)
    assert Party.objects.get().size == 3
    run.offering.refresh_from_db()
    assert run.offering.seats_taken == 3


def test_choice_without_its_button_is_asked_about_first(
    client: Client, run: CourseRun
) -> None:
    sign_in(client)

    page = client.post(
        reverse("courses:book", args=[run.code]), form(places="2", shown="1")
    )

    assert "name_2" in text(page)
    assert not Reservation.objects.confirmed().exists()


def test_too_few_places_are_taken_with_one_tap(client: Client, run: CourseRun) -> None:
    booker, person = make_booker()
    book(run, booker, person, None)
    sign_in(client)
    told = form(places="3", shown="3", name_3="رضا قالب‌ساز", consent="on")
    url = reverse("courses:book", args=[run.code])

    page = client.post(url, told)
    assert 'name="take" value="2"' in text(page)
    assert "رضا قالب‌ساز" in text(page)
    client.post(url, {**told, "take": "2"})

    party = Party.objects.latest("pk")
    assert party.size == 2
    assert party.reservations.filter(person__name="رضا قالب‌ساز").exists()


def test_party_waits_for_all_of_its_places(client: Client, run: CourseRun) -> None:
    booker, person = make_booker()
    book(run, booker, person, None, None)
    user, _learner = sign_in(client)
    told = form(places="2", shown="2")

    page = client.post(reverse("courses:wait", args=[run.code]), told, follow=True)

    assert Party.objects.latest("pk").waiting_entry.places == 2
    assert page.status_code == 200
    assert kinds_sent(user.phone) == ["party_enrolment_waitlisted"]


def test_same_person_twice_is_said_at_the_field(client: Client, run: CourseRun) -> None:
    sign_in(client)
    told = form(
        places="3", shown="3", name_2="علی", name_3="علي", consent="on", who="me"
    )

    page = client.post(reverse("courses:book", args=[run.code]), told)

    assert "error_1_id_name_3" in text(page)
    assert not Reservation.objects.confirmed().exists()


def test_names_are_needed_shortly_before_the_start(
    client: Client, run: CourseRun, clock: time_machine.Traveller
) -> None:
    clock.move_to(run.first_session_at - 20 * HOUR)
    sign_in(client)

    page = client.post(
        reverse("courses:book", args=[run.code]), form(places="2", shown="2")
    )

    assert "error_1_id_name_2" in text(page)


def test_hold_is_given_back_by_its_button(client: Client, run: CourseRun) -> None:
    sign_in(client)
    client.post(reverse("courses:hold", args=[run.code]))
    page = client.get(reverse("courses:book", args=[run.code]))
    assert "data-hold=" in text(page)

    client.post(reverse("courses:leave_hold", args=[run.code]))

    run.offering.refresh_from_db()
    assert run.offering.seats_taken == 0


# -- What people hear ---------------------------------------------------------------


def test_booker_hears_once_of_each_act() -> None:
    run = make_run(course=make_course(capacity=4))
    booker, own = make_booker()
    worker = make_person()

    places = book(run, booker, own, worker, None)
    cancel_party(party_id=places[0].party_id, by=booker, now=NOW + HOUR)

    assert kinds_sent(booker.phone) == ["party_confirmed", "party_enrolment_cancelled"]
    assert kinds_sent(worker.contact_phone) == [
        "registered_by_other",
        "enrolment_cancelled",
    ]
    assert "3 places" in to_latin_digits(sms("party_enrolment_cancelled"))


def test_confirmation_says_until_when_names_can_be_written(run: CourseRun) -> None:
    booker, own = make_booker()
    book(run, booker, own, None)

    assert "Names until" in sms("party_confirmed")


def test_session_that_moves_is_told_once_to_a_booker(run: CourseRun) -> None:
    booker, own = make_booker()
    book(run, booker, own, None, None)

    move_class_session(
        session_id=run.sessions.get(number=3).pk,
        on=dt.date(2026, 12, 14),
        start=dt.time(9),
        end=dt.time(13),
        by=None,
        now=NOW + HOUR,
    )

    assert kinds_sent(booker.phone).count("class_session_moved") == 1


def test_booker_is_reminded_of_names_once(run: CourseRun) -> None:
    booker, own = make_booker()
    places = book(run, booker, own, None)
    until = run.offering.names_until_at
    assert until is not None

    assert remind_of_names(until - 49 * HOUR) == 0
    for _ in range(2):
        remind_of_names(until - 47 * HOUR)

    assert kinds_sent(booker.phone) == ["party_confirmed", "names_needed"]
    message = OutboxMessage.objects.get(kind="names_needed")
    assert get("names_needed").still_wanted(message.subject_id, message) == ""
    name_by_centre(reservation_id=places[1].pk, name="زهرا کوک‌دوز", by=booker, now=NOW)
    assert get("names_needed").still_wanted(message.subject_id, message) != ""


# -- Other people, other dates ------------------------------------------------------


def test_both_people_hear_of_a_place_that_is_passed_on(run: CourseRun) -> None:
    booker, _own = make_booker()
    old = make_person()
    (place,) = book(run, booker, old)

    new = name_by_centre(
        reservation_id=place.pk,
        name="زهرا کوک‌دوز",
        phone="+989992000088",
        by=booker,
        now=NOW + HOUR,
    )

    assert new.previous == place
    assert kinds_sent(old.contact_phone)[-1] == "place_passed_on"
    assert kinds_sent("+989992000088") == ["registered_by_other"]


def make_other_run(run: CourseRun, **more: Any) -> CourseRun:
    plan = make_plan(start_on=dt.date(2027, 1, 2))
    return make_run(course=run.course, sessions=plan, **more)


def test_enrolment_moves_to_another_run_of_the_course(run: CourseRun) -> None:
    other = make_other_run(run)
    booker, own = make_booker()
    (place,) = book(run, booker, own)

    assert runs_to_move_to(run, places=1, now=NOW) == [other]
    (moved,) = move_enrolments(
        reservation_ids=[place.pk], to_run_id=other.pk, by=booker, now=NOW + HOUR
    )

    assert moved.offering_id == other.offering_id
    assert kinds_sent(booker.phone) == ["enrolment_confirmed", "moved_to_run"]
    file = get("moved_to_run").calendar(moved.pk, "en")
    assert file.count(b"STATUS:CANCELLED") == 3
    assert file.count(b"STATUS:CONFIRMED") == 3


def test_enrolment_does_not_move_to_another_course(run: CourseRun) -> None:
    booker, own = make_booker()
    (place,) = book(run, booker, own)

    with pytest.raises(CoursesError):
        move_enrolments(
            reservation_ids=[place.pk], to_run_id=make_run().pk, by=booker, now=NOW
        )


def test_centre_moves_with_a_reason_only(run: CourseRun) -> None:
    other = make_other_run(run)
    booker, own = make_booker()
    (place,) = book(run, booker, own)
    act = {"reservation_ids": [place.pk], "to_run_id": other.pk, "by": booker}

    with pytest.raises(CoursesError):
        move_enrolments(**act, now=NOW, by_centre=True, reason=" ")
    moved = move_enrolments(**act, now=NOW, by_centre=True, reason="کارگاه بسته است")

    assert moved[0].offering_id == other.offering_id
