from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Person, User
from accounts.services import record_consent
from booking.models import Offer, Party, Reservation, ReservationState
from booking.services.parties import cancel_reservation
from booking.services.waiting import expire_offers, offer_link_secret
from courses.models import CourseInterest, CourseRun
from courses.services.enrolment import enrol, hold_place, join_waiting_list
from courses.services.runs import cancel_run
from courses.sign_in import take_up
from tests.courses.helpers import new_key
from tests.factories import NOW, make_course, make_person, make_run, make_user
from tests.signing import CODE, last_code, make_staff, sign_in_staff

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def sign_in(client: Client, **person: Any) -> tuple[User, Person]:
    user = make_user(phone_verified_at=NOW)
    learner = make_person(user=user, contact_phone=user.phone, **person)
    record_consent(person=learner, kind="booking", given_by=user, now=NOW)
    client.force_login(user)
    return user, learner


def fill_seats(run: CourseRun, count: int = 1) -> list[Reservation]:
    made = []
    for _ in range(count):
        booker = make_user()
        people = [make_person(user=booker, contact_phone=booker.phone)]
        made += enrol(
            run_id=run.pk, booker=booker, people=people, key=new_key(), now=NOW
        )
    return made


def form(**fields: Any) -> dict[str, Any]:
    return {"key": str(new_key()), "who": "me", "no_firm": "on", **fields}


def text(response: Any) -> str:
    return response.content.decode()


# -- The pages that anybody reads ---------------------------------------------------


def test_run_page_shows_what_one_needs(client: Client) -> None:
    run = make_run(
        course=make_course(bring_fa="کاتر و خط‌کش", outcomes_fa=["ساخت الگو"])
    )

    page = text(client.get(f"/runs/{run.code}/"))

    for words in (run.title, "کاتر و خط‌کش", "ساخت الگو", "۱۶:۰۰ تا ۲۰:۰۰"):
        assert words in page
    assert f'action="/runs/{run.code}/book/"' in page
    sign_in(client)
    page = text(client.get(f"/runs/{run.code}/"))
    assert f'action="/runs/{run.code}/hold/"' in page


def test_run_page_is_for_staff_only_while_it_is_a_draft(client: Client) -> None:
    run = make_run(is_published=False)
    assert client.get(f"/runs/{run.code}/").status_code == 404

    cancel_run(run_id=run.pk, by=None, reason="نصاب", now=NOW)
    assert client.get(f"/runs/{run.code}/").status_code == 404
    assert client.get("/runs/nothing/").status_code == 404


def test_cancelled_run_page_gives_the_reason_and_no_button(client: Client) -> None:
    run = make_run()
    cancel_run(run_id=run.pk, by=None, reason="به حد نصاب نرسید", now=NOW)

    page = text(client.get(f"/runs/{run.code}/"))

    assert "به حد نصاب نرسید" in page
    assert "/hold/" not in page


