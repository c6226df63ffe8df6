"""Private calendar addresses: made, shown once, silenced."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import person_of, person_required
from accounts.models import Person
from booking.models import Room
from desk.feeds import PERSON, ROOM, TEACHER
from desk.roles import planners_only
from desk.staffpage import staff_page
from notifications.feeds import create_feed, feed_url, revoke_feeds
from notifications.models import FeedToken


@dataclass(frozen=True)
class Feed:
    """One private calendar; the address only in the answer that made it."""

    kind: str
    title: str
    token: FeedToken | None
    url: str = ""

    @property
    def webcal(self) -> str:
        """The address with which a phone subscribes at a tap."""
        return "webcal:" + self.url.partition(":")[2] if self.url else ""


@never_cache
@person_required
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Shows whether there is an address; POST makes a new one or silences it."""
    person = person_of(request.user)
    if person is None:
        raise Http404
    titles = _titles(person)
    made: dict[str, str] = {}
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in titles:
            raise Http404
        made[kind] = _answer(request, kind, person.pk, timezone.now())
        if not made[kind]:
            return redirect("desk:calendar")
    feeds = [
        _feed(kind, person.pk, title, made.get(kind, ""))
        for kind, title in titles.items()
    ]
    return render(request, "desk/bookings/calendar.html", {"feeds": feeds})


@never_cache
@planners_only
@require_http_methods(["GET", "POST"])
def room_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The calendar of a room, for a screen beside its door; made and silenced here."""
    room = get_object_or_404(Room, pk=pk)
    url = ""
    if request.method == "POST":
        url = _answer(request, ROOM, room.pk, timezone.now())
        if not url:
            return redirect("desk:staff_room_calendar", room.pk)
    context = {"room": room, "feed": _feed(ROOM, room.pk, room.name, url)}
    return staff_page(request, "desk/staff/room_calendar.html", context)


def _answer(request: HttpRequest, kind: str, subject_id: int, now: dt.datetime) -> str:
    """Do what the button says; the address that was made, or nothing."""
    if request.POST.get("action") == "revoke":
        revoke_feeds(subject_kind=kind, subject_id=subject_id, now=now)
        messages.success(request, _("The address no longer answers."))
        return ""
    _token, secret = create_feed(subject_kind=kind, subject_id=subject_id, now=now)
    return feed_url(secret)


def _titles(person: Person) -> dict[str, str]:
    own = {PERSON: _("My courses and appointments")}
    try:
        is_teacher = bool(person.teaching_profile)
    except ObjectDoesNotExist:
        is_teacher = False
    if is_teacher:
        own[TEACHER] = _("The classes and consultations that I give")
    return own


def _feed(kind: str, subject_id: int, title: str, url: str) -> Feed:
    token = FeedToken.objects.active().of(kind, subject_id).first()
    return Feed(kind, title, token, url)
