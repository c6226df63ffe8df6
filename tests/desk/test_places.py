from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from accounts.services import record_consent
from booking.models import Reservation
from booking.services.approval import refuse
from booking.services.naming import pass_on
from courses.models import Approval, CourseRun
from courses.services.attendance import enrolled, start_roll
from courses.services.closing import proposals
from courses.services.enrolment import enrol, join_waiting_list
from courses.services.transfers import move_enrolments
from desk.forms.places import NameForm
from tests.courses.helpers import new_key
from tests.desk.people import (
    applicant_client,
    make_teacher,
    reception,
    teacher_client,
    user_of,
)
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


@pytest.fixture
def teacher() -> Person:
    return make_teacher()


@pytest.fixture
def run(teacher: Person) -> CourseRun:
    return make_run(course=make_course(capacity=4), instructors=[teacher])


@pytest.fixture
def booker() -> Client:
    client = applicant_client()
    user = user_of(client)
    record_consent(person=user.person, kind="booking", given_by=user, now=NOW)
    return client


def book(client: Client, run: CourseRun, *names: str | None) -> list[Reservation]:
    """The booker and others; None is named later."""
    user = user_of(client)
    others = [name and make_person(name=name) for name in names]
    people = [user.person, *others]
    return enrol(run_id=run.pk, booker=user, people=people, key=new_key(), now=NOW)


def address(name: str, place: Reservation, *more: object) -> str:
    return reverse(f"desk:{name}", args=[place.party.reference, *more])


def other_run(run: CourseRun) -> CourseRun:
    plan = make_plan(start_on=dt.date(2027, 1, 2))
    return make_run(course=run.course, sessions=plan)


def test_booker_writes_a_name(booker: Client, run: CourseRun) -> None:
    _own, place = book(booker, run, None)
    page = booker.get(address("booking", place)).content.decode()
    assert address("name_place", place, place.pk) in page
    told = {"key": new_key(), "who": "other", "name": "علی سوزن‌چی", "consent": "on"}

    response = booker.post(address("name_place", place, place.pk), told)

    place.refresh_from_db()
    assert response.status_code == 302
    assert place.person is not None
    assert place.person.name == "علی سوزن‌چی"


def test_name_of_one_who_stands_there_is_refused_at_the_field(
    booker: Client, run: CourseRun
) -> None:
    _own, place = book(booker, run, None)

    page = booker.post(
        address("name_place", place, place.pk), {"key": new_key(), "who": "me"}
    )

    assert page.status_code == 200
    assert "invalid-feedback" in page.content.decode()
    place.refresh_from_db()
    assert place.person is None


def test_booker_gives_a_place_to_another_and_sees_who_has_it(
    booker: Client, run: CourseRun
) -> None:
    _own, place = book(booker, run, "علی سوزن‌چی")
    told = {"key": new_key(), "who": "other", "name": "رضا قالب‌ساز", "consent": "on"}
    url = address("name_place", place, place.pk)

    for _tap in range(2):
        booker.post(url, told)

    page = booker.get(address("booking", place)).content.decode()
    assert "رضا قالب‌ساز" in page
    assert "علی سوزن‌چی" not in page.split("<details")[0]
    assert Reservation.objects.confirmed().count() == 2


def test_turn_in_line_is_not_offered_to_others(booker: Client) -> None:
    full = make_run(course=make_course(capacity=1))
    enrol(
        run_id=full.pk,
        booker=make_user(),
        people=[make_person()],
        key=new_key(),
        now=NOW,
    )
    user = user_of(booker)
    entry = join_waiting_list(
        run_id=full.pk, booker=user, people=[user.person], key=new_key(), now=NOW
    )
    turn = entry.party.reservations.get()
    url = address("name_place", turn, turn.pk)
    told = {"key": new_key(), "who": "other", "name": "رضا قالب‌ساز", "consent": "on"}

    booking = booker.get(address("booking", turn)).content.decode()
    page = booker.get(url).content.decode()
    booker.post(url, told)

    assert url not in booking
    assert "<form" not in page.split("<main")[1]
    turn.refresh_from_db()
    assert (turn.state, turn.person) == ("waiting", user.person)
    staff_url = reverse("desk:staff_booking_name", args=[turn.pk])
    assert reception().get(staff_url).status_code == 404


def test_learner_does_not_give_a_place_away_that_another_booked(
    booker: Client, run: CourseRun
) -> None:
    learner = applicant_client()
    user = user_of(booker)
    people = [user_of(learner).person]
    (place,) = enrol(run_id=run.pk, booker=user, people=people, key=new_key(), now=NOW)

    assert learner.get(address("booking", place)).status_code == 200
    assert learner.get(address("name_place", place, place.pk)).status_code == 404


def test_names_after_their_time_are_told_to_the_centre(
    booker: Client, run: CourseRun, clock: time_machine.Traveller
) -> None:
    _own, place = book(booker, run, None)
    clock.move_to(run.first_session_at - 2 * HOUR)

    page = booker.get(address("name_place", place, place.pk)).content.decode()

    assert '<form method="post" class="sheet ticks"' not in page


def test_person_moves_to_another_date(booker: Client, run: CourseRun) -> None:
    other = other_run(run)
    (place,) = book(booker, run)
    url = address("move_place", place, place.pk)
    assert f'value="{other.code}"' in booker.get(url).content.decode()

    response = booker.post(url, {"run": other.code})

    moved = Reservation.objects.confirmed().get()
    assert response.url == address("booking", moved)
    assert (moved.offering_id, moved.previous) == (other.offering_id, place)