def test_run_page_uses_a_fixed_number_of_queries(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    run = make_run()
    fill_seats(run, 2)

    with django_assert_max_num_queries(6):
        client.get(f"/runs/{run.code}/")


def test_opening_pages_changes_nothing(client: Client) -> None:
    run = make_run()
    sign_in(client)

    for path in ("", "book/", "wait/"):
        assert client.get(f"/runs/{run.code}/{path}").status_code == 200

    assert Party.objects.count() == 0


def test_course_page_takes_a_wish_to_be_told(client: Client) -> None:
    course = make_course()
    _user, person = sign_in(client)

    response = client.post(f"/courses/{course.slug}/notify/", follow=True)

    assert response.status_code == 200
    assert CourseInterest.objects.get().person == person
    assert "/notify/" not in text(response)


def test_wish_of_a_visitor_waits_for_the_sign_in(client: Client) -> None:
    course = make_course()

    response = client.post(f"/courses/{course.slug}/notify/")

    assert f"next=/courses/{course.slug}/notify/" in response["Location"]
    assert CourseInterest.objects.count() == 0
    user, _person = sign_in(client)
    take_up(user, f"/courses/{course.slug}/notify/", NOW)
    assert CourseInterest.objects.count() == 1


def test_course_that_is_not_offered_has_no_page(client: Client) -> None:
    course = make_course(is_active=False)

    assert client.get(f"/courses/{course.slug}/").status_code == 404


# -- Hold and form ------------------------------------------------------------------


def test_hold_keeps_a_place_and_opens_the_form(client: Client) -> None:
    run = make_run()
    user, _person = sign_in(client)

    response = client.post(f"/runs/{run.code}/hold/", follow=True)

    assert Party.objects.get().booked_by == user
    assert "۱۵" in text(response)


def test_hold_of_a_visitor_is_taken_with_the_code(client: Client) -> None:
    run = make_run()

    response = client.post(f"/runs/{run.code}/hold/")

    assert f"next=/runs/{run.code}/book/" in response["Location"]
    assert Party.objects.count() == 0
    user = make_user()
    take_up(user, f"/runs/{run.code}/book/", NOW)
    assert Party.objects.get().booked_by == user


def test_visitor_goes_from_the_button_by_the_code_to_the_place(client: Client) -> None:
    run = make_run()
    phone = "+989991000001"

    door = client.post(f"/runs/{run.code}/hold/")["Location"]
    client.post(door, {"phone": phone, "next": f"/runs/{run.code}/book/"})
    entered = client.post(
        CODE, {"code": last_code(phone), "next": f"/runs/{run.code}/book/"}, follow=True
    )
    held = Reservation.objects.get()
    assert held.state == ReservationState.HELD
    booked = client.post(
        f"/runs/{run.code}/book/", form(own_name="زهرا کوک‌دوز", consent="on")
    )

    assert entered.status_code == 200
    assert booked["Location"].startswith("/bookings/done/")
    held.refresh_from_db()
    assert held.state == ReservationState.CONFIRMED


def test_hold_of_a_full_run_leads_to_the_waiting_list(client: Client) -> None:
    run = make_run(capacity=1)
    fill_seats(run)
    sign_in(client)

    response = client.post(f"/runs/{run.code}/hold/")

    assert response["Location"] == f"/runs/{run.code}/wait/"


def test_book_ends_on_the_done_page(client: Client) -> None:
    run = make_run()
    _user, person = sign_in(client)
    client.post(f"/runs/{run.code}/hold/")

    response = client.post(f"/runs/{run.code}/book/", form(), follow=True)

    reservation = Reservation.objects.get()
    assert reservation.state == ReservationState.CONFIRMED
    assert reservation.person == person
    assert reservation.party.reference in text(response)
    assert "calendar.ics" in text(response)


def test_book_twice_with_one_form_is_one_place(client: Client) -> None:
    run = make_run()
    sign_in(client)
    data = form(who="other", name="لیلا آسترچین", phone="09990009999", consent="on")

    first = client.post(f"/runs/{run.code}/book/", data)
    second = client.post(f"/runs/{run.code}/book/", data)

    assert first["Location"] == second["Location"]
    assert Reservation.objects.count() == 1


def test_book_on_a_first_visit_asks_name_and_consent(client: Client) -> None:
    run = make_run()
    user = make_user(phone_verified_at=NOW)
    client.force_login(user)

    refused = client.post(f"/runs/{run.code}/book/", form(own_name="زهرا کوک‌دوز"))
    booked = client.post(
        f"/runs/{run.code}/book/", form(own_name="زهرا کوک‌دوز", consent="on")
    )

    assert "زهرا کوک‌دوز" in text(refused)
    assert booked.status_code == 302
    assert Person.objects.get(user=user).name == "زهرا کوک‌دوز"


def test_book_keeps_typed_data_when_a_field_is_wrong(client: Client) -> None:
    run = make_run()
    sign_in(client)

    response = client.post(
        f"/runs/{run.code}/book/",
        form(who="other", name="لیلا", phone="024", no_firm="", firm="پاپوش"),
    )

    page = text(response)
    assert response.status_code == 200
    assert 'value="لیلا"' in page
    assert 'value="پاپوش"' in page
    assert response.context["form"].errors.keys() == {"phone", "consent"}
    assert Party.objects.count() == 0


def test_book_shows_why_a_birth_year_is_wrong(client: Client) -> None:
    run = make_run()
    sign_in(client)

    response = client.post(f"/runs/{run.code}/book/", form(birth_year="۱۹۹۰"))

    page = text(response)
    assert "birth_year" in response.context["form"].errors
    assert "<details class='mb-3' open>" in page
    assert 'value="۱۹۹۰"' in page


def test_book_with_an_expired_hold_books_when_a_place_is_left(
    client: Client, clock: time_machine.Traveller
) -> None:
    run = make_run()
    sign_in(client)
    client.post(f"/runs/{run.code}/hold/")
    clock.shift(16 * MINUTE)

    page = text(client.get(f"/runs/{run.code}/book/"))
    response = client.post(f"/runs/{run.code}/book/", form())

    assert "۲" in page
    assert response.status_code == 302
    assert Reservation.objects.confirmed().count() == 1


def test_book_with_an_expired_hold_keeps_the_data_and_offers_the_line(
    client: Client, clock: time_machine.Traveller
) -> None:
    run = make_run(capacity=1)
    sign_in(client)
    client.post(f"/runs/{run.code}/hold/")
    clock.shift(16 * MINUTE)
    other = make_user()
    hold_place(run_id=run.pk, booker=other, now=NOW + 16 * MINUTE)
    data = form(who="other", name="لیلا آسترچین", phone="09990009999", consent="on")

    refused = client.post(f"/runs/{run.code}/book/", data)
    key = re.search(r'name="key" value="([^"]+)"', text(refused))
    waits = client.post(f"/runs/{run.code}/wait/", data, follow=True)

    assert 'value="لیلا آسترچین"' in text(refused)
    assert f'formaction="/runs/{run.code}/wait/"' in text(refused)
    assert key is not None
    assert key[1] == data["key"]
    assert waits.context["place"] == 1


def test_wait_tells_the_place_in_line_and_similar_runs(client: Client) -> None:
    run = make_run(capacity=1)
    similar = make_run()
    fill_seats(run)
    sign_in(client)

    response = client.post(f"/runs/{run.code}/wait/", form(), follow=True)

    assert response.context["place"] == 1
    assert similar.title in text(response)


def test_wait_says_when_a_place_is_free(client: Client) -> None:
    run = make_run()
    sign_in(client)

    response = client.post(f"/runs/{run.code}/wait/", form())

    assert response.context["refusal"] == "free"
    assert "<h1>ثبت‌نام</h1>" in text(response)
    assert f'formaction="/runs/{run.code}/book/"' in text(response)


def test_book_for_women_refuses_a_man_at_the_field(client: Client) -> None:
    run = make_run(audience="women")
    sign_in(client)

    response = client.post(f"/runs/{run.code}/book/", form(gender="m"))

    assert "gender" in response.context["form"].errors
    assert Reservation.objects.count() == 0


def test_book_again_says_that_there_is_a_place_already(client: Client) -> None:
    run = make_run()
    sign_in(client)
    client.post(f"/runs/{run.code}/book/", form())

    response = client.post(f"/runs/{run.code}/book/", form())

    assert response.context["refusal"] == "already_booked"
    assert "/bookings/done/" in text(response)


def test_book_for_others_is_chosen_for_who_has_a_place(client: Client) -> None:
    run = make_run(capacity=3)
    user, person = sign_in(client)
    before = client.get(f"/runs/{run.code}/book/")
    enrol(run_id=run.pk, booker=user, people=[person], key=new_key(), now=NOW)

    page = client.get(f"/runs/{run.code}/book/")

    assert before.context["form"]["who"].value() == "me"
    assert page.context["form"]["who"].value() == "other"
    assert "دیدن ثبت‌نام</a>." in text(page)


def test_who_was_registered_by_others_is_asked_first(client: Client) -> None:
    run = make_run()
    user = make_user(phone_verified_at=NOW)
    make_person(contact_phone=user.phone)
    client.force_login(user)

    response = client.get(f"/runs/{run.code}/book/")

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:claim"))


# -- Done ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/bookings/done/{}/", "/bookings/{}/calendar.ics", "/b/{}/"]
)
def test_bookings_are_seen_by_their_people_only(client: Client, path: str) -> None:
    run = make_run()
    (reservation,) = fill_seats(run)
    address = path.format(reservation.party.reference)

    assert client.get(address).status_code == 302
    assert client.get(address)["Location"].endswith(f"?next={address}")
    sign_in(client)
    assert client.get(address).status_code == 404
    client.force_login(reservation.person.user)
    assert client.get(address, follow=True).status_code == 200


