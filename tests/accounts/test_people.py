from __future__ import annotations

import pytest
from django.test import Client

from accounts.exceptions import AccountsError
from accounts.models import Consent, Firm, Person, User
from accounts.services import (
    add_managed_person,
    find_or_create_firm,
    link_person,
    sign_up_person,
    update_profile,
)
from notifications.optouts import is_opted_out, opt_out
from tests.factories import NOW, make_firm, make_person, make_user
from tests.signing import CODE, DOOR, last_code, sign_in

pytestmark = pytest.mark.django_db

PHONE = "+989991000001"
NAME_URL = "/accounts/name/"
CLAIM_URL = "/accounts/is-it-you/"
ME_URL = "/accounts/me/"


def enter(client: Client, target: str = ""):
    client.post(DOOR, {"phone": PHONE})
    return client.post(CODE, {"code": last_code(PHONE), "next": target})


# -- the name --


def test_name_and_consent_make_the_person(client):
    user = sign_in(client, make_user())

    response = client.post(
        NAME_URL, {"name": " علي  كريمي ", "is_agreed": "on", "next": "/runs/3/"}
    )

    assert response.url == "/runs/3/"
    person = Person.objects.get(user=user)
    assert (person.name, person.contact_phone) == ("علی کریمی", user.phone)
    consent = Consent.objects.get()
    assert (consent.person, consent.kind, consent.given_by) == (person, "booking", user)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "is_agreed": "on"},
        {"name": "۱۲۳", "is_agreed": "on"},
        {"name": "ع", "is_agreed": "on"},
        {"name": "علی کریمی"},
    ],
)
def test_name_page_refuses_and_keeps_what_was_typed(client, data):
    sign_in(client, make_user())

    response = client.post(NAME_URL, {**data, "next": "/runs/3/"})

    assert response.status_code == 200
    assert response.context["form"].errors
    assert response.context["form"]["name"].value() == data["name"]
    assert response.context["next"] == "/runs/3/"
    assert not Person.objects.exists()


def test_name_page_sends_the_known_on_and_visitors_to_the_door(client):
    assert client.get(NAME_URL).url == f"{DOOR}?next=/accounts/name/"
    user = sign_in(client, make_user())
    make_person(user=user)

    assert client.get(f"{NAME_URL}?next=/my/").url == "/my/"
    assert client.get(f"{NAME_URL}?next=https://evil.example/").url == "/"


def test_sign_up_twice_gives_one_person():
    user = make_user()

    persons = {
        sign_up_person(user=user, name="علی", language="fa", now=NOW).pk
        for _tap in range(2)
    }

    assert len(persons) == 1
    assert Consent.objects.count() == 1


def test_person_speaks_the_language_of_the_page(client):
    client.cookies["language"] = "en"
    user = sign_in(client, make_user())

    client.post(NAME_URL, {"name": "Ali Karimi", "is_agreed": "on"})

    assert Person.objects.get(user=user).language == "en"


# -- is it you? --


def test_record_made_by_others_is_asked_about_and_never_joined_silently(client):
    employer = make_user()
    person = make_person(contact_phone=PHONE, managed_by=employer, name="رضا")

    response = enter(client, "/my/")

    assert response.url == f"{CLAIM_URL}?next=%2Fmy%2F"
    page = client.get(response.url)
    assert "رضا" in page.content.decode()
    assert client.get(NAME_URL).url == CLAIM_URL
    person.refresh_from_db()
    assert person.user is None


def test_yes_joins_the_record(client):
    employer = make_user()
    person = make_person(contact_phone=PHONE, managed_by=employer)
    enter(client)

    data = {"person": person.pk, "is_agreed": "on", "next": "/my/"}
    response = client.post(CLAIM_URL, data)

    assert response.url == "/my/"
    person.refresh_from_db()
    assert person.user == User.objects.get(phone=PHONE)
    assert person.managed_by is None
    assert Consent.objects.get().person == person


def test_yes_needs_the_consent(client):
    person = make_person(contact_phone=PHONE)
    enter(client)

    response = client.post(CLAIM_URL, {"person": person.pk})

    assert "is_agreed" in response.context["form"].errors
    person.refresh_from_db()
    assert person.user is None


def test_no_leads_to_an_own_person(client):
    other = make_person(contact_phone=PHONE)
    enter(client)

    response = client.post(CLAIM_URL, {"person": "none", "next": "/my/"})
    assert response.url == f"{NAME_URL}?next=%2Fmy%2F"
    assert client.get(response.url).status_code == 200
    client.post(NAME_URL, {"name": "سارا کریمی", "is_agreed": "on"})

    other.refresh_from_db()
    assert other.user is None
    assert Person.objects.get(user__phone=PHONE).name == "سارا کریمی"


def test_several_records_are_told_apart(client):
    first, second = (make_person(contact_phone=PHONE) for _n in range(2))
    enter(client)

    client.post(CLAIM_URL, {"person": second.pk, "is_agreed": "on"})

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.user is None
    assert second.user is not None


