"""What anybody may read: the services, and the free times of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import Person, User
from consulting.addresses import (
    choice,
    read_consultant,
    read_date,
    read_mode,
    read_moment,
)
from consulting.display import languages_of
from consulting.models import EarlierWish, Service, ServiceQuerySet
from consulting.request_words import rule_words
from consulting.slot_days import shown_days
from consulting.slots import SlotQuery, Week, days_with_free_slots, nearest_slots
from core.pages import memory
from core.pages.kept import keeps, texts
from core.pages.stamps import stamp


def services_with_details() -> ServiceQuerySet:
    """Offered services with all that their pages show."""
    return (
        Service.objects.active()
        .select_related("room")
        .prefetch_related("modes", "consultants__teaching_profile")
    )


def find_service(slug: str) -> Service:
    """An offered service with all that its page shows; else 404.

    It is read again when a text of any page changes. Inside a transaction it is read
    each time: what that one wrote may never be committed.
    """

    def read() -> Service:
        return get_object_or_404(services_with_details(), slug=slug)

    seen = None if connection.in_atomic_block else stamp()
    return memory.remembered(("service", seen, slug), read) if seen else read()


@require_GET
@keeps(texts)
def service_list(request: HttpRequest) -> HttpResponse:
    """All services, told by their problem."""
    services = services_with_details()
    return render(request, "consulting/services.html", {"services": services})


@never_cache
@require_GET
def service(request: HttpRequest, slug: str) -> HttpResponse:
    """One service: how, with whom, and the free times of the next days."""
    now = timezone.now()
    found = find_service(slug)
    mode = read_mode(found, request.GET)
    consultant = read_consultant(found, request.GET)
    query: SlotQuery = {
        "service": found,
        "mode": mode,
        "consultant": consultant,
        "now": now,
    }
    context = {
        "service": found,
        "mode": mode,
        "consultant": consultant,
        "modes": mode_chips(found, mode, consultant),
        **consultants_context(found, mode, consultant),
        "rule_words": rule_words(found),
        "wish": _own_wish(request, found),
        **slots_context(request, query),
    }
    return render(request, "consulting/service.html", context)


def _own_wish(request: HttpRequest, service: Service) -> EarlierWish | None:
    """What the reader waits for in this service, without an appointment."""
    if not isinstance(request.user, User):
        return None
    wishes = EarlierWish.objects.standing().of_user(request.user)
    return wishes.filter(service=service, reservation=None).first()


def mode_chips(
    found: Service, mode: str, consultant: int | None
) -> list[dict[str, Any]]:
    """The ways to meet, as links that keep the chosen consultant."""
    return [
        {
            "text": way.get_mode_display(),
            "query": choice(way.mode, consultant),
            "is_here": way.mode == mode,
        }
        for way in found.modes.all()
    ]


def consultants_context(
    service: Service, mode: str, consultant: int | None
) -> dict[str, Any]:
    """The consultants to choose from, and the name of whom one meets or ""."""
    chips = consultant_chips(service, mode, consultant)
    chosen = chips if len(chips) == 1 else [chip for chip in chips if chip["is_here"]]
    return {"consultants": chips, "who": str(chosen[0]["text"]) if chosen else ""}


def consultant_chips(
    found: Service, mode: str, consultant: int | None
) -> list[dict[str, Any]]:
    """The consultants with their languages, as links; "any" comes first."""
    return [
        {
            "text": person.public_name,
            "note": languages_of(person),
            "query": choice(mode, person.pk),
            "is_here": person.pk == consultant,
        }
        for person in in_name_order(found.consultants.all())
    ]


def in_name_order(people: Iterable[Person]) -> list[Person]:
    """Sorted by the public name."""
    return sorted(people, key=lambda person: person.public_name)


def slots_context(
    request: HttpRequest, query: SlotQuery, skip: dt.datetime | None = None
) -> dict[str, Any]:
    """The free times of the next days, the nearest to `?wanted=` marked.

    `skip` is a start that is not shown: the one that an appointment has now.
    """
    today = timezone.localdate(query["now"])
    from_on = read_date(request.GET.get("from", "")) or today
    wanted = read_moment(request.GET.get("wanted", ""))
    week = days_with_free_slots(max(from_on, today), **query)
    near = [s.starts_at for s in nearest_slots(wanted, **query)] if wanted else []
    if wanted in near:
        # It is free (again): nothing has to be said.
        wanted, near = None, []
    here = (query["mode"], query["consultant"])
    return {
        "days": shown_days(week.days, set(near), skip),
        "next_query": _following(week, *here),
        "first_query": choice(*here) if from_on > today else "",
        "wanted": wanted,
    }


def _following(week: Week, mode: str, consultant: int | None) -> str:
    if week.next_on is None:
        return ""
    return choice(mode, consultant, **{"from": week.next_on.isoformat()})
