"""Approval of places in runs: who needs it, what is said before, what is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Person, User
from accounts.services import record_consent
from booking.models import Offer, Reservation
from booking.services.approval import approve, expire_requests, refuse
from booking.services.endings import end_place
from booking.services.parties import cancel_reservation
from courses.exceptions import CoursesError
from courses.models import Course, CourseRun
from courses.services.eligibility import reasons_for
from courses.services.enrolment import enrol, join_waiting_list
from courses.services.transfers import move_enrolments
from tests.consulting.helpers import violations
from tests.courses.helpers import kinds_sent, new_key
from tests.factories import (
    NOW,
    make_course,
    make_firm,
    make_person,
    make_plan,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
SAID = "پنج سال در کارگاه پدرم الگو کشیده‌ام."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def basics() -> Course:
    return make_course(title_fa="الگوسازی دستی")


@pytest.fixture
def run(basics: Course) -> CourseRun:
    course = make_course(prerequisites=[basics])
    return make_run(course=course, approval="prereq")


def applicant(client: Client, **fields: Any) -> tuple[User, Person]:
    user = make_user(phone_verified_at=NOW)
    person = make_person(user=user, contact_phone=user.phone, **fields)
    record_consent(person=person, kind="booking", given_by=user, now=NOW)
    client.force_login(user)
    return user, person


def book(run: CourseRun, person: Person, **fields: Any) -> Reservation:
    booker = person.user or make_user()
    given = {"booker": booker, "people": [person], "key": new_key(), "now": NOW}
    return enrol(run_id=run.pk, **{**given, **fields})[0]


def form(**fields: Any) -> dict[str, Any]:
    return {"key": str(new_key()), "who": "me", "no_firm": "on", **fields}


def complete(course: Course, person: Person, to: str = "completed") -> Reservation:
    """The person came to a run of this course, which is over."""
    early = NOW - 60 * DAY
    plan = make_plan(start_on=dt.date(2026, 10, 3))
    with time_machine.travel(early, tick=False):
        past = make_run(course=course, sessions=plan, now=early, is_published=False)
    place = book(_published(past, early), person, now=early)
    return end_place(reservation_id=place.pk, to=to, by=None, now=NOW - DAY)


def _published(run: CourseRun, now: dt.datetime) -> CourseRun:
    from courses.services.runs import publish_run

    return publish_run(run_id=run.pk, by=None, now=now)


# -- Who needs it -------------------------------------------------------------------


def test_who_completed_the_prerequisite_books_at_once(
    run: CourseRun, basics: Course
) -> None:
    done, tried, new = make_person(), make_person(), make_person()
    complete(basics, done)
    complete(basics, tried, to="incomplete")

    assert reasons_for(run, done, NOW) == ()
    assert reasons_for(run, tried, NOW) == ("prerequisite",)
    assert book(run, done).state == "confirmed"
    assert book(run, new).state == "pending"
    assert violations() == []


def test_run_that_asks_everyone() -> None:
    run = make_run(approval="always")

    place = book(run, make_person(), statements={})

    assert (place.state, place.approval_for) == ("pending", "always")


def test_reception_books_without_asking(run: CourseRun) -> None:
    place = book(run, make_person(), by_centre=True)

    assert (place.state, place.approval_for) == ("confirmed", "")


def test_cluster_run_refuses_without_workshop_and_asks_about_unknown_ones() -> None:
    run = make_run(audience="cluster", course=make_course(capacity=5))
    member = make_firm(is_cluster_member=True)

    with pytest.raises(CoursesError) as refused:
        book(run, make_person())
    asked = book(run, make_person(firm=make_firm()))
    firm = book(run, make_person(firm=member))

    assert refused.value.code == "cluster_only"
    assert (asked.state, asked.approval_for) == ("pending", "cluster")
    assert firm.state == "confirmed"


def test_after_two_no_shows_the_next_booking_asks() -> None:
    run = make_run(course=make_course(capacity=9))
    person = make_person()
    complete(make_course(), person, to="no_show")
    once = reasons_for(run, person, NOW)
    complete(make_course(), person, to="no_show")

    assert once == ()
    assert reasons_for(run, person, NOW) == ("no_shows",)
    assert book(run, person).approval_for == "no_shows"


def test_moving_a_place_is_no_way_around_the_approval(
    run: CourseRun, basics: Course
) -> None:
    open_run = make_run(course=run.course)
    known, new = make_person(), make_person()
    complete(basics, known)
    first, second = book(open_run, known), book(open_run, new)
    act = {"to_run_id": run.pk, "by": None, "now": NOW}

    (moved,) = move_enrolments(reservation_ids=[first.pk], **act)
    with pytest.raises(CoursesError) as refused:
        move_enrolments(reservation_ids=[second.pk], **act)

    assert moved.state == "confirmed"
    assert refused.value.code == "needs_approval"
    assert violations() == []


def test_approved_place_moves_with_its_approval(run: CourseRun) -> None:
    other = make_run(course=run.course, approval="prereq")
    asked = book(run, make_person(), statements={})
    approve(reservation_id=asked.pk, by=make_user(), now=NOW)

    (moved,) = move_enrolments(
        reservation_ids=[asked.pk], to_run_id=other.pk, by=None, now=NOW
    )

    assert (moved.state, moved.approval_for) == ("confirmed", "prerequisite")
    assert violations() == []


# -- What is told -------------------------------------------------------------------


def test_person_hears_of_the_request_and_of_each_answer(run: CourseRun) -> None:
    staff, phones = make_user(), []
    for decide in (
        lambda pk: approve(reservation_id=pk, by=staff, now=NOW),
        lambda pk: refuse(reservation_id=pk, by=staff, reason="تجربه کم است", now=NOW),
        lambda pk: expire_requests(NOW + 4 * DAY),
    ):
        person = make_person()
        place = book(run, person)
        decide(place.pk)
        phones.append(person.contact_phone)
        if Reservation.objects.get(pk=place.pk).state == "confirmed":
            cancel_reservation(
                reservation_id=place.pk, by=staff, by_centre=True, now=NOW
            )

    assert [kinds_sent(phone)[:2] for phone in phones] == [
        ["enrolment_asked", "enrolment_approved"],
        ["enrolment_asked", "enrolment_refused"],
        ["enrolment_asked", "enrolment_lapsed"],
    ]
    assert violations() == []


def test_who_did_not_come_hears_it_alone() -> None:
    booker = make_user()
    person = make_person(managed_by=booker)
    early = NOW - 60 * DAY
    with time_machine.travel(early, tick=False):
        past = make_run(
            sessions=make_plan(start_on=dt.date(2026, 10, 3)),
            now=early,
            is_published=False,
        )
    place = book(_published(past, early), person, booker=booker, now=early)

    end_place(reservation_id=place.pk, to="no_show", by=None, now=NOW)

    assert kinds_sent(person.contact_phone)[-1] == "enrolment_no_show"
    assert "enrolment_no_show" not in kinds_sent(booker.phone)
    assert violations() == []


def test_instructors_do_not_hear_of_requests() -> None:
    teacher = make_person()
    soon = make_plan(start_on=dt.date(2026, 11, 23), weekdays=[0, 1, 2])
    run = make_run(sessions=soon, instructors=[teacher], approval="always")
    taken, asked = book(run, make_person()), book(run, make_person())

    cancel_reservation(reservation_id=asked.pk, by=None, now=NOW)
    before = kinds_sent(teacher.contact_phone)
    approve(reservation_id=taken.pk, by=make_user(), now=NOW)

    assert before == []
    assert kinds_sent(teacher.contact_phone) == ["instructor_booking_notice"]


def test_accepting_an_offer_asks_the_staff(client: Client, basics: Course) -> None:
    run = make_run(
        course=make_course(capacity=1, prerequisites=[basics]), approval="prereq"
    )
    first = book(run, make_person(), by_centre=True)
    user, person = applicant(client)
    join_waiting_list(
        run_id=run.pk,
        booker=user,
        people=[person],
        key=new_key(),
        now=NOW,
        statements={person.pk: SAID},
    )
    cancel_reservation(reservation_id=first.pk, by=None, by_centre=True, now=NOW)
    mine = Reservation.objects.get(person=person)
    url = f"/bookings/{mine.party.reference}/"

    page = client.get(url).content.decode()
    client.post(f"{url}offer/", {"answer": "accept"})

    mine.refresh_from_db()
    assert "نخست مرکز تصمیم می‌گیرد" in page
    assert (mine.state, mine.statement) == ("pending", SAID)
    assert Offer.objects.get().state == "taken"
    assert "enrolment_asked" in kinds_sent(person.contact_phone)
    assert violations() == []


# -- What is said before ------------------------------------------------------------


def test_run_page_and_form_say_the_rule_before_the_act(
    client: Client, run: CourseRun
) -> None:
    applicant(client)

    public = client.get(f"/runs/{run.code}/").content.decode()
    page = client.get(f"/runs/{run.code}/book/").content.decode()

    assert "پیش از ثبت‌نام" in public
    assert "در کار یاد گرفته‌اید" in public
    assert "نخست مرکز تصمیم می‌گیرد" in page
    assert "«الگوسازی دستی»" in page
    assert "فرستادن درخواست" in page


def test_request_needs_a_statement_and_keeps_it(client: Client, run: CourseRun) -> None:
    _user, person = applicant(client)
    told = {"told_needs": "prerequisite"}
    url = f"/runs/{run.code}/book/"

    silent = client.post(url, form(**told))
    sent = client.post(url, form(**told, statement=SAID))

    place = Reservation.objects.get(person=person)
    assert "بنویسید کجا و چگونه" in silent.content.decode()
    assert (place.state, place.statement) == ("pending", SAID)
    done = client.get(sent["Location"]).content.decode()
    assert "درخواست شما نزد مرکز است" in done


def test_nobody_asks_unawares(client: Client) -> None:
    run = make_run(course=make_course(capacity=9))
    _user, person = applicant(client)
    url, data = f"/runs/{run.code}/book/", form()
    for _ in range(2):
        complete(make_course(), person, to="no_show")

    first = client.post(url, data)
    refused = Reservation.objects.filter(person=person, state="pending").count()
    told = client.post(url, {**data, "told_needs": "no_shows"})

    page = first.content.decode()
    assert "در یک سال گذشته ۲ بار نیامدید" in page
    assert 'name="told_needs" value="no_shows"' in page
    assert refused == 0
    assert told.status_code == 302
    assert Reservation.objects.get(person=person, state="pending")


def test_missed_days_are_not_named_to_another_booker(client: Client) -> None:
    run = make_run(course=make_course(capacity=9))
    user, _own = applicant(client)
    worker = make_person(name="کارگر خوب", managed_by=user)
    for _ in range(2):
        complete(make_course(), worker, to="no_show")

    data = form(who="other", name=worker.name, phone=worker.contact_phone, consent="on")
    page = client.post(f"/runs/{run.code}/book/", data).content.decode()

    assert "این فرد به نوبت‌های پیشین نیامده است" in page
    assert "در یک سال گذشته" not in page


def test_request_is_taken_back_on_its_page(client: Client, run: CourseRun) -> None:
    user, person = applicant(client)
    place = book(run, person, booker=user)
    url = f"/bookings/{place.party.reference}/"

    page = client.get(url).content.decode()
    asked = client.get(f"{url}cancel/{place.pk}/").content.decode()
    client.post(f"{url}cancel/{place.pk}/")

    place.refresh_from_db()
    assert "در انتظار تأیید" in page
    assert "با پیامک پاسخ می‌دهیم" in page
    assert "پس گرفتن درخواست" in asked
    assert place.state == "cancelled"


def test_lapsed_request_stays_visible(client: Client, run: CourseRun) -> None:
    user, person = applicant(client)
    place = book(run, person, booker=user)
    expire_requests(NOW + 4 * DAY)

    mine = client.get("/bookings/").content.decode()
    done = client.get(f"/bookings/done/{place.party.reference}/").content.decode()

    assert place.party.reference in mine
    assert "درخواست بی‌پاسخ پایان یافت" in done
