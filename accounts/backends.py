"""Who signs in, and what each page reads of whoever is signed in."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import (
    AuthenticationBackend as AllauthBackend,
)
from django.db.models import F

from accounts.models import User
from core.compiled import KEY, Given, Select

# A row for each role, one for somebody without any; never more than a few.
READER = Select(
    lambda: (
        User.objects.select_related("person__firm")
        .annotate(granted=F("role_grants__role"))
        .filter(pk=Given("user", KEY))
    )
)


class AuthenticationBackend(AllauthBackend):
    """allauth's, which reads the user together with person, firm and roles.

    Every page of somebody who is signed in asks for them: one statement, not four.
    """

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session; None for one who may not sign in any more."""
        rows: list[Any] = READER(user=user_id)
        if not rows:
            return None
        user: User = rows[0]
        user.roles = frozenset(row.granted for row in rows if row.granted)
        return user if self.user_can_authenticate(user) else None
