"""What a page reads of whoever is signed in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import authenticate

from accounts.access import has_role, person_of
from accounts.backends import AuthenticationBackend
from accounts.models import Role, RoleGrant
from tests.factories import make_firm, make_person, make_user

pytestmark = pytest.mark.django_db
get_user = AuthenticationBackend().get_user


def test_reader_comes_with_person_firm_and_roles_in_one_statement(
    django_assert_num_queries: Any,
) -> None:
    made = make_user()
    person = make_person(user=made, firm=make_firm(name="کارگاه نمونه"))
    for role in (Role.INSTRUCTOR, Role.PLANNER):
        RoleGrant.objects.create(user=made, role=role)

    with django_assert_num_queries(1):
        user = get_user(made.pk)
        assert user == made
        found = person_of(user)
        assert found == person
        assert found.firm is not None
        assert found.firm.name == "کارگاه نمونه"
        assert has_role(user, Role.INSTRUCTOR)
        assert has_role(user, Role.PLANNER)
        assert not has_role(user, Role.MANAGER)


def test_reader_without_name_or_role_asks_nothing_more(
    django_assert_num_queries: Any,
) -> None:
    made = make_user()

    with django_assert_num_queries(1):
        user = get_user(made.pk)
        assert user is not None
        assert person_of(user) is None
        assert not has_role(user, *Role.values)


def test_ended_and_unknown_users_are_nobody() -> None:
    ended = make_user(is_active=False)

    assert get_user(ended.pk) is None
    assert get_user(ended.pk + 1000) is None


def test_password_opens_through_this_backend() -> None:
    make_user(phone="+989121112233", password="a long password of mine")

    user = authenticate(None, phone="+989121112233", password="a long password of mine")

    assert user is not None
    assert user.backend == "accounts.backends.AuthenticationBackend"
