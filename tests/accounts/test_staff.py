from __future__ import annotations

import datetime as dt
import io
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory

from accounts.access import has_role, person_of, role_required
from accounts.adapter import MFAAdapter
from accounts.models import Person, Role, User
from accounts.services import activate_totp, grant_role, new_totp_secret, revoke_role
from tests.factories import NOW, make_person, make_user
from tests.signing import (
    CODE,
    DOOR,
    last_code,
    make_staff,
    sign_in,
    sign_in_staff,
    totp,
)

pytestmark = pytest.mark.django_db

STAFF_DOOR = "/accounts/staff/"
SECOND = "/accounts/second-factor/"
SET_UP = "/accounts/second-factor/set-up/"
AGAIN = "/accounts/second-factor/again/"
PHONE = "+989991000001"
PASSWORD = "a long enough pass"
GUARDED = [Role.RECEPTION, Role.PLANNER, Role.MANAGER, Role.SPONSOR]


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def by_code(client: Client, phone: str, target: str = "") -> HttpResponse:
    client.post(DOOR, {"phone": phone})
    return client.post(CODE, {"code": last_code(phone), "next": target})


# -- the guard --


@pytest.mark.parametrize("role", GUARDED)
@pytest.mark.parametrize("url", ["/", "/admin/", "/accounts/me/", "/help/"])
def test_staff_without_an_app_are_sent_to_set_it_up(client, role, url):
    user = make_user()
    make_person(user=user)
    grant_role(user=user, role=role, now=NOW)
    sign_in(client, user)

    assert client.get(url).url == f"{SET_UP}?next={url}"


def test_superuser_without_an_app_does_not_reach_the_admin(client):
    user = User.objects.create_superuser(PHONE, PASSWORD)
    sign_in(client, user)

    assert client.get("/admin/").url == f"{SET_UP}?next=/admin/"


def test_staff_with_an_app_must_use_it_in_this_session(client):
    user, _secret = make_staff(Role.MANAGER)
    sign_in(client, user)

    assert client.get("/").url == f"{AGAIN}?next=/"
    assert client.post("/", {}).url == f"{AGAIN}?next=/"


def test_staff_with_second_factor_get_through(client):
    user, _secret = make_staff(Role.MANAGER)
    sign_in_staff(client, user)

    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.CONSULTANT])
def test_teachers_need_no_app(client, role):
    user = make_user()
    make_person(user=user)
    grant_role(user=user, role=role, now=NOW)
    sign_in(client, user)

    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.parametrize("url", ["/livez", "/readyz"])
def test_health_asks_nobody(client, url):
    user, _secret = make_staff(Role.MANAGER)
    sign_in(client, user)

    assert client.get(url).status_code == 200


def test_language_can_be_chosen_before_the_second_factor(client):
    user, _secret = make_staff(Role.MANAGER)
    sign_in(client, user)

    page = client.get("/accounts/second-factor/again/?lang=en").content.decode()

    assert '<html lang="en"' in page


# -- code or password, then the app --


def test_code_then_app_opens_the_wish(client):
    user, secret = make_staff(Role.MANAGER)

    response = by_code(client, user.phone, "/staff/")
    assert response.url == SECOND
    assert "_auth_user_id" not in client.session
    response = client.post(SECOND, {"code": totp(secret)})

    assert response.url == "/staff/"
    assert client.get("/accounts/me/").status_code == 200


def test_app_code_is_taken_in_persian_digits(client):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)

    persian = totp(secret).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))

    assert client.post(SECOND, {"code": persian}).status_code == 302


def test_wrong_app_code_opens_nothing_and_is_limited(client):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)
    wrong = f"{(int(totp(secret)) + 7) % 10**6:06}"

    for _guess in range(6):
        assert client.post(SECOND, {"code": wrong}).status_code == 200

    assert client.post(SECOND, {"code": totp(secret)}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_wrong_app_code_does_not_speak_of_an_sms(client):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)
    client.cookies["language"] = "en"
    wrong = f"{(int(totp(secret)) + 7) % 10**6:06}"

    response = client.post(SECOND, {"code": wrong})

    page = response.content.decode()
    assert "This code is not right. Look at the app once more." in page
    assert "SMS" not in page


def test_password_then_app(client):
    user, secret = make_staff(Role.RECEPTION, password=PASSWORD)

    data = {"phone": user.phone, "password": PASSWORD, "next": "/staff/"}
    response = client.post(STAFF_DOOR, data)
    assert response.url == SECOND

    assert client.post(SECOND, {"code": totp(secret)}).url == "/staff/"


