"""Signing in for tests, with and without a second factor."""

from __future__ import annotations

import time

import pyotp
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from accounts.services import activate_totp, grant_role, new_totp_secret
from notifications.models import OutboxMessage
from tests.factories import make_person, make_user

DOOR = "/accounts/sign-in/"
CODE = "/accounts/sign-in/code/"


def sign_in(client: Client, user: User) -> User:
    """A session without a second factor, as an applicant or instructor has it."""
    client.force_login(user)
    session = client.session
    sessions.begin(session, timezone.now())
    session.save()
    return user


def sign_in_staff(client: Client, user: User) -> User:
    """A session in which the second factor was given."""
    sign_in(client, user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "code", "at": time.time()},
        {"method": "mfa", "at": time.time(), "type": "totp"},
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return user


def make_staff(role: str, **overrides: object) -> tuple[User, str]:
    """A user with a person, a role and a TOTP secret."""
    user = make_user(**overrides)
    make_person(user=user, contact_phone=user.phone)
    grant_role(user=user, role=role, now=timezone.now())
    secret = new_totp_secret()
    activate_totp(user=user, secret=secret)
    return user, secret


def totp(secret: str) -> str:
    """What the authenticator app shows now."""
    return pyotp.TOTP(secret).now()


def last_code(phone: str) -> str:
    """The code in the newest waiting message to this number."""
    rows = OutboxMessage.objects.filter(recipient=phone, kind__endswith="_code")
    message = rows.latest("pk")
    assert message.variables, "the message has ended"
    return message.variables["code"]
