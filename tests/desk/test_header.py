from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import Role, RoleGrant
from tests.factories import make_person, make_user

pytestmark = pytest.mark.django_db


def _page(client: Client, *roles: str) -> str:
    """The help page as a user with these roles sees it, in English."""
    user = make_user()
    make_person(user=user)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role)
    client.force_login(user)
    client.cookies["language"] = "en"
    return client.get("/help/").content.decode()


def test_header_of_a_stranger_offers_to_sign_in(client: Client) -> None:
    page = client.get("/help/").content.decode()

    assert "/accounts/sign-in/" in page
    assert 'action="/accounts/sign-out/"' not in page


def test_header_of_an_applicant_has_no_way_to_work_pages(client: Client) -> None:
    page = _page(client)

    assert 'action="/accounts/sign-out/"' in page
    assert 'href="/staff/"' not in page
    assert 'href="/teach/"' not in page


def test_header_of_an_instructor_leads_to_own_classes(client: Client) -> None:
    page = _page(client, Role.INSTRUCTOR)

    assert 'href="/teach/"' in page
    assert 'href="/staff/"' not in page


@pytest.mark.parametrize("language", ["fa", "en"])
def test_page_says_its_language_and_direction(client: Client, language: str) -> None:
    client.cookies["language"] = language

    page = client.get("/help/").content.decode()

    direction = {"fa": "rtl", "en": "ltr"}[language]
    assert f'<html lang="{language}" dir="{direction}">' in page
    sheet = {"fa": "site.rtl", "en": "site"}[language]
    assert f"css/{sheet}." in page


def test_language_switch_leads_back_to_the_same_page(client: Client) -> None:
    page = client.get("/help/?a=1").content.decode()
    assert 'href="/help/?a=1&amp;lang=en"' in page

    page = client.get("/help/?a=1&lang=en").content.decode()

    assert '<html lang="en" dir="ltr">' in page
    assert 'href="/help/?a=1&amp;lang=fa"' in page
    assert client.get("/help/")["Content-Language"] == "en"


@pytest.mark.parametrize("name", ["403", "403_csrf", "404", "500", "503"])
def test_error_page_speaks_both_languages_without_context(name: str) -> None:
    page = render_to_string(f"{name}.html")

    assert 'lang="fa" dir="rtl"' in page
    assert 'lang="en" dir="ltr"' in page
