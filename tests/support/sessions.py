"""Runs inside a live site: sessions for a test's clients."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from tests.signing import make_staff

(BACKEND,) = settings.AUTHENTICATION_BACKENDS


def sign_in(phones: Sequence[str]) -> None:
    """Print a session key for the user of each number, made when missing."""
    for phone in phones:
        user = User.objects.filter(phone=phone).first()
        print(_session_of(user or User.objects.create_user(phone)).session_key)


def sign_in_staff(role: str, phone: str) -> None:
    """Print a session key for somebody of the staff who gave the second factor."""
    user, _secret = make_staff(role, phone=phone)
    session = _session_of(user)
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": time.time(), "type": "totp"}
    ]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    print(session.session_key)


def _session_of(user: User) -> SessionStore:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session
