"""Applicants' pages: from the problem to the appointment, and to another time."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Person
from booking.models import Party, Reservation, ReservationState
from consulting.addresses import read_moment, write_moment
from consulting.models import IntakeAnswer, Meeting, Service
from consulting.services.catalogue import Question
from consulting.sign_in import take_up
from tests.consulting.helpers import at, book_one, make_booker, meeting_of, violations
from tests.factories import NOW, make_consultant, make_service, make_user
from tests.signing import sign_in

pytestmark = pytest.mark.django_db
TAKEN = "گرفته شد"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def service() -> Service:
    return make_service(
        slug="fit", questions=[Question("نوع کفش", "Kind of shoe", is_required=True)]
    )


@pytest.fixture
def booker(client: Client) -> Person:
    """Somebody with a name, signed in with `client`."""
    user, person = make_booker()
    sign_in(client, user)
    return person


def book_path(starts_at: dt.datetime) -> str:
    return f"/consulting/fit/book/?mode=phone&at={write_moment(starts_at)}"


def tap(client: Client, starts_at: dt.datetime) -> object:
    data = {"mode": "phone", "consultant": "", "slot": write_moment(starts_at)}
    return client.post("/consulting/fit/hold/", data)


def answers(service: Service, **overrides: object) -> dict[str, object]:
    question = service.questions.get()
    fields = {
        "key": uuid.uuid4(),
        "who": "me",
        f"q{question.pk}": "کتانی بچگانه",
        "consent": "on",
    }
    return {**fields, **overrides}


def test_list_tells_problems(client: Client, service: Service) -> None:
    make_service(title_fa="کنار گذاشته", is_active=False)
    page = client.get("/consulting/").content.decode()
    assert service.problem_fa in page
    assert "کنار گذاشته" not in page


def test_service_page_shows_free_times_only(client: Client, service: Service) -> None:
    book_one(service, at(10))
    page = client.get("/consulting/fit/?from=2026-11-24").content.decode()
    assert write_moment(at(9)) in page
    assert write_moment(at(10)) not in page


def test_service_page_keeps_the_chosen_consultant(client: Client) -> None:
    first, second = make_consultant(), make_consultant()
    chosen = make_service(slug="fit", consultants=[first, second])
    book_one(chosen, at(9), consultant_id=first.pk)
    for person, is_free in ((first, False), (second, True)):
        path = f"/consulting/fit/?from=2026-11-24&consultant={person.pk}"
        assert (write_moment(at(9)) in client.get(path).content.decode()) is is_free


@pytest.mark.parametrize(
    "query", ["from=x&consultant=%D9%A3&mode=y&wanted=z", "from=9999-12-31"]
)
def test_nonsense_in_the_address_is_harmless(
    client: Client, service: Service, query: str
) -> None:
    assert client.get(f"/consulting/fit/?{query}").status_code == 200


def test_nothing_free_names_the_telephone(client: Client) -> None:
    make_service(slug="fit", consultants=[make_consultant(hours=[])])
    page = client.get("/consulting/fit/").content.decode()
    assert "۰۲۴" in page


def test_unknown_services_are_not_found(client: Client) -> None:
    assert client.get("/consulting/nothing/").status_code == 404


def test_a_visitor_signs_in_first(client: Client, service: Service) -> None:
    answer = tap(client, at(10))
    assert "next=" in answer.url
    assert "fit/book" in answer.url
    assert not Meeting.objects.exists()


def test_the_correct_code_takes_the_hold(service: Service) -> None:
    user = make_user()
    take_up(user, book_path(at(10)), NOW)
    assert Party.objects.get().booked_by == user


@pytest.mark.parametrize(
    "path", ["/", "/consulting/fit/", "/consulting/fit/book/", "/nowhere/"]
)
def test_other_pages_take_no_hold(service: Service, path: str) -> None:
    take_up(make_user(), path, NOW)
    assert not Meeting.objects.exists()


def test_from_a_tap_to_the_appointment(
    client: Client, service: Service, booker: Person
) -> None:
    answer = tap(client, at(10))
    form = client.get(answer.url).content.decode()
    assert "۱۰" in form  # minutes left
    sent = client.post(answer.url, answers(service))
    reservation = Reservation.objects.get(state=ReservationState.CONFIRMED)
    reference = reservation.party.reference
    assert sent.url == f"/consulting/done/{reference}/"
    assert IntakeAnswer.objects.get().text == "کتانی بچگانه"
    done = client.get(sent.url).content.decode()
    assert reference in done
    assert "سه‌شنبه ۳ آذر" in done
    assert client.get(f"/a/{reference}/").url == sent.url
    calendar = client.get(f"{sent.url}calendar.ics")
    assert b"METHOD:PUBLISH" in calendar.content
    assert violations() == []


def test_a_new_person_tells_name_and_consents(client: Client, service: Service) -> None:
    user = make_user()
    sign_in(client, user)
    path = tap(client, at(10)).url
    refused = client.post(path, answers(service, consent="", own_name="رضا قدم‌زن"))
    assert refused.status_code == 200
    assert "رضا قدم‌زن" in refused.content.decode()
    client.post(path, answers(service, own_name="رضا قدم‌زن"))
    assert Person.objects.get(user=user).name == "رضا قدم‌زن"
    assert Reservation.objects.get().person.user == user


def test_the_second_tap_of_a_new_person_gives_the_same_appointment(
    client: Client, service: Service
) -> None:
    user = make_user()
    sign_in(client, user)
    path = tap(client, at(10)).url
    data = answers(service, own_name="رضا قدم‌زن")

    first, second = client.post(path, data), client.post(path, data)

    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Reservation.objects.count() == 1
    assert Person.objects.filter(user=user).count() == 1


def test_booking_for_another_person(
    client: Client, service: Service, booker: Person
) -> None:
    path = tap(client, at(10)).url
    other = {"who": "other", "name": "مینا دوزنده", "phone": "۰۹۹۹ ۰۰۰ ۰۰۰۹"}
    client.post(path, answers(service, **other))
    person = Reservation.objects.get().person
    assert (person.name, person.contact_phone) == ("مینا دوزنده", "+989990000009")
    assert person.managed_by == booker.user


def test_the_form_sent_twice_is_one_appointment(
    client: Client, service: Service, booker: Person
) -> None:
    path = tap(client, at(10)).url
    data = answers(service)
    assert client.post(path, data).url == client.post(path, data).url
    again = client.post(path, answers(service))
    assert again.status_code == 302
    assert Reservation.objects.count() == 1


def test_a_missing_answer_keeps_what_was_typed(
    client: Client, service: Service, booker: Person
) -> None:
    path = tap(client, at(10)).url
    question = service.questions.get()
    data = answers(service, **{f"q{question.pk}": "", "who": "other", "name": "مینا"})
    page = client.post(path, data).content.decode()
    assert "مینا" in page
    assert not Reservation.objects.filter(state=ReservationState.CONFIRMED).exists()


def test_a_taken_time_leads_back_to_the_nearest_ones(
    client: Client, service: Service, booker: Person
) -> None:
    book_one(service, at(10))
    answer = tap(client, at(10))
    assert f"wanted={write_moment(at(10))}" in answer.url
    page = client.get(answer.url).content.decode()
    near = re.findall(r'slot-near" name="slot" value="(\w+)"', page)
    assert {write_moment(at(9)), write_moment(at(11))} <= set(near)


def test_a_time_lost_while_typing_offers_others_and_keeps_the_form(
    client: Client, service: Service, booker: Person
) -> None:
    path = tap(client, at(10)).url
    later = NOW + dt.timedelta(minutes=12)
    with time_machine.travel(later, tick=False):
        book_one(service, at(10), now=later)
        data = answers(service)
        refused = client.post(path, data).content.decode()
        assert "کتانی بچگانه" in refused
        assert write_moment(at(11)) in refused
        sent = client.post(path, {**data, "at": write_moment(at(11))})
        assert sent.status_code == 302
    mine = Reservation.objects.get(person=booker)
    assert meeting_of(mine).starts_at == at(11)
    assert violations() == []


def test_the_second_tap_with_another_time_gives_the_same_appointment(
    client: Client, service: Service, booker: Person
) -> None:
    path = book_path(at(10))
    book_one(service, at(10))
    data = answers(service, at=write_moment(at(11)))

    first, second = client.post(path, data), client.post(path, data)

    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert Reservation.objects.filter(person=booker).count() == 1


def test_a_chosen_time_that_went_as_well_offers_others(
    client: Client, service: Service, booker: Person
) -> None:
    book_one(service, at(10))
    book_one(service, at(11))
    data = answers(service, at=write_moment(at(11)))

    page = client.post(book_path(at(10)), data).content.decode()

    assert TAKEN in page
    assert write_moment(at(9)) in page
    assert not Reservation.objects.filter(person=booker).exists()


def test_an_expired_hold_that_is_still_free_can_be_sent(
    client: Client, service: Service, booker: Person
) -> None:
    path = tap(client, at(10)).url
    with time_machine.travel(NOW + dt.timedelta(minutes=12), tick=False):
        assert client.get(path).status_code == 200
        assert client.post(path, answers(service)).status_code == 302
    assert violations() == []


def test_a_third_open_appointment_is_explained(
    client: Client, service: Service, booker: Person
) -> None:
    for hour in (9, 10):
        book_one(service, at(hour), booker=booker.user, person=booker)
    path = tap(client, at(11)).url
    assert client.post(path, answers(service)).status_code == 200
    assert Reservation.objects.filter(state=ReservationState.CONFIRMED).count() == 2


def test_pages_of_others_are_not_found(
    client: Client, service: Service, booker: Person
) -> None:
    reference = book_one(service, at(10)).party.reference
    for path in (
        f"/consulting/done/{reference}/",
        f"/consulting/done/{reference}/move/",
        f"/consulting/done/{reference}/calendar.ics",
        f"/a/{reference}/",
    ):
        assert client.get(path).status_code == 404
    assert client.post(f"/consulting/done/{reference}/move/").status_code == 404


def test_moving_to_another_time(
    client: Client, service: Service, booker: Person
) -> None:
    reservation = book_one(service, at(10), booker=booker.user, person=booker)
    path = f"/consulting/done/{reservation.party.reference}/move/"
    page = client.get(f"{path}?from=2026-11-24").content.decode()
    assert write_moment(at(11)) in page
    assert write_moment(at(10)) not in page
    sent = client.post(path, {"slot": write_moment(at(11)), "consultant": ""})
    assert sent.url == f"/consulting/done/{reservation.party.reference}/"
    assert meeting_of(reservation).starts_at == at(11)


def test_moving_to_a_taken_time_keeps_the_old_one(
    client: Client, service: Service, booker: Person
) -> None:
    book_one(service, at(11))
    reservation = book_one(service, at(9), booker=booker.user, person=booker)
    path = f"/consulting/done/{reservation.party.reference}/move/"
    sent = client.post(path, {"slot": write_moment(at(11)), "consultant": ""})
    assert "wanted=" in sent.url
    assert meeting_of(reservation).starts_at == at(9)


def test_moving_too_late_is_explained(
    client: Client, service: Service, booker: Person
) -> None:
    reservation = book_one(service, at(10), booker=booker.user, person=booker)
    path = f"/consulting/done/{reservation.party.reference}/move/"
    with time_machine.travel(at(9), tick=False):
        assert b'name="slot"' not in client.get(path).content
        client.post(path, {"slot": write_moment(at(11)), "consultant": ""})
    assert meeting_of(reservation).starts_at == at(10)


def test_reading_changes_nothing(
    client: Client, service: Service, booker: Person
) -> None:
    before = Party.objects.count(), Meeting.objects.count()
    for path in ("/consulting/", "/consulting/fit/", book_path(at(10))):
        assert client.get(path).status_code == 200
    assert (Party.objects.count(), Meeting.objects.count()) == before
    assert client.get("/consulting/fit/hold/").status_code == 405


def test_pages_speak_english(client: Client, service: Service) -> None:
    client.cookies["language"] = "en"
    page = client.get("/consulting/fit/").content.decode()
    assert "Choose a time" in page
    assert 'lang="en"' in page


@pytest.mark.parametrize("text", ["", "x", "20261124", "99999999T9999Z"])
def test_moments_that_are_none(text: str) -> None:
    assert read_moment(text) is None


def test_a_wanted_time_that_is_free_again_says_nothing(
    client: Client, service: Service
) -> None:
    path = f"/consulting/fit/?wanted={write_moment(at(10))}&from=2026-11-24"
    assert b"slot-near" not in client.get(path).content


def test_a_form_for_a_time_without_any_other_names_the_telephone(
    client: Client, service: Service, booker: Person
) -> None:
    path = book_path(at(10))
    service.consultants.clear()
    page = client.get(path).content.decode()
    assert 'name="at"' not in page
    assert "۰۲۴" in page
