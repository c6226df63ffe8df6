"""Tell me if something earlier opens: asking, answering, and no longer waiting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import first_visit_url, person_of, signed_in
from accounts.models import User
from accounts.secret_links import TooMany, allow_answer, missed, too_many
from booking.exceptions import OfferGone, Overlapping
from booking.models import OfferState
from booking.overlaps import READ_THE_NOTE
from consulting.addresses import choice, read_consultant, read_mode
from consulting.models import STANDING_WISH, EarlierOffer, EarlierWish, Meeting
from consulting.request_words import need_words
from consulting.services.earlier.answers import (
    accept_offer,
    decline_offer,
    end_wish,
    overlap_of,
)
from consulting.services.earlier.offers import meeting_of
from consulting.services.earlier.wishes import ask_for_any, ask_for_earlier
from consulting.services.eligibility import reasons_for
from consulting.views.booking import own_appointment
from consulting.views.public import services_with_details
from core.exceptions import HidajError
from core.links import digest
from core.refusals import refusals_said

OFFERS = EarlierOffer.objects.select_related(
    "party__offering",
    "wish__person",
    "wish__service",
    "wish__reservation__offering",
    "wish__reservation__party",
)


@require_POST
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Nothing is free: wait for any time of this service."""
    service = get_object_or_404(services_with_details(), slug=slug)
    mode = read_mode(service, request.POST)
    consultant = read_consultant(service, request.POST)
    page = reverse("consulting:service", args=[slug])
    page = f"{page}?{choice(mode, consultant)}"
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    user = signed_in(request)
    person = person_of(user)
    if person is None:
        return redirect_to_login(page, login_url=first_visit_url(user))
    ask_for_any(
        service_id=service.pk,
        mode=mode,
        consultant_id=consultant,
        person=person,
        by=user,
        now=timezone.now(),
    )
    messages.success(request, _("We write as soon as a time opens."))
    return redirect(page)


@login_required
@require_POST
def ask_for_appointment(request: HttpRequest, reference: str) -> HttpResponse:
    """Wait for an earlier day than that of an appointment."""
    reservation = own_appointment(request, reference)
    meeting = Meeting.objects.get(offering=reservation.offering_id)
    is_same = request.POST.get("with") == "same"
    with refusals_said(request):
        ask_for_earlier(
            reservation_id=reservation.pk,
            consultant_id=meeting.consultant_id if is_same else None,
            by=signed_in(request),
            now=timezone.now(),
        )
        messages.success(request, _("We write when an earlier time opens."))
    return redirect("consulting:done", reservation.party.reference)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not wait any longer."""
    user = signed_in(request)
    wish = get_object_or_404(
        EarlierWish.objects.of_user(user).select_related("reservation__party"), pk=pk
    )
    end_wish(wish_id=wish.pk, by=user, now=timezone.now())
    messages.success(request, _("You are not waiting for an earlier time any more."))
    if wish.reservation is not None:
        return redirect("consulting:done", wish.reservation.party.reference)
    return redirect("consulting:service", wish.service.slug)


def _find(request: HttpRequest, secret: str) -> EarlierOffer:
    found = OFFERS.filter(link_digest=digest(secret)).first()
    if found is None:
        raise missed(request)
    return found


@never_cache
@require_GET
def offer(request: HttpRequest, secret: str) -> HttpResponse:
    """Which time is kept, until when, and the two answers."""
    try:
        found = _find(request, secret)
    except TooMany:
        return too_many(request)
    has = found.wish.reservation
    context = {
        "offer": found,
        "secret": secret,
        "state": found.state_at(timezone.now()),
        "meeting": meeting_of(found),
        "wish": found.wish,
        "still_waits": found.wish.state in STANDING_WISH,
        "old": Meeting.objects.get(offering=has.offering_id) if has else None,
        "reservation": has or found.party.reservations.get(),
        "need_words": [] if has else _need_words(found),
        "overlap": overlap_of(found) if found.state == OfferState.OPEN else "",
    }
    return render(request, "consulting/earlier_offer.html", context)


def _need_words(found: EarlierOffer) -> list[str]:
    """What is said before a time is asked for about which the staff decide."""
    now, wish = timezone.now(), found.wish
    reasons = reasons_for(wish.service, wish.person, now)
    starts_at = meeting_of(found).starts_at
    return need_words(reasons, starts_at, wish.person, now) if reasons else []


Answer = Callable[[EarlierOffer, User | None, dt.datetime], object]


def _answer(request: HttpRequest, secret: str, answer: Answer) -> HttpResponse:
    try:
        allow_answer(request)
        found = _find(request, secret)
    except TooMany:
        return too_many(request)
    by = request.user if isinstance(request.user, User) else None
    try:
        answer(found, by, timezone.now())
    except OfferGone:
        # The page says what became of the offer.
        pass
    except Overlapping:
        messages.error(request, READ_THE_NOTE)
    except HidajError as refusal:
        messages.error(request, str(refusal))
    return redirect("consulting:earlier_offer", secret)


@require_POST
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the kept time."""
    return _answer(
        request,
        secret,
        lambda found, by, now: accept_offer(
            offer_id=found.pk,
            by=by,
            now=now,
            accepts_overlap="overlap_ok" in request.POST,
        ),
    )


@require_POST
def decline(request: HttpRequest, secret: str) -> HttpResponse:
    """Leave the time to the next one, and wait on."""
    return _answer(
        request,
        secret,
        lambda found, by, now: decline_offer(offer_id=found.pk, by=by, now=now),
    )


@require_POST
def stop(request: HttpRequest, secret: str) -> HttpResponse:
    """Leave the time to the next one, and do not wait any longer."""
    return _answer(
        request,
        secret,
        lambda found, by, now: end_wish(wish_id=found.wish_id, by=by, now=now),
    )
