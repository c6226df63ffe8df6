from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client

from accounts.exceptions import AccountsError
from accounts.models import User
from accounts.services import change_phone
from notifications.models import OutboxMessage
from tests.factories import NOW, make_person, make_user
from tests.signing import last_code, sign_in

pytestmark = pytest.mark.django_db

URL = "/accounts/phone/"
OLD = "+989991000001"
NEW = "+989991000002"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def user(client):
    user = sign_in(client, make_user(phone=OLD))
    make_person(user=user, contact_phone=OLD)
    return user


def prove_old(client: Client) -> None:
    client.post(URL)
    client.post(URL, {"code": last_code(OLD)})


def test_both_codes_move_the_number_and_both_are_told(client, user):
    client.post(URL)
    assert OutboxMessage.objects.get().recipient == OLD
    client.post(URL, {"code": last_code(OLD)})
    client.post(URL, {"phone": "۰۹۹۹ ۱۰۰ ۰۰۰۲"})
    response = client.post(URL, {"code": last_code(NEW)})

    assert response.url == "/accounts/me/"
    user.refresh_from_db()
    assert (user.phone, user.person.contact_phone) == (NEW, NEW)
    told = OutboxMessage.objects.filter(kind="phone_changed")
    assert {row.recipient for row in told} == {OLD, NEW}
    assert client.get("/accounts/me/").status_code == 200


def test_other_sessions_end_with_the_old_number(client, user):
    stolen = Client()
    sign_in(stolen, user)
    prove_old(client)
    client.post(URL, {"phone": NEW})

    client.post(URL, {"code": last_code(NEW)})

    assert stolen.get("/accounts/me/").url.startswith("/accounts/sign-in/")


def test_new_number_is_not_asked_before_the_old_code(client, user):
    client.post(URL)

    client.post(URL, {"phone": NEW})

    assert not OutboxMessage.objects.filter(recipient=NEW).exists()
    user.refresh_from_db()
    assert user.phone == OLD


def test_session_alone_moves_nothing(client, user):
    client.post(URL, {"phone": NEW})
    client.post(URL, {"phone": NEW, "code": "000000"})

    user.refresh_from_db()
    assert user.phone == OLD


def test_new_number_must_show_its_code(client, user):
    prove_old(client)
    client.post(URL, {"phone": NEW})
    wrong = f"{(int(last_code(NEW)) + 1) % 10**6:06}"

    for _guess in range(3):
        response = client.post(URL, {"code": wrong})

    assert response.url == URL
    assert client.get(URL).context["step"] == ""
    user.refresh_from_db()
    assert user.phone == OLD


def test_taken_number_is_refused_only_after_its_code(client, user):
    make_person(user=make_user(phone=NEW, phone_verified_at=NOW))
    prove_old(client)

    assert client.post(URL, {"phone": NEW}).url == URL
    client.post(URL, {"code": last_code(NEW)})

    user.refresh_from_db()
    assert user.phone == OLD
    assert len(list(client.get(URL).context["messages"])) == 1


def test_number_that_nobody_used_gives_way():
    make_user(phone=NEW)

    change_phone(user=make_user(phone=OLD), phone=NEW, now=NOW)

    assert User.objects.get().phone == NEW


def test_number_in_use_is_refused():
    make_user(phone=NEW, phone_verified_at=NOW)

    with pytest.raises(AccountsError) as refusal:
        change_phone(user=make_user(phone=OLD), phone=NEW, now=NOW)

    assert refusal.value.code == "number_taken"


def test_same_number_is_refused_beside_the_field(client, user):
    prove_old(client)

    response = client.post(URL, {"phone": OLD})

    assert "phone" in response.context["form"].errors


def test_step_waits_ten_minutes(client, user, clock):
    prove_old(client)
    clock.shift(dt.timedelta(minutes=11))

    client.post(URL, {"phone": NEW})

    assert not OutboxMessage.objects.filter(recipient=NEW).exists()


def test_codes_of_a_change_are_counted_with_the_others(client, user):
    client.post(URL)
    for _time in range(4):
        client.post(URL, {"action": "resend"})

    assert OutboxMessage.objects.count() == 3


def test_change_can_be_stopped(client, user):
    client.post(URL)

    assert client.post(URL, {"action": "leave"}).url == "/accounts/me/"
    assert client.get(URL).context["step"] == ""
