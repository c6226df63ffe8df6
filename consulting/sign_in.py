"""The time that a visitor chose before they were sent to sign in."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qsl, urlsplit

from django.urls import Resolver404, resolve

from accounts.models import User
from consulting.addresses import read_consultant, read_mode, read_moment
from consulting.models import Service
from consulting.services.appointments import hold_slot


def take_up(user: User, next_url: str, now: dt.datetime) -> None:
    """Hold the time that `next_url`, the address of an intake form, is about.

    Called inside the POST of the correct code: opening a page changes nothing.
    Raises SlotTaken, whose sentence the person sees.
    """
    parts = urlsplit(next_url)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return
    if match.view_name != "consulting:book":
        return
    query = dict(parse_qsl(parts.query))
    starts_at = read_moment(query.get("at", ""))
    service = Service.objects.active().filter(slug=match.kwargs["slug"]).first()
    if service is None or starts_at is None:
        return
    hold_slot(
        service_id=service.pk,
        mode=read_mode(service, query),
        consultant_id=read_consultant(service, query),
        starts_at=starts_at,
        booker=user,
        now=now,
    )
