"""How long a sign-in lasts, and what was proved in it."""

from __future__ import annotations

import datetime as dt

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts.access import has_role, needs_second_factor
from accounts.models import Role, User

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
# A session row is written at most this often for being seen.
SEEN_STEP_SECONDS = 60


def begin(session: SessionBase, now: dt.datetime) -> None:
    """Note the moment of the sign-in (aware)."""
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(now.timestamp())


def is_over(session: SessionBase, user: User, now: dt.datetime) -> bool:
    """Whether the sign-in has lasted too long, or rested too long at the desk."""
    stamp = int(now.timestamp())
    if stamp - session.get(SIGNED_IN_AT, stamp) > _longest(user).total_seconds():
        return True
    if not has_role(user, Role.RECEPTION):
        return False
    idle = dt.timedelta(minutes=settings.HIDAJ_RECEPTION_IDLE_MINUTES)
    return stamp - session.get(SEEN_AT, stamp) > idle.total_seconds()


def _longest(user: User) -> dt.timedelta:
    if needs_second_factor(user):
        return dt.timedelta(hours=settings.HIDAJ_STAFF_SESSION_HOURS)
    return dt.timedelta(days=settings.HIDAJ_SESSION_DAYS)


def note_seen(session: SessionBase, user: User, now: dt.datetime) -> None:
    """Remember that the person is there, once a minute and only where it counts."""
    stamp = int(now.timestamp())
    if SIGNED_IN_AT not in session:
        begin(session, now)
    elif stamp - session.get(SEEN_AT, 0) >= SEEN_STEP_SECONDS and has_role(
        user, Role.RECEPTION
    ):
        session[SEEN_AT] = stamp


def has_second_factor(request: HttpRequest) -> bool:
    """Whether a second factor was given in this session."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def is_fresh(request: HttpRequest, now: dt.datetime, minutes: int = 10) -> bool:
    """Whether the person proved who they are within the last minutes."""
    records = get_authentication_records(request, request.user)
    if not records:
        return False
    return now.timestamp() - max(record["at"] for record in records) < minutes * 60
