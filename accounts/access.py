"""Who may do what: the questions that views ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts import hooks
from accounts.models import Person, Role, User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

STAFF_ROLES = (Role.RECEPTION, Role.PLANNER, Role.MANAGER)
# Said once in a session, «somebody else» is not asked again.
DECLINED = "claim_declined"
# Those who see other people's data only after a second factor.
GUARDED_ROLES = (*STAFF_ROLES, Role.SPONSOR)


def person_of(user: User | AnonymousUser) -> Person | None:
    """The person who signs in with this user; None before the name is told."""
    return getattr(user, "person", None)


def signed_in(request: HttpRequest) -> User:
    """The user behind a view that asks for a sign-in."""
    assert isinstance(request.user, User)  # noqa: S101 (narrows after login_required)
    return request.user


def has_role(user: User | AnonymousUser, *roles: str) -> bool:
    """Whether the user holds one of these roles; a superuser holds every role."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_superuser or not user.roles.isdisjoint(str(r) for r in roles)


def needs_second_factor(user: User | AnonymousUser) -> bool:
    """Whether this user gets nowhere without a second factor."""
    if not isinstance(user, User):
        return False
    return user.is_staff or has_role(user, *GUARDED_ROLES)


def role_required(*roles: str) -> Callable[[View[P]], View[P]]:
    """Only for these roles: others get 404, visitors are asked to sign in."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not has_role(request.user, *roles):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def person_required(view: View[P]) -> View[P]:
    """Only for those whose name is known: visitors sign in, the nameless tell it."""

    @wraps(view)
    def guarded(
        request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if person_of(request.user) is None:
            return redirect_to_login(
                request.get_full_path(), login_url=first_visit_url(request.user)
            )
        return view(request, *args, **kwargs)

    return guarded


class RoleRequiredMixin:
    """For class views: `roles = (Role.PLANNER,)`; answers like `role_required`."""

    roles: tuple[str, ...] = ()

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not has_role(request.user, *self.roles):
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


def first_visit_url(user: User) -> str:
    """Where somebody without a person goes: "is it you?", or the name.

    "" for somebody whose person is known.
    """
    if person_of(user) is not None:
        return ""
    if Person.objects.unlinked_with_phone(user.phone).exists():
        return reverse("accounts:claim")
    return reverse("accounts:name")


def go_to_claim(request: HttpRequest) -> HttpResponse | None:
    """Who was registered by others is first asked whether it is them; else None."""
    user = signed_in(request)
    if person_of(user) is not None or request.session.get(DECLINED):
        return None
    if not Person.objects.unlinked_with_phone(user.phone).exists():
        return None
    return redirect(with_next(first_visit_url(user), request.get_full_path()))


def way_to(user: User, wish: str) -> str:
    """The page that was wished for, or what comes before it on a first visit."""
    first = first_visit_url(user)
    if first == reverse("accounts:name"):
        return way_through_name(wish)
    return with_next(first, wish) if first else wish


def way_through_name(wish: str) -> str:
    """The page that asks for the name, unless the wished page asks it itself."""
    return wish if hooks.asks_name(wish) else with_next(reverse("accounts:name"), wish)


def with_next(url: str, next_url: str) -> str:
    """The address with the wish to go on to `next_url` afterwards."""
    if not next_url or next_url == settings.LOGIN_REDIRECT_URL:
        return url
    return f"{url}?{urlencode({'next': next_url})}"


def safe_next(request: HttpRequest, fallback: str = "/") -> str:
    """The `next` of this request when it is a page of this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else fallback
