"""What the header of every page knows about the reader."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Role, RoleGrant

_PLACES = (
    ("/staff/", "staff"),
    ("/teach/", "teach"),
    ("/consulting/", "consulting"),
    ("/my/", "bookings"),
    ("/accounts/", "sign_in"),
    ("/courses/", "home"),
    ("/runs/", "home"),
)
_DESK_ROLES = {Role.RECEPTION, Role.PLANNER, Role.MANAGER, Role.SPONSOR}
_TEACHING_ROLES = {Role.INSTRUCTOR, Role.CONSULTANT}


@dataclass(frozen=True)
class Nav:
    """Which links the header shows, and which of them is here."""

    here: str = ""
    signed_in: bool = False
    roles: frozenset[str] = field(default_factory=frozenset)
    works_here: bool = False
    teaches: bool = False
    staff_url: str = "/staff/"
    teach_url: str = "/teach/"
    sign_in_url: str = ""
    sign_out_url: str = ""


def nav(request: HttpRequest) -> dict[str, object]:
    """One query for a signed-in reader, none for the others.

    Nothing is asked before the header is drawn: an error page must not touch a
    database that may be the very thing that failed.
    """
    return {"nav": SimpleLazyObject(lambda: _nav(request))}


def _nav(request: HttpRequest) -> Nav:
    user = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)
    roles = _roles_of(user.pk) if user and signed_in else frozenset()
    return Nav(
        here=_here(request.path),
        signed_in=signed_in,
        roles=roles,
        works_here=bool(roles & _DESK_ROLES),
        teaches=bool(roles & _TEACHING_ROLES),
        sign_in_url=_address("account_request_login_code"),
        sign_out_url=_address("account_logout"),
    )


def _roles_of(user_id: int) -> frozenset[str]:
    grants = RoleGrant.objects.filter(user_id=user_id)
    return frozenset(grants.values_list("role", flat=True))


def _here(path: str) -> str:
    if path == "/":
        return "home"
    return next((place for start, place in _PLACES if path.startswith(start)), "")


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
