"""What higher apps do when somebody has just signed in.

A hold is taken by the POST of the correct code, never by opening the page after it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from accounts.models import User
from core.exceptions import HidajError

AfterSignIn = Callable[[User, str, dt.datetime], None]
Landing = Callable[[User], str]


@dataclass
class _Hooks:
    after_sign_in: list[AfterSignIn] = field(default_factory=list)
    landings: list[Landing] = field(default_factory=list)
    naming_pages: set[str] = field(default_factory=set)


_hooks = _Hooks()


def register_after_sign_in(callback: AfterSignIn) -> None:
    """Have `callback(user, next_url, now)` called inside the POST that signs in.

    `next_url` is a path of this site; the callback looks whether it is one of its
    own pages. A HidajError that it raises is shown to the person and stops nothing.
    The user may have no person yet; it is called once more when they told who they
    are, so what it did already must do no harm.
    """
    if callback not in _hooks.after_sign_in:
        _hooks.after_sign_in.append(callback)


def register_landing(callback: Landing) -> None:
    """Have `callback(user)` name the page after a sign-in without a wish, or ""."""
    if callback not in _hooks.landings:
        _hooks.landings.append(callback)


def take_up(user: User, wish: str, now: dt.datetime) -> list[str]:
    """Do what somebody came for (a path of this site); gives the refusals to show.

    Called inside the POST that signs in, and inside the one that tells who they are.
    """
    refusals = []
    for callback in _hooks.after_sign_in:
        try:
            callback(user, wish, now)
        except HidajError as error:
            refusals.append(str(error))
    return refusals


def landing_of(user: User) -> str:
    """The first landing that anybody names for this user, or ""."""
    return next((url for land in _hooks.landings if (url := land(user))), "")


def register_naming_page(*view_names: str) -> None:
    """Name pages whose own form asks who the reader is: nobody is asked twice."""
    _hooks.naming_pages.update(view_names)


def asks_name(url: str) -> bool:
    """Whether a path of this site is a page that asks for the name itself."""
    try:
        return resolve(urlsplit(url).path).view_name in _hooks.naming_pages
    except Resolver404:
        return False
