"""What the phone may keep, and when it forgets."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_person, make_user
from tests.signing import sign_in

pytestmark = pytest.mark.django_db

WIPE = '"storage"'


@pytest.fixture
def reader(client: Client) -> Client:
    user = make_user()
    make_person(user=user, contact_phone=user.phone)
    sign_in(client, user)
    return client


def test_own_bookings_may_be_kept_and_public_pages_may_not(reader: Client) -> None:
    assert reader.get("/bookings/")["X-Readable-Offline"] == "yes"
    assert "X-Readable-Offline" not in reader.get("/")
    assert "X-Readable-Offline" not in Client().get("/bookings/")


def test_shared_phone_keeps_nothing_and_forgets_what_it_kept(reader: Client) -> None:
    response = reader.post("/phone/shared/")

    assert response["Clear-Site-Data"] == WIPE
    assert "X-Readable-Offline" not in reader.get("/bookings/")
    assert reader.session.get_expire_at_browser_close()

    reader.post("/phone/shared/", {"own": "1"})
    assert reader.get("/bookings/")["X-Readable-Offline"] == "yes"
    assert not reader.session.get_expire_at_browser_close()


def test_signing_out_wipes_what_the_phone_kept(reader: Client) -> None:
    assert reader.post("/accounts/sign-out/")["Clear-Site-Data"] == WIPE


def test_worker_is_asked_for_again_each_time_and_keeps_the_face(client: Client) -> None:
    response = client.get("/sw.js")

    text = response.content.decode()
    assert response["Cache-Control"] == "no-cache"
    assert response["Content-Type"].startswith("text/javascript")
    assert "Vazirmatn" in text
    assert "/offline/?form=1" in text


def test_offline_page_is_of_nobody_and_says_what_became_of_a_form(
    reader: Client,
) -> None:
    plain, form = reader.get("/offline/"), reader.get("/offline/?form=1")

    assert "csrf" not in plain.content.decode()
    assert "the same form never counts twice" in form.content.decode()
    assert "the same form never counts twice" not in plain.content.decode()
