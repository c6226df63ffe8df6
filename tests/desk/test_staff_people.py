from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.desk.people import applicant_client, enrol_one, query_count, reception
from tests.factories import NOW, make_person, make_run

pytestmark = pytest.mark.django_db

PATH = "/staff/people/"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_people_are_found_by_name_phone_and_reference() -> None:
    booking = enrol_one(make_run(), name="نسرین کفّاش‌زاده")
    make_person(name="مریم")
    person = booking.person
    assert person is not None
    client = reception()
    phone = "0098" + person.contact_phone.removeprefix("+98")

    for query in ("كفاش زاده", phone, booking.party.reference):
        page = client.get(PATH, {"q": query}).context["page"]
        assert list(page.object_list) == [person], query


def test_people_search_without_a_match_says_so() -> None:
    response = reception().get(PATH, {"q": "هیچ‌کس"})

    assert list(response.context["page"].object_list) == []


def test_person_page_shows_bookings_and_messages() -> None:
    booking = enrol_one(make_run())
    person = booking.person
    assert person is not None

    response = reception().get(f"{PATH}{person.pk}/")

    assert list(response.context["bookings"]) == [booking]
    assert response.context["lines"]
    assert booking.party.reference in response.content.decode()


def test_people_are_not_there_for_others() -> None:
    person = make_person()
    client = applicant_client()

    assert client.get(PATH).status_code == 404
    assert client.get(f"{PATH}{person.pk}/").status_code == 404


def test_people_ask_as_often_for_three_rows() -> None:
    client = reception()
    make_person()
    count = query_count(client, PATH)
    make_person()
    make_person()

    assert query_count(client, PATH) == count
