"""Runs inside a live site: sessions for a test's clients."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in(phones: Sequence[str]) -> None:
    """Print a session key for the user of each number, made when missing."""
    for phone in phones:
        user = User.objects.filter(phone=phone).first()
        session = SessionStore()
        user = user or User.objects.create_user(phone)
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = BACKEND
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        print(session.session_key)
