"""How a wished time stands in an address: readable, and never trusted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse

from consulting.models import Service

FORMAT = "%Y%m%dT%H%MZ"
# Arithmetic near the ends of what Python can count would fail.
YEARS = range(2000, 2200)


def write_moment(moment: dt.datetime) -> str:
    """20261124T0530Z."""
    return moment.astimezone(dt.UTC).strftime(FORMAT)


def read_moment(text: str) -> dt.datetime | None:
    """The moment (UTC) of such a text; None when it is none."""
    try:
        moment = dt.datetime.strptime(text[:20], FORMAT).replace(tzinfo=dt.UTC)
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def read_date(text: str) -> dt.date | None:
    """A date of an address such as 2026-11-28; None when it is none."""
    try:
        date = dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
    return date if date.year in YEARS else None


def read_consultant(service: Service, query: Mapping[str, str]) -> int | None:
    """The chosen consultant of a service; None is "any of them"."""
    text = query.get("consultant", "")
    if not text.isdecimal() or len(text) > 12:
        return None
    known = {person.pk for person in service.consultants.all()}
    return int(text) if int(text) in known else None


def read_mode(service: Service, query: Mapping[str, str]) -> str:
    """The chosen mode, or the first that the service has; "" when it has none."""
    modes = [way.mode for way in service.modes.all()]
    chosen = query.get("mode", "")
    return chosen if chosen in modes else next(iter(modes), "")


def choice(mode: str, consultant_id: int | None, **more: str) -> str:
    """The query of a choice, to be put behind an address."""
    words = {"mode": mode, "consultant": str(consultant_id or ""), **more}
    return urlencode({name: word for name, word in words.items() if word})


def book_url(
    service: Service, mode: str, consultant_id: int | None, starts_at: dt.datetime
) -> str:
    """The intake form of one time."""
    query = choice(mode, consultant_id, at=write_moment(starts_at))
    return f"{reverse('consulting:book', args=[service.slug])}?{query}"