def test_party_moves_as_a_whole(booker: Client, run: CourseRun) -> None:
    other = other_run(run)
    places = book(booker, run, None)

    page = booker.post(address("move_party", places[0]), {"run": other.code})

    assert page.status_code == 302
    assert Reservation.objects.confirmed().filter(offering=other.offering).count() == 2


def test_full_run_is_said_and_nothing_moves(booker: Client, run: CourseRun) -> None:
    other = other_run(run)
    book(applicant_client(), other, None, None, None)
    (place,) = book(booker, run)

    page = booker.post(
        address("move_place", place, place.pk), {"run": other.code}
    ).content.decode()

    assert "note-bad" in page
    place.refresh_from_db()
    assert place.state == "confirmed"


def test_all_places_are_cancelled_at_once(booker: Client, run: CourseRun) -> None:
    places = book(booker, run, None, "علی")

    for _tap in range(2):
        booker.post(address("cancel_party", places[0]))

    run.offering.refresh_from_db()
    assert run.offering.seats_taken == 0


def test_places_without_a_name_are_one_card(booker: Client, run: CourseRun) -> None:
    place, *_others = book(booker, run, None, None)

    page = booker.get(reverse("desk:my_bookings")).content.decode()

    assert page.count(address("booking", place)) == 2


def test_staff_name_and_move_a_place(booker: Client, run: CourseRun) -> None:
    other, staff = other_run(run), reception()
    _own, place = book(booker, run, None)
    page = staff.get(reverse("desk:staff_run", args=[run.code])).content.decode()
    assert reverse("desk:staff_booking_name", args=[place.pk]) in page

    staff.post(
        reverse("desk:staff_booking_name", args=[place.pk]), {"name": "علی سوزن‌چی"}
    )
    staff.post(
        reverse("desk:staff_booking_move", args=[place.pk]),
        {"run": other.pk, "reason": "کارگاه بسته است"},
    )

    moved = Reservation.objects.get(previous=place)
    assert moved.person is not None
    assert moved.person.name == "علی سوزن‌چی"
    assert moved.offering_id == other.offering_id


def test_roster_and_roll_cope_with_places_without_a_name(
    booker: Client, run: CourseRun, teacher: Person, clock: time_machine.Traveller
) -> None:
    book(booker, run, None)
    session = run.sessions.get(number=1)
    clock.move_to(session.starts_at)
    client = teacher_client(teacher)

    roster = client.get(reverse("desk:roster", args=[run.code])).content.decode()
    roll = client.get(reverse("desk:roll", args=[session.pk]))

    assert "None" not in roster
    assert roll.context["unnamed"] == 1


def test_roll_belongs_to_whoever_had_the_place_then(
    booker: Client, run: CourseRun, teacher: Person, clock: time_machine.Traveller
) -> None:
    _own, old = book(booker, run, "علی سوزن‌چی")
    first, second = run.sessions.order_by("number")[:2]
    assert teacher.user is not None
    clock.move_to(first.starts_at)
    start_roll(session_id=first.pk, by=teacher.user, now=first.starts_at)
    new = pass_on(
        reservation_id=old.pk,
        person=make_person(),
        by=None,
        now=first.ends_at + HOUR,
        by_centre=True,
    )

    assert old in enrolled(first)
    assert new not in enrolled(first)
    assert new in enrolled(second)
    assert old not in enrolled(second)
    assert old.attendances.count() == 1


def test_minutes_follow_a_person_to_another_run(
    booker: Client, run: CourseRun, teacher: Person
) -> None:
    other = other_run(run)
    (place,) = book(booker, run)
    first = run.sessions.order_by("number")[0]
    assert teacher.user is not None
    start_roll(session_id=first.pk, by=teacher.user, now=first.starts_at)

    move_enrolments(
        reservation_ids=[place.pk],
        to_run_id=other.pk,
        by=None,
        now=first.ends_at,
        by_centre=True,
        reason="بیماری",
    )

    assert [p.minutes for p in proposals(other)] == [first.minutes]


def test_page_of_a_moved_booking_leads_to_the_new_one(
    booker: Client, run: CourseRun
) -> None:
    (old,) = book(booker, run)
    (new,) = move_enrolments(
        reservation_ids=[old.pk],
        to_run_id=other_run(run).pk,
        by=user_of(booker),
        now=NOW,
    )

    page = booker.get(address("booking", old)).content.decode()

    assert f'href="{address("booking", new)}"' in page


def test_page_of_a_refused_request_tells_the_reason(
    booker: Client, run: CourseRun
) -> None:
    run.approval = Approval.ALWAYS
    run.save()
    (asked,) = book(booker, run)
    refuse(reservation_id=asked.pk, by=make_user(), reason="ویژهٔ تازه‌کاران", now=NOW)

    page = booker.get(address("booking", asked)).content.decode()

    assert "ویژهٔ تازه‌کاران" in page.split("<details")[0]


def test_own_place_is_not_offered_to_oneself() -> None:
    me, other = Person(pk=1, name="a"), Person(pk=2, name="b")
    run = CourseRun(code="R1")

    mine = NameForm(person=me, run=run, holder=me)
    of_other = NameForm(person=me, run=run, holder=other)

    assert [value for value, _label in mine.fields["who"].choices] == ["other"]
    assert mine.fields["who"].widget.is_hidden
    assert [v for v, _label in of_other.fields["who"].choices] == ["me", "other"]