@pytest.mark.parametrize(
    ("phone", "password"),
    [(PHONE, "wrong"), ("+989991000009", PASSWORD), (PHONE, "")],
)
def test_wrong_password_says_one_thing(client, phone, password):
    make_user(phone=PHONE, password=PASSWORD)

    response = client.post(STAFF_DOOR, {"phone": phone, "password": password})

    assert response.status_code == 200
    assert response.context["form"].errors
    assert "_auth_user_id" not in client.session


def test_number_without_password_has_no_password_door(client):
    make_user(phone=PHONE)

    response = client.post(STAFF_DOOR, {"phone": PHONE, "password": ""})

    assert "_auth_user_id" not in client.session
    assert response.status_code == 200


def test_passwords_are_limited_for_each_number(client, settings):
    settings.HIDAJ_PASSWORDS_PER_PHONE = [(2, 600)]
    make_user(phone=PHONE, password=PASSWORD)
    other, _secret = make_staff(Role.MANAGER, password=PASSWORD)
    for _guess in range(2):
        client.post(STAFF_DOOR, {"phone": PHONE, "password": "wrong"})

    locked = client.post(STAFF_DOOR, {"phone": PHONE, "password": PASSWORD})
    free = client.post(STAFF_DOOR, {"phone": other.phone, "password": PASSWORD})

    assert locked.status_code == 200
    assert free.url == SECOND


# -- setting up --


def test_app_is_set_up_right_after_signing_in(client):
    user = make_user(phone=PHONE)
    make_person(user=user)
    grant_role(user=user, role=Role.PLANNER, now=NOW)
    by_code(client, PHONE)

    page = client.get(SET_UP)
    secret = page.context["form"].secret
    response = client.post(SET_UP, {"code": totp(secret)})

    assert response.url == "/accounts/second-factor/codes/"
    codes = client.get(response.url).context["unused_codes"]
    assert len(codes) == 10
    assert client.get("/accounts/me/").status_code == 200
    recovered = Client()
    by_code(recovered, PHONE)
    assert recovered.post(SECOND, {"code": codes[0]}).status_code == 302


def test_old_session_cannot_set_up_an_app(client):
    user = make_user()
    make_person(user=user)
    grant_role(user=user, role=Role.PLANNER, now=NOW)
    sign_in(client, user)

    page = client.get(SET_UP)

    assert "mfa/sign_in_again.html" in [template.name for template in page.templates]
    client.post(SET_UP, {"code": "000000"})
    assert not Authenticator.objects.exists()


def test_applicants_have_no_second_factor_pages(client):
    sign_in(client, make_user())

    assert client.get(SET_UP).status_code == 404


def test_removing_the_app_closes_the_staff_pages_again(client):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)
    client.post(SECOND, {"code": totp(secret)})

    response = client.post("/accounts/second-factor/remove/")

    assert response.status_code == 302
    assert not Authenticator.objects.filter(type="totp").exists()
    assert client.get("/accounts/me/").url.startswith(SET_UP)


def test_removing_the_app_later_asks_for_it_again(client, clock):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)
    client.post(SECOND, {"code": totp(secret)})
    clock.shift(dt.timedelta(hours=1))

    response = client.post("/accounts/second-factor/remove/")

    assert response.url.startswith(AGAIN)
    assert Authenticator.objects.filter(type="totp").exists()


def test_staff_made_by_command_can_make_recovery_codes(client):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)
    client.post(SECOND, {"code": totp(secret)})
    url = "/accounts/second-factor/codes/new/"
    assert url in client.get("/accounts/me/").content.decode()

    response = client.post(url)

    assert len(client.get(response.url).context["unused_codes"]) == 10


def test_totp_secret_is_not_readable_in_the_table():
    secret = new_totp_secret()
    activate_totp(user=make_user(), secret=secret)

    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        assert secret not in str(cursor.fetchall())


def test_lost_data_key_opens_nothing(client, settings):
    user, secret = make_staff(Role.MANAGER)
    by_code(client, user.phone)
    settings.DATA_KEYS = ["cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="]

    assert client.post(SECOND, {"code": totp(secret)}).status_code == 200
    sealed = Authenticator.objects.get().data["secret"]
    adapter = MFAAdapter()
    assert adapter.decrypt(sealed) != adapter.decrypt(sealed)


# -- how long it lasts --


def _at(clock, **delta: int) -> None:
    clock.move_to(NOW + dt.timedelta(**delta))