def test_record_of_another_number_cannot_be_claimed(client):
    stranger = make_person(contact_phone="+989991000009")
    make_person(contact_phone=PHONE)
    enter(client)

    response = client.post(CLAIM_URL, {"person": stranger.pk, "is_agreed": "on"})

    assert "person" in response.context["form"].errors
    with pytest.raises(AccountsError):
        link_person(user=User.objects.get(phone=PHONE), person=stranger, now=NOW)


def test_person_with_a_sign_in_is_not_joined_to_a_second():
    person = make_person(contact_phone=PHONE, user=make_user())

    with pytest.raises(AccountsError) as refusal:
        link_person(user=make_user(phone=PHONE), person=person, now=NOW)

    assert refusal.value.code == "cannot_link"


def test_claim_page_without_records_leads_to_the_name(client):
    sign_in(client, make_user())

    assert client.get(f"{CLAIM_URL}?next=/my/").url == f"{NAME_URL}?next=%2Fmy%2F"


# -- registering others --


def test_another_person_is_made_once_whatever_the_spelling():
    boss = make_user()

    first = add_managed_person(by=boss, name="علی کریمی", phone=PHONE, now=NOW)
    again = add_managed_person(by=boss, name="علي كريمي", phone=PHONE, now=NOW)
    other = add_managed_person(by=boss, name="رضا کریمی", phone=PHONE, now=NOW)

    assert first == again
    assert other != first
    assert list(Person.objects.of_user(boss).order_by("pk")) == [first, other]


def test_another_person_without_a_phone_gets_the_bookers():
    boss = make_user()
    make_person(user=boss, language="en")

    child = add_managed_person(by=boss, name="سارا", now=NOW)

    assert (child.contact_phone, child.language) == (boss.phone, "en")


def test_two_bosses_do_not_share_a_record():
    persons = {
        add_managed_person(by=make_user(), name="علی", phone=PHONE, now=NOW).pk
        for _n in range(2)
    }

    assert len(persons) == 2


def test_another_person_with_a_sign_in_is_that_person():
    worker = make_person(user=make_user(phone=PHONE), contact_phone=PHONE, name="علی")

    found = add_managed_person(by=make_user(), name="علی", phone=PHONE, now=NOW)

    assert found == worker
    worker.refresh_from_db()
    assert worker.managed_by is None


# -- firms --


def test_firm_is_found_by_any_spelling():
    firm = make_firm(name="کفش سپید‌رود")

    assert find_or_create_firm(name="كفش  سپید رود") == firm
    assert find_or_create_firm(name="چرم نو") != firm
    assert Firm.objects.count() == 2


def test_firm_needs_letters():
    with pytest.raises(AccountsError):
        find_or_create_firm(name=" -- ")


# -- the profile --

PROFILE = {"name": "علی کریمی", "language": "fa", "wants_reminders": "on"}


def test_profile_is_shown_and_saved(client):
    user = sign_in(client, make_user())
    person = make_person(user=user)
    assert client.get(ME_URL).context["form"]["name"].value() == person.name

    response = client.post(
        ME_URL,
        {
            **PROFILE,
            "wants_news": "on",
            "email": "a@kafsh.example",
            "firm_name": "چرم نو",
            "birth_year": "۷۵",
            "gender": "m",
            "job": "برشکار",
        },
    )

    assert response.url == ME_URL
    person.refresh_from_db()
    assert person.firm is not None
    assert person.firm.name == "چرم نو"
    assert (person.birth_year, person.gender, person.job) == (1375, "m", "برشکار")
    assert person.wants_news
    consent = Consent.objects.get()
    assert (consent.kind, consent.is_given) == ("news", True)


@pytest.mark.parametrize("year", ["1990", "1200", "1404", "abc"])
def test_profile_refuses_a_year_nobody_is_born_in(client, year):
    make_person(user=sign_in(client, make_user()))

    response = client.post(ME_URL, {**PROFILE, "birth_year": year})

    assert "birth_year" in response.context["form"].errors


def test_profile_sets_the_language_of_the_pages(client):
    make_person(user=sign_in(client, make_user()))

    response = client.post(ME_URL, {**PROFILE, "language": "en"}, follow=True)

    assert client.cookies["language"].value == "en"
    assert "Your details were saved." in response.content.decode()


def test_wanting_again_lifts_an_earlier_stop():
    user = make_user()
    person = make_person(user=user, wants_reminders=False, contact_phone=user.phone)
    opt_out(recipient=user.phone, purpose="reminder", now=NOW)

    update_profile(person=person, by=user, name="علی", language="fa", now=NOW)

    assert not is_opted_out(user.phone, "reminder")


def test_profile_asks_for_the_name_first(client):
    assert client.get(ME_URL).url == f"{DOOR}?next=/accounts/me/"
    sign_in(client, make_user())

    assert client.get(ME_URL).url == f"{NAME_URL}?next=/accounts/me/"


def test_profile_shows_only_own_people(client):
    user = sign_in(client, make_user())
    make_person(user=user)
    make_person(managed_by=user, name="شاگرد من")
    make_person(managed_by=make_user(), name="شاگرد دیگری")

    page = client.get(ME_URL).content.decode()

    assert "شاگرد من" in page
    assert "شاگرد دیگری" not in page
