"""What anybody may read: the services, and the free times of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import Person, User
from consulting.addresses import (
    choice,
    read_consultant,
    read_date,
    read_mode,
    read_moment,
    write_moment,
)
from consulting.display import languages_of
from consulting.models import EarlierWish, Service, ServiceQuerySet
from consulting.request_words import rule_words
from consulting.slots import Day, SlotQuery, Week, days_with_free_slots, nearest_slots
from core.pages.kept import keeps, texts

# So many times of a day are seen at a glance.
FEW = 6
NOON, EVENING = 12, 17


def services_with_details() -> ServiceQuerySet:
    """Offered services with all that their pages show."""
    return (
        Service.objects.active()
        .select_related("room")
        .prefetch_related("modes", "consultants__teaching_profile")
    )


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
    found = get_object_or_404(services_with_details(), slug=slug)
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
        "days": day_rows(week.days, set(near), skip),
        "next_query": _following(week, *here),
        "first_query": choice(*here) if from_on > today else "",
        "wanted": wanted,
    }


def day_rows(
    days: Iterable[Day], near: set[dt.datetime], skip: dt.datetime | None = None
) -> list[dict[str, Any]]:
    """Days and times as `components/slots.html` takes them."""
    rows = [_day_row(day, near, skip) for day in days]
    shown = [row for row in rows if row["count"]]
    for number, row in enumerate(shown):
        # The first day is open, and wherever one of the nearest times is.
        row["is_open"] = number == 0 or row["has_near"] or row["count"] <= FEW
    return shown


def _day_row(
    day: Day, near: set[dt.datetime], skip: dt.datetime | None
) -> dict[str, Any]:
    slots = [slot.starts_at for slot in day.slots if slot.starts_at != skip]
    parts: dict[str, list[dict[str, Any]]] = {}
    for starts_at in slots:
        parts.setdefault(_part_of_day(starts_at), []).append(
            {
                "value": write_moment(starts_at),
                "time": starts_at,
                "is_near": starts_at in near,
            }
        )
    # Few times need no headings.
    few = len(slots) <= FEW or len(parts) == 1
    groups = [("", [s for p in parts.values() for s in p])] if few else parts.items()
    return {
        "day": day.on,
        "count": len(slots),
        "has_near": not near.isdisjoint(slots),
        "parts": [{"name": name, "slots": found} for name, found in groups],
    }


def _part_of_day(moment: dt.datetime) -> str:
    hour = timezone.localtime(moment).hour
    if hour < NOON:
        return _("Morning")
    return _("Afternoon") if hour < EVENING else _("Evening")


def _following(week: Week, mode: str, consultant: int | None) -> str:
    if week.next_on is None:
        return ""
    return choice(mode, consultant, **{"from": week.next_on.isoformat()})