def test_calendar_file_has_all_class_sessions(client: Client) -> None:
    run = make_run()
    (reservation,) = fill_seats(run)
    client.force_login(reservation.person.user)

    response = client.get(f"/bookings/{reservation.party.reference}/calendar.ics")

    assert response["Content-Type"].startswith("text/calendar")
    assert text(response).count("BEGIN:VEVENT") == 3


def test_staff_reads_a_draft_page(client: Client) -> None:
    run = make_run(is_published=False)
    user, _secret = make_staff("planner")
    sign_in_staff(client, user)

    response = client.get(f"/runs/{run.code}/")

    assert response.status_code == 200
    assert "/hold/" not in text(response)


# -- Offers -------------------------------------------------------------------------


@pytest.fixture
def offer() -> Offer:
    run = make_run(capacity=1)
    (seated,) = fill_seats(run)
    booker = make_user()
    join_waiting_list(
        run_id=run.pk,
        booker=booker,
        people=[make_person(user=booker, contact_phone=booker.phone)],
        key=new_key(),
        now=NOW,
    )
    cancel_reservation(reservation_id=seated.pk, by=seated.party.booked_by, now=NOW)
    return Offer.objects.get()


def test_offer_is_shown_by_get_and_taken_by_post(client: Client, offer: Offer) -> None:
    address = f"/o/{offer_link_secret(offer)}/"

    shown = client.get(address)
    offer.refresh_from_db()
    assert offer.state == "open"
    taken = client.post(f"{address}accept/", follow=True)
    again = client.post(f"{address}accept/", follow=True)

    assert shown.context["state"] == "open"
    assert [r.context["state"] for r in (taken, again)] == ["taken", "taken"]
    assert Reservation.objects.confirmed().count() == 1
    assert client.get(f"{address}accept/").status_code == 405


def test_offer_is_declined_once(client: Client, offer: Offer) -> None:
    address = f"/o/{offer_link_secret(offer)}/"

    declined = client.post(f"{address}decline/", follow=True)
    late = client.post(f"{address}accept/", follow=True)

    assert declined.context["state"] == "declined"
    assert late.context["state"] == "declined"
    assert Reservation.objects.confirmed().count() == 0


def test_expired_offer_is_not_taken_even_before_the_tick(
    client: Client, offer: Offer, clock: time_machine.Traveller
) -> None:
    address = f"/o/{offer_link_secret(offer)}/"
    clock.move_to(offer.expires_at)

    before = client.post(f"{address}accept/", follow=True)
    expire_offers(offer.expires_at)
    after = client.get(address)

    assert before.context["state"] == after.context["state"] == "expired"
    assert Reservation.objects.confirmed().count() == 0


def test_guessing_offer_addresses_is_slowed_down(client: Client) -> None:
    codes = [client.get(f"/o/{'a' * 15}{n % 10}/").status_code for n in range(22)]

    assert codes[:20] == [404] * 20
    assert codes[20:] == [429, 429]
