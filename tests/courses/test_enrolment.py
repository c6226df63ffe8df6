from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.exceptions import AccountsError
from accounts.models import Consent, Firm, Person, User
from accounts.services import grant_role, record_consent
from booking.exceptions import AlreadyBooked, Closed, Full, PlacesFree
from booking.models import Party, Reservation, ReservationState
from booking.services.parties import cancel_reservation
from booking.services.waiting import expire_offers, leave_list
from core.idempotency import KeyReused
from courses import audit
from courses.exceptions import CoursesError
from courses.models import CourseRun
from courses.services.applications import (
    CourseApplicant,
    apply_for_place,
    apply_for_turn,
)
from courses.services.enrolment import enrol, hold_place, join_waiting_list
from courses.services.runs import cancel_run
from tests.courses.helpers import kinds_sent, new_key
from tests.factories import NOW, make_person, make_plan, make_run, make_user

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def make_learner(**overrides: Any) -> tuple[User, Person]:
    user = make_user()
    person = make_person(user=user, contact_phone=user.phone, **overrides)
    record_consent(person=person, kind="booking", given_by=user, now=NOW)
    return user, person


def book(run: CourseRun, **person: Any) -> Reservation:
    user, learner = make_learner(**person)
    return enrol(run_id=run.pk, booker=user, people=[learner], key=new_key(), now=NOW)[
        0
    ]


def test_enrol_confirms_and_tells() -> None:
    run = make_run()

    reservation = book(run, email="a@kafsh.example")

    assert reservation.state == ReservationState.CONFIRMED
    assert kinds_sent(reservation.person.contact_phone) == ["enrolment_confirmed"]
    assert kinds_sent("a@kafsh.example") == ["enrolment_confirmed"]
    assert audit.changes_were_told() == []


def test_enrol_twice_with_one_key_is_one_place_even_after_the_run_ended() -> None:
    run = make_run()
    user, learner = make_learner()
    form = {"run_id": run.pk, "booker": user, "people": [learner], "key": new_key()}
    first = enrol(**form, now=NOW)
    cancel_run(run_id=run.pk, by=None, reason="نصاب", now=NOW)

    again = enrol(**form, now=NOW)

    assert again == first
    with pytest.raises(KeyReused):
        enrol(**{**form, "people": [make_person()]}, now=NOW)


def test_enrol_refuses_drafts_cancelled_and_closed_runs() -> None:
    user, learner = make_learner()
    draft = make_run(is_published=False)
    cancelled = make_run()
    cancel_run(run_id=cancelled.pk, by=None, reason="نصاب", now=NOW)
    begun = make_run()
    form = {"booker": user, "people": [learner]}

    with pytest.raises(CoursesError, match=r".") as error:
        enrol(run_id=draft.pk, key=new_key(), now=NOW, **form)
    assert error.value.code == "draft"
    with pytest.raises(CoursesError) as error:
        enrol(run_id=cancelled.pk, key=new_key(), now=NOW, **form)
    assert error.value.code == "cancelled"
    with pytest.raises(Closed):
        enrol(run_id=begun.pk, key=new_key(), now=begun.first_session_at, **form)


def test_enrol_by_centre_passes_the_window() -> None:
    run = make_run()
    user, learner = make_learner()

    enrol(
        run_id=run.pk,
        booker=user,
        people=[learner],
        key=new_key(),
        now=run.first_session_at + HOUR,
        by_centre=True,
    )

    assert Reservation.objects.confirmed().count() == 1


@pytest.mark.parametrize(
    ("gender", "code"), [("m", "women_only"), ("", "gender_needed")]
)
def test_enrol_in_a_run_for_women(gender: str, code: str) -> None:
    run = make_run(audience="women")

    with pytest.raises(CoursesError) as error:
        book(run, gender=gender)

    assert error.value.code == code
    assert book(run, gender="f").state == ReservationState.CONFIRMED


def test_waiting_list_takes_over_a_freed_place_by_an_offer() -> None:
    run = make_run(capacity=1)
    seated = book(run)
    user, learner = make_learner()
    with pytest.raises(Full):
        hold_place(run_id=run.pk, booker=user, now=NOW)

    join_waiting_list(
        run_id=run.pk, booker=user, people=[learner], key=new_key(), now=NOW
    )
    cancel_reservation(reservation_id=seated.pk, by=seated.party.booked_by, now=NOW)

    assert kinds_sent(user.phone) == ["enrolment_waitlisted", "place_offered"]
    assert kinds_sent(seated.person.contact_phone)[-1] == "enrolment_cancelled"
    assert audit.changes_were_told() == []


def test_two_silences_end_a_turn_with_a_word() -> None:
    run = make_run(capacity=1, sessions=make_plan(start_on=dt.date(2027, 1, 2)))
    seated = book(run)
    user, learner = make_learner()
    join_waiting_list(
        run_id=run.pk, booker=user, people=[learner], key=new_key(), now=NOW
    )
    cancel_reservation(reservation_id=seated.pk, by=seated.party.booked_by, now=NOW)

    expire_offers(NOW + dt.timedelta(days=4))
    expire_offers(NOW + dt.timedelta(days=8))

    assert kinds_sent(user.phone) == [
        "enrolment_waitlisted",
        "place_offered",
        "offer_expired",
        "place_offered",
        "left_waiting_list",
    ]
    assert audit.changes_were_told() == []


def test_leaving_the_list_alone_needs_no_message() -> None:
    run = make_run(capacity=1)
    book(run)
    user, learner = make_learner()
    entry = join_waiting_list(
        run_id=run.pk, booker=user, people=[learner], key=new_key(), now=NOW
    )

    leave_list(entry_id=entry.pk, by=user, now=NOW)

    assert kinds_sent(user.phone) == ["enrolment_waitlisted"]
    assert audit.changes_were_told() == []


