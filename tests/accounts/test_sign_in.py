from __future__ import annotations

import datetime as dt
import logging
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client

from accounts import codes, hooks
from accounts.models import Person, User
from accounts.services import delete_stubs
from core.exceptions import HidajError
from notifications.models import OutboxMessage, State
from notifications.services import drain
from persian.text import to_persian_digits
from tests.factories import NOW, make_person, make_user
from tests.signing import CODE, DOOR, last_code, sign_in

pytestmark = pytest.mark.django_db

PHONE = "+989991000001"
TYPED = "09991000001"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def ask(client: Client, phone: str = TYPED, **data: str):
    return client.post(DOOR, {"phone": phone, **data})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def text_of(response) -> str:
    return response.content.decode()


def test_new_number_gets_code_then_name_page(client):
    response = ask(client)
    assert response.url == CODE
    response = client.post(CODE, {"code": last_code(PHONE)})

    assert response.url == "/accounts/name/"
    user = User.objects.get(phone=PHONE)
    assert user.phone_verified_at == NOW
    assert client.session["_auth_user_id"] == str(user.pk)
    assert not Person.objects.exists()


def test_known_number_goes_on_to_where_it_wanted(client):
    make_person(user=make_user(phone=PHONE))

    ask(client, next="/courses/")
    response = client.post(CODE, {"code": last_code(PHONE), "next": "/courses/"})

    assert response.url == "/courses/"


@pytest.mark.parametrize(
    "typed",
    [
        "۰۹۹۹۱۰۰۰۰۰۱",
        "٠٩٩٩١٠٠٠٠٠١",
        "+98 999 100 0001",
        "0098-999-100-0001",
        "9991000001",
        "989991000001",
    ],
)
def test_every_spelling_is_the_same_number(client, typed):
    make_user(phone=PHONE)

    response = ask(client, typed)

    assert response.url == CODE
    assert OutboxMessage.objects.get().recipient == PHONE


@pytest.mark.parametrize(
    "typed", ["+905321234567", "0912", "02435000000", "سلام", "", "+989991000001x"]
)
def test_unfit_number_is_refused_and_kept(client, typed):
    response = ask(client, typed)

    assert response.status_code == 200
    assert response.context["form"].errors["phone"]
    assert response.context["form"]["phone"].value() == typed
    assert not User.objects.exists()


def test_code_is_taken_in_persian_digits(client):
    ask(client)

    response = client.post(CODE, {"code": to_persian_digits(last_code(PHONE))})

    assert response.url == "/accounts/name/"


def test_known_and_unknown_number_get_the_same_answer(client):
    make_person(user=make_user(phone=PHONE), name="نام")
    other = Client()

    first, second = ask(client), ask(other, "09991000002")
    pages = [text_of(client.get(CODE)), text_of(other.get(CODE))]

    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert OutboxMessage.objects.count() == 2
    bare = [_without_what_differs(page) for page in pages]
    assert bare[0] == bare[1]


def _without_what_differs(page: str) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
    return re.sub(r"<bdi>[^<]+</bdi>", "", page)


def test_closed_sign_in_gets_the_same_page_and_no_code(client):
    make_user(phone=PHONE, is_active=False)

    response = ask(client)

    assert response.url == CODE
    assert client.get(CODE).status_code == 200
    assert not OutboxMessage.objects.exists()
    assert client.post(CODE, {"code": "000000"}).status_code == 200


def test_wrong_code_three_times_ends_the_try(client):
    ask(client)
    code = last_code(PHONE)

    assert client.post(CODE, {"code": wrong(code)}).status_code == 200
    second = client.post(CODE, {"code": wrong(code)})
    third = client.post(CODE, {"code": wrong(code)})

    assert second.context["needs_help"]
    assert third.url == DOOR
    assert client.post(CODE, {"code": code}).url == DOOR
    assert "_auth_user_id" not in client.session


def test_wrong_code_is_not_shown_again(client):
    ask(client)
    typed = wrong(last_code(PHONE))

    assert typed not in text_of(client.post(CODE, {"code": typed}))


def test_unfinished_code_is_no_guess(client):
    ask(client)

    for typed in ("12", "", "abcdef", "1234567"):
        assert client.post(CODE, {"code": typed}).status_code == 200

    assert client.post(CODE, {"code": last_code(PHONE)}).status_code == 302