def test_staff_are_signed_out_after_twelve_hours(client, clock):
    user, _secret = make_staff(Role.PLANNER)
    sign_in_staff(client, user)
    _at(clock, hours=11, minutes=59)
    assert client.get("/accounts/me/").status_code == 200
    _at(clock, hours=12, minutes=1)

    response = client.get("/accounts/me/")

    assert response.url == f"{DOOR}?next=/accounts/me/"
    assert len(list(client.get(response.url).context["messages"])) == 1
    assert "_auth_user_id" not in client.session


def test_reception_is_locked_after_thirty_idle_minutes(client, clock):
    user, _secret = make_staff(Role.RECEPTION)
    sign_in_staff(client, user)
    for minutes in (29, 58, 87):
        _at(clock, minutes=minutes)
        assert client.get("/accounts/me/").status_code == 200
    _at(clock, minutes=118)

    assert client.get("/accounts/me/").url.startswith(DOOR)


def test_applicants_stay_thirty_days(client, clock):
    user = make_user()
    make_person(user=user)
    sign_in(client, user)
    _at(clock, days=29)
    assert client.get("/accounts/me/").status_code == 200
    _at(clock, days=30, minutes=1)

    assert client.get("/accounts/me/").url.startswith(DOOR)


def test_session_of_unknown_age_starts_to_count(client, clock):
    user = make_user()
    make_person(user=user)
    client.force_login(user)

    assert client.get("/accounts/me/").status_code == 200
    assert client.session["signed_in_at"] == int(time.time())


# -- the admin --


def test_admin_has_no_door_of_its_own(client):
    response = client.get("/admin/")
    assert response.url == "/admin/login/?next=/admin/"

    assert client.get(response.url).url == f"{STAFF_DOOR}?next=/admin/"


def test_admin_is_not_there_for_others(client):
    sign_in(client, make_user())

    assert client.get("/admin/login/").status_code == 404


def test_admin_changes_no_person(client):
    user = User.objects.create_superuser(PHONE, PASSWORD)
    person = make_person()
    sign_in_staff(client, user)

    assert client.get("/admin/accounts/person/").status_code == 200
    page = f"/admin/accounts/person/{person.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.post(f"{page}change/", {"name": "x"}).status_code == 403
    assert client.get(f"{page}delete/").status_code == 403


# -- roles --


def test_roles_are_granted_once_and_revoked():
    user = make_user()

    for _time in range(2):
        grant_role(user=user, role=Role.RECEPTION, now=NOW)
    assert has_role(user, Role.RECEPTION, Role.MANAGER)
    revoke_role(user=user, role=Role.RECEPTION, now=NOW)

    assert not has_role(user, Role.RECEPTION)
    assert not has_role(make_user(is_superuser=True, is_active=False), Role.MANAGER)
    assert has_role(make_user(is_superuser=True), Role.MANAGER)


def test_role_decorator_hides_the_page_from_others():
    view = role_required(Role.PLANNER)(lambda request: HttpResponse("ok"))
    request = RequestFactory().get("/staff/x/?a=1")
    request.user = make_user()

    with pytest.raises(Http404):
        view(request)
    grant_role(user=request.user, role=Role.PLANNER, now=NOW)
    assert view(request).content == b"ok"


def test_role_decorator_asks_visitors_to_sign_in(rf):
    view = role_required(Role.PLANNER)(lambda request: HttpResponse("ok"))
    request = rf.get("/staff/x/?a=1")
    request.user = AnonymousUser()

    assert view(request).url == f"{DOOR}?next=/staff/x/%3Fa%3D1"
    assert person_of(request.user) is None


# -- the command --


def create(**options: str) -> str:
    out = io.StringIO()
    call_command("create_staff", stdout=out, **options)
    return out.getvalue()


def test_create_staff_prints_what_the_app_needs():
    said = create(phone="۰۹۹۹۱۰۰۰۰۰۱", name="رضا", role="manager", password=PASSWORD)

    user = User.objects.get(phone=PHONE)
    assert has_role(user, Role.MANAGER)
    assert user.check_password(PASSWORD)
    assert person_of(user).name == "رضا"
    assert "TOTP secret: " in said
    assert "otpauth://totp/" in said


def test_create_staff_uses_a_known_user_again():
    create(phone=PHONE, name="رضا", role="manager", password=PASSWORD)

    said = create(phone=PHONE, name="رضا", role="planner")

    user = User.objects.get(phone=PHONE)
    assert user.roles == {"manager", "planner"}
    assert user.check_password(PASSWORD)
    assert "TOTP secret" not in said
    assert Person.objects.count() == 1


def test_create_staff_refuses_a_foreign_number():
    with pytest.raises(CommandError):
        create(phone="+905321234567", name="x", role="manager")
