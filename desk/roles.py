"""Which roles open which of the desk's pages; everybody else finds nothing there."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.access import View, has_role, role_required
from accounts.models import Role, User

P = ParamSpec("P")

STAFF = (Role.RECEPTION, Role.PLANNER, Role.MANAGER)
PLANNERS = (Role.PLANNER, Role.MANAGER)
TEACHERS = (Role.INSTRUCTOR, Role.CONSULTANT)


def private_to(*roles: str) -> Callable[[View[P]], View[P]]:
    """Only for these roles, and never kept by a browser that others use too."""

    def decorate(view: View[P]) -> View[P]:
        return never_cache(role_required(*roles)(view))

    return decorate


staff_only = private_to(*STAFF)
planners_only = private_to(*PLANNERS)
teachers_only = private_to(*TEACHERS)


def first_page(user: User) -> str:
    """Where somebody who works here begins after signing in; "" for applicants."""
    if has_role(user, *STAFF):
        return reverse("desk:staff_board")
    return reverse("desk:teach") if has_role(user, *TEACHERS) else ""
