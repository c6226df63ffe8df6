"""Django's sessions in the database, read with SQL that is made once.

Every page of somebody who is signed in begins with this.
"""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from core.compiled import MOMENT, TEXT, Given, Select

LIVE_SESSION = Select(
    lambda: Session.objects.filter(
        session_key=Given("key", TEXT), expire_date__gt=Given("now", MOMENT)
    )
)


class SessionStore(db.SessionStore):
    """The name is a part of the key by which sessions are signed: it is Django's."""

    def _get_session_from_db(self) -> Session | None:
        found = LIVE_SESSION.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