def test_waiting_list_refuses_while_places_are_free() -> None:
    user, learner = make_learner()

    with pytest.raises(PlacesFree):
        join_waiting_list(
            run_id=make_run().pk,
            booker=user,
            people=[learner],
            key=new_key(),
            now=NOW,
        )


def test_instructor_hears_only_of_bookings_near_a_class() -> None:
    teacher = make_person()
    run = make_run(instructors=[teacher])
    book(run)
    assert kinds_sent(teacher.contact_phone) == []

    user, learner = make_learner()
    near = run.first_session_at - 24 * HOUR
    enrol(run_id=run.pk, booker=user, people=[learner], key=new_key(), now=near)

    assert kinds_sent(teacher.contact_phone) == ["instructor_booking_notice"]


def test_cancellation_by_the_centre_says_so() -> None:
    reservation = book(make_run())

    cancel_reservation(
        reservation_id=reservation.pk,
        by=None,
        now=NOW,
        by_centre=True,
        reason="مدرک نیست",
    )

    phone = reservation.person.contact_phone
    assert kinds_sent(phone)[-1] == "enrolment_cancelled_by_centre"


# -- The form ---------------------------------------------------------------------


def other(**fields: Any) -> CourseApplicant:
    known = {
        "is_self": False,
        "name": "لیلا آسترچین",
        "phone": "+989990009999",
        "gives_consent": True,
    }
    return CourseApplicant(**{**known, **fields})


def test_apply_for_another_tells_the_learner_by_whom_and_the_booker() -> None:
    user, _person = make_learner(name="حسین قدم‌زن")

    party = apply_for_place(
        run_id=make_run().pk,
        booker=user,
        applicant=other(firm_name="کفش پاپوش"),
        key=new_key(),
        now=NOW,
    )

    learner = party.reservations.get().person
    assert learner.managed_by == user
    assert learner.firm.name == "کفش پاپوش"
    assert kinds_sent("+989990009999") == ["registered_by_other"]
    assert kinds_sent(user.phone) == ["enrolment_confirmed"]
    assert Consent.objects.filter(person=learner, given_by=user).count() == 1


def test_apply_for_another_without_a_phone_sends_one_message() -> None:
    user, _person = make_learner()

    apply_for_place(
        run_id=make_run().pk,
        booker=user,
        applicant=other(phone=""),
        key=new_key(),
        now=NOW,
    )

    assert kinds_sent(user.phone) == ["enrolment_confirmed"]


def test_apply_by_reception_is_no_registration_by_another() -> None:
    user, _person = make_learner()
    grant_role(user=user, role="reception", now=NOW)

    apply_for_place(
        run_id=make_run().pk, booker=user, applicant=other(), key=new_key(), now=NOW
    )

    assert kinds_sent("+989990009999") == ["enrolment_confirmed"]
    assert kinds_sent(user.phone) == []


def test_apply_twice_makes_one_person_one_firm_and_one_place() -> None:
    user, _person = make_learner()
    form = {
        "run_id": make_run().pk,
        "booker": user,
        "applicant": other(firm_name="کارگاه تازه"),
        "key": new_key(),
        "now": NOW,
    }

    first = apply_for_place(**form)
    second = apply_for_place(**form)

    assert first == second
    assert Party.objects.count() == 1
    assert Person.objects.filter(name="لیلا آسترچین").count() == 1
    assert Firm.objects.count() == 1


def test_apply_on_a_first_visit_makes_the_own_person() -> None:
    user = make_user()
    applicant = CourseApplicant(
        is_self=True,
        own_name="زهرا کوک‌دوز",
        birth_year=1379,
        has_no_firm=True,
        gives_consent=True,
    )

    apply_for_place(
        run_id=make_run().pk, booker=user, applicant=applicant, key=new_key(), now=NOW
    )

    person = Person.objects.get(user=user)
    assert (person.name, person.birth_year) == ("زهرا کوک‌دوز", 1379)
    assert Consent.objects.filter(person=person).count() == 1


def test_apply_refused_leaves_nothing_behind() -> None:
    run = make_run(capacity=1)
    book(run)
    user, _person = make_learner()
    people = Person.objects.count()

    with pytest.raises(Full):
        apply_for_place(
            run_id=run.pk, booker=user, applicant=other(), key=new_key(), now=NOW
        )

    assert Person.objects.count() == people


def test_apply_without_consent_is_refused() -> None:
    user, _person = make_learner()

    with pytest.raises(AccountsError) as error:
        apply_for_place(
            run_id=make_run().pk,
            booker=user,
            applicant=other(gives_consent=False),
            key=new_key(),
            now=NOW,
        )

    assert error.value.code == "no_consent"


def test_apply_uses_the_hold_and_refuses_a_second_place() -> None:
    run = make_run()
    user, _person = make_learner()
    party = hold_place(run_id=run.pk, booker=user, now=NOW)
    me = CourseApplicant(is_self=True)

    booked = apply_for_place(
        run_id=run.pk, booker=user, applicant=me, key=new_key(), now=NOW
    )

    assert booked == party
    with pytest.raises(AlreadyBooked):
        apply_for_place(
            run_id=run.pk, booker=user, applicant=me, key=new_key(), now=NOW
        )


def test_apply_for_turn_keeps_the_typed_gender_for_a_run_of_women() -> None:
    run = make_run(capacity=1, audience="women")
    book(run, gender="f")
    user, person = make_learner()

    party = apply_for_turn(
        run_id=run.pk,
        booker=user,
        applicant=CourseApplicant(is_self=True, gender="f"),
        key=new_key(),
        now=NOW,
    )

    person.refresh_from_db()
    assert person.gender == "f"
    assert party.waiting_entry.state == "waiting"
