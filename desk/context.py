"""What the header of every page knows about the reader."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.access import STAFF_ROLES, has_role
from accounts.models import Role

_PLACES = (
    ("/staff/", "staff"),
    ("/teach/", "teach"),
    ("/consulting/", "consulting"),
    ("/bookings/", "bookings"),
    ("/calendar/", "bookings"),
    ("/accounts/", "sign_in"),
    ("/courses/", "home"),
    ("/runs/", "home"),
)
_TEACHING_ROLES = (Role.INSTRUCTOR, Role.CONSULTANT)


@dataclass(frozen=True)
class Nav:
    """Which links the header shows, and which of them is here."""

    here: str = ""
    signed_in: bool = False
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
    here = _here(request.path)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Nav(here=here, sign_in_url=_address("account_request_login_code"))
    return Nav(
        here=here,
        signed_in=True,
        works_here=has_role(user, *STAFF_ROLES),
        teaches=has_role(user, *_TEACHING_ROLES),
        sign_out_url=_address("account_logout"),
    )


def _here(path: str) -> str:
    if path == "/":
        return "home"
    return next((place for start, place in _PLACES if path.startswith(start)), "")


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