def test_guesses_are_counted_outside_the_session():
    nonce = codes.new_nonce()
    right = codes.code_for(nonce, PHONE)

    for _guess in range(3):
        codes.is_right(nonce=nonce, phone=PHONE, typed=wrong(right), now=NOW)

    with pytest.raises(HidajError) as refusal:
        codes.is_right(nonce=nonce, phone=PHONE, typed=right, now=NOW)
    assert refusal.value.code == "too_many_guesses"


def test_old_code_is_refused_with_a_sentence(client, clock):
    ask(client, next="/courses/")
    code = last_code(PHONE)
    clock.shift(dt.timedelta(minutes=10, seconds=1))

    response = client.post(CODE, {"code": code, "next": "/courses/"})

    assert response.url == f"{DOOR}?next=%2Fcourses%2F"
    assert len(list(client.get(response.url).context["messages"])) == 1


def test_resent_code_replaces_the_first_one(client):
    ask(client)
    first = last_code(PHONE)

    response = client.post(CODE, {"action": "resend"})

    assert response.url == CODE
    second = last_code(PHONE)
    assert first != second
    assert client.post(CODE, {"code": first}).status_code == 200
    assert client.post(CODE, {"code": second}).status_code == 302


def test_resent_code_lives_ten_minutes_of_its_own(client, clock):
    ask(client)
    clock.shift(dt.timedelta(minutes=9))
    client.post(CODE, {"action": "resend"})
    clock.shift(dt.timedelta(minutes=9))

    response = client.post(CODE, {"code": last_code(PHONE)})

    assert response.url == "/accounts/name/"


def test_resend_is_counted_and_the_sent_code_stays_good(client):
    ask(client)
    client.post(CODE, {"action": "resend"})
    client.post(CODE, {"action": "resend"})
    leave_and_ask_again = Client()
    code = last_code(PHONE)

    response = ask(leave_and_ask_again)

    assert response.status_code == 200
    assert OutboxMessage.objects.count() == 3
    assert client.post(CODE, {"code": code}).status_code == 302


def test_refused_resend_leaves_the_code_good(client):
    for _other in range(2):
        ask(Client())
    ask(client)
    code = last_code(PHONE)

    client.post(CODE, {"action": "resend"})

    assert OutboxMessage.objects.count() == 3
    assert client.post(CODE, {"code": code}).status_code == 302


def test_budget_of_a_number_counts_all_clients_and_days(client, clock):
    sent = 0
    for _step in range(30):
        response = ask(Client())
        sent += response.status_code == 302
        clock.shift(dt.timedelta(minutes=15))

    assert sent == 10
    assert OutboxMessage.objects.count() == 10


@pytest.mark.parametrize("is_known", [True, False])
def test_over_the_budget_the_page_says_when_to_try_again(client, is_known):
    if is_known:
        make_person(user=make_user(phone=PHONE))
    for _time in range(3):
        ask(Client())

    response = ask(client)

    (error,) = response.context["form"].errors["phone"]
    assert "۱۰:۰۱" in error
    assert "۰۲۴" in error


def test_budget_of_a_network_counts_all_numbers(client, settings):
    settings.HIDAJ_CODES_PER_NETWORK = [(2, 60)]

    answers = [ask(Client(), f"0999100001{n}").status_code for n in range(3)]

    assert answers == [302, 302, 200]


