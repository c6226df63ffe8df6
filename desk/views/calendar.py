"""The private calendar address: made, shown once, silenced."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import person_of, person_required
from accounts.models import Person
from desk.feeds import PERSON, TEACHER
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
    made: dict[str, str] = {}
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in _kinds(person):
            raise Http404
        if request.POST.get("action") == "revoke":
            revoke_feeds(subject_kind=kind, subject_id=person.pk, now=timezone.now())
            messages.success(request, _("The address no longer answers."))
            return redirect("desk:calendar")
        _token, secret = create_feed(
            subject_kind=kind, subject_id=person.pk, now=timezone.now()
        )
        made[kind] = feed_url(secret)
    feeds = [_feed(kind, person, made) for kind in _kinds(person)]
    return render(request, "desk/bookings/calendar.html", {"feeds": feeds})


def _kinds(person: Person) -> list[str]:
    try:
        return [PERSON, TEACHER] if person.teaching_profile else [PERSON]
    except ObjectDoesNotExist:
        return [PERSON]


def _feed(kind: str, person: Person, made: dict[str, str]) -> Feed:
    titles = {
        PERSON: _("My courses and appointments"),
        TEACHER: _("The classes and consultations that I give"),
    }
    token = FeedToken.objects.active().of(kind, person.pk).first()
    return Feed(kind, titles[kind], token, made.get(kind, ""))
