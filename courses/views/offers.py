"""The link to an offered place: it acts without a sign-in, and only by POST."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.secret_links import TooMany, allow_answer, missed, too_many
from booking.exceptions import OfferGone, Overlapping
from booking.models import Offer, OfferingKind, OfferState, ReservationState
from booking.overlaps import READ_THE_NOTE
from booking.services import waiting
from core.links import digest
from courses.models import CourseRun
from courses.request_words import need_words
from courses.services.offers import accept_offer, overlap_of, reader_of


def _find(request: HttpRequest, secret: str) -> Offer:
    offers = Offer.objects.select_related("entry__party__booked_by", "offering")
    found = offers.filter(
        link_digest=digest(secret), offering__kind=OfferingKind.COURSE_RUN
    ).first()
    if found is None:
        raise missed(request)
    return found


def _state(offer: Offer, now: dt.datetime) -> str:
    """A deadline that passed counts at once, though the tick comes later."""
    if offer.state == OfferState.OPEN and offer.expires_at <= now:
        return OfferState.EXPIRED
    return offer.state


@never_cache
@require_GET
def offer(request: HttpRequest, secret: str) -> HttpResponse:
    """What is offered, until when, and the two answers."""
    now = timezone.now()
    try:
        found = _find(request, secret)
    except TooMany:
        return too_many(request)
    run = CourseRun.objects.with_details(now).get(offering=found.offering_id)
    rows = found.entry.party.reservations.select_related("person").order_by("pk")
    people = list(rows.exclude(successors__party=found.entry.party_id))
    reasons = dict.fromkeys(r for one in people for r in one.approval_reasons)
    context = {
        "offer": found,
        "secret": secret,
        "state": _state(found, now),
        "run": run,
        "people": [r.person for r in people if r.person],
        "unnamed": sum(r.person is None for r in people),
        "price": run.price_rial * found.places,
        "is_pending": any(r.state == ReservationState.PENDING for r in people),
        "overlap": overlap_of(run, people, seen_by=reader_of(found), now=now),
        "need_words": need_words(run, reasons, None, now, is_for_line=False)
        if reasons
        else [],
    }
    return render(request, "courses/offer.html", context)


def _answer(request: HttpRequest, secret: str, *, accepts: bool) -> HttpResponse:
    try:
        allow_answer(request)
        found = _find(request, secret)
    except TooMany:
        return too_many(request)
    by = request.user if isinstance(request.user, User) else None
    now = timezone.now()
    # When it is too late the page says what became of the offer.
    with suppress(OfferGone):
        if accepts:
            _accept(request, found, by, now)
        else:
            waiting.decline_offer(offer_id=found.pk, by=by, now=now)
    return redirect("courses:offer", secret)


def _accept(
    request: HttpRequest, found: Offer, by: User | None, now: dt.datetime
) -> None:
    try:
        accept_offer(
            offer_id=found.pk,
            by=by,
            now=now,
            accepts_overlap="overlap_ok" in request.POST,
            seen_by=reader_of(found),
        )
    except Overlapping:
        messages.error(request, READ_THE_NOTE)


@require_POST
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the offered place."""
    return _answer(request, secret, accepts=True)


@require_POST
def decline(request: HttpRequest, secret: str) -> HttpResponse:
    """Leave the offered place to the next in line."""
    return _answer(request, secret, accepts=False)