def test_code_is_in_no_table(client):
    ask(client)
    message = OutboxMessage.objects.get()
    code = message.variables["code"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT variables, text FROM notifications_outboxmessage")
        row = str(cursor.fetchall())
        session = str(client.session["account_login"])

    assert code not in row
    assert code not in session


def test_code_is_sent_as_the_row_says_and_blanked(client, caplog, settings):
    settings.PUBLIC_BASE_URL = "https://kafsh.example"
    caplog.set_level(logging.DEBUG)
    ask(client)
    code = last_code(PHONE)

    drain(now=NOW, limit=5)
    client.post(CODE, {"code": code})
    client.post("/accounts/name/", {"name": "مریم محمدی", "is_agreed": "on"})

    message = OutboxMessage.objects.get()
    assert message.state == State.ACCEPTED
    assert not message.variables
    assert message.text == ""
    sent = (settings.OUTBOX_DIR / "sms.jsonl").read_text().splitlines()[-1]
    assert f"@kafsh.example #{code}" in sent
    words = caplog.text
    for secret in (code, PHONE, TYPED, "9991000001", "مریم"):
        assert secret not in words


def test_code_message_ends_with_the_code(client):
    ask(client)

    assert OutboxMessage.objects.get().expires_at == NOW + dt.timedelta(minutes=10)


def test_wrong_number_is_left_by_post(client):
    ask(client, next="/courses/")
    assert client.get(DOOR).url == CODE

    response = client.post(CODE, {"action": "leave", "next": "/courses/"})

    assert response.url == f"{DOOR}?next=%2Fcourses%2F"
    assert ask(client, "09991000002").url == CODE
    assert last_code("+989991000002")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_foreign_next_is_refused(client, target):
    make_person(user=make_user(phone=PHONE))
    ask(client, next=target)

    response = client.post(CODE, {"code": last_code(PHONE), "next": target})

    assert response.url == "/"


def test_hook_runs_in_the_post_before_the_name_is_known(client, monkeypatch):
    seen = []
    monkeypatch.setattr(hooks, "_hooks", hooks._Hooks())
    hooks.register_after_sign_in(lambda user, url, now: seen.append((user, url, now)))
    ask(client)

    client.get(f"{CODE}?next=/runs/7/book/")
    assert not seen
    code = last_code(PHONE)
    response = client.post(CODE, {"code": code, "next": "/runs/7/book/"})

    assert seen == [(User.objects.get(), "/runs/7/book/", NOW)]
    assert response.url == "/accounts/name/?next=%2Fruns%2F7%2Fbook%2F"


def test_refusal_of_a_hook_is_shown_and_stops_nothing(client, monkeypatch):
    def refuse(user, url, now):
        raise HidajError("پر شد", code="full")

    monkeypatch.setattr(hooks, "_hooks", hooks._Hooks())
    hooks.register_after_sign_in(refuse)
    ask(client)

    response = client.post(CODE, {"code": last_code(PHONE)})

    assert response.url == "/accounts/name/"
    page = client.get(response.url)
    assert [str(message) for message in page.context["messages"]] == ["پر شد"]


def test_landing_is_asked_when_nothing_was_wished(client, monkeypatch):
    monkeypatch.setattr(hooks, "_hooks", hooks._Hooks())
    hooks.register_landing(lambda user: "/my/")
    make_person(user=make_user(phone=PHONE))
    ask(client)

    assert client.post(CODE, {"code": last_code(PHONE)}).url == "/my/"


def test_sign_in_does_not_follow_a_number_that_moved(client):
    user = make_user(phone=PHONE)
    ask(client)
    code = last_code(PHONE)
    User.objects.filter(pk=user.pk).update(phone="+989991000009")

    response = client.post(CODE, {"code": code})

    assert response.url == DOOR
    assert "_auth_user_id" not in client.session
    user.refresh_from_db()
    assert user.phone == "+989991000009"


def test_sign_out_is_a_post(client):
    sign_in(client, make_user())

    assert client.get("/accounts/sign-out/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/sign-out/").url == "/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "path",
    [
        "email/",
        "password/reset/",
        "password/change/",
        "password/set/",
        "phone/change/",
        "phone/verify/",
        "confirm-email/",
        "inactive/",
        "2fa/",
    ],
)
def test_unwanted_pages_are_not_there(client, path):
    assert client.get(f"/accounts/{path}").status_code == 404


@pytest.mark.parametrize("path", ["login/", "signup/"])
def test_other_doors_lead_to_the_one(client, path):
    assert client.get(f"/accounts/{path}?next=/x/").url == f"{DOOR}?next=/x/"


def test_code_page_is_made_for_phones(client):
    ask(client)

    page = text_of(client.get(CODE))

    box = re.search(r"<input[^>]+name=\"code\"[^>]*>", page)
    assert box
    for attribute in (
        'autocomplete="one-time-code"',
        'inputmode="numeric"',
        'dir="ltr"',
        'maxlength="6"',
        'data-code="6"',
    ):
        assert attribute in box.group()
    assert 'data-wait="120"' in page
    assert "js/code.js" in page


def test_stub_is_deleted_after_a_day(client, clock):
    ask(client)
    proved = make_user(phone_verified_at=NOW)
    clock.shift(dt.timedelta(hours=25))

    assert delete_stubs(NOW + dt.timedelta(hours=23)) == 0
    assert delete_stubs(NOW + dt.timedelta(hours=25)) == 1
    assert list(User.objects.all()) == [proved]


def test_english_page_and_code(client):
    client.cookies["language"] = "en"

    page = text_of(client.get(DOOR))
    ask(client)

    assert "Send the code" in page
    assert OutboxMessage.objects.get().language == "en"


def test_code_goes_out_with_the_queue_stopped(
    client, settings, django_capture_on_commit_callbacks
):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    with django_capture_on_commit_callbacks(execute=True):
        ask(client)

    assert OutboxMessage.objects.get().state == State.ACCEPTED
