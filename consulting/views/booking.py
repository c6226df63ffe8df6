"""From a free time to an appointment, and to another time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.access import go_to_claim, person_of, signed_in
from accounts.applicant_forms import ME
from accounts.models import User
from booking.exceptions import ApprovalNeeded, Overlapping
from booking.models import OfferingKind, Reservation, ReservationState
from booking.overlaps import overlap_words, own_overlaps
from booking.request_words import known_reasons
from booking.services.parties import may_cancel
from consulting import calendars
from consulting.addresses import (
    book_url,
    choice,
    read_consultant,
    read_mode,
    read_moment,
    write_moment,
)
from consulting.exceptions import SlotTaken, TimeMoved
from consulting.forms import IntakeForm
from consulting.models import EarlierWish, Meeting, Service
from consulting.request_words import need_words
from consulting.services.applications import (
    Wish,
    apply_for_appointment,
    moved_hold,
)
from consulting.services.appointments import hold_slot, live_hold, slot_of
from consulting.services.earlier.wishes import can_ask_for_earlier
from consulting.services.eligibility import reasons_for
from consulting.services.meetings import move_appointment
from consulting.slots import Slot, SlotQuery, nearest_slots, slots_at
from consulting.views.public import (
    consultants_context,
    services_with_details,
    slots_context,
)
from core.exceptions import HidajError

ENDED = (
    ReservationState.CANCELLED,
    ReservationState.EXPIRED,
    ReservationState.REFUSED,
    ReservationState.TRANSFERRED,
)


def _service_url(service: Service, query: str) -> str:
    return f"{reverse('consulting:service', args=[service.slug])}?{query}"


@require_POST
def hold(request: HttpRequest, slug: str) -> HttpResponse:
    """A time was tapped: keep it while the form is filled in."""
    now = timezone.now()
    service = get_object_or_404(services_with_details(), slug=slug)
    mode = read_mode(service, request.POST)
    consultant = read_consultant(service, request.POST)
    starts_at = read_moment(request.POST.get("slot", ""))
    if starts_at is None:
        return redirect(_service_url(service, choice(mode, consultant)))
    form_url = book_url(service, mode, consultant, starts_at)
    if not request.user.is_authenticated:
        return redirect_to_login(form_url)
    try:
        hold_slot(
            service_id=service.pk,
            mode=mode,
            consultant_id=consultant,
            starts_at=starts_at,
            booker=signed_in(request),
            now=now,
        )
    except SlotTaken as error:
        messages.error(request, str(error))
        query = choice(mode, consultant, wanted=write_moment(starts_at))
        return redirect(_service_url(service, query))
    return redirect(form_url)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """The intake form of one time."""
    now = timezone.now()
    service = get_object_or_404(services_with_details(), slug=slug)
    wish = _wish(request, service)
    if wish is None:
        return redirect("consulting:service", service.slug)
    claim = go_to_claim(request)
    if claim is not None:
        return claim
    user = signed_in(request)
    moved = moved_hold(wish, user, now)
    form = IntakeForm(
        request.POST or None,
        person=person_of(user),
        service=service,
        others=_others(service, wish, user, now, moved),
    )
    reasons = known_reasons(form.posted_needs)
    if not form.is_bound:
        _warn_of_overlap(form, service, wish, user)
        reasons = reasons_for(service, form.person, now)
    if request.method == "POST" and form.is_valid():
        chosen = read_moment(form.cleaned_data["at"] or "")
        chosen_wish = _chosen(wish, chosen, moved) if chosen else wish
        reservation = _try(form, chosen_wish, user, now)
        if reservation is not None:
            return redirect("consulting:done", reservation.party.reference)
        reasons = form.new_reasons or reasons
    if reasons:
        is_own = not form.is_bound or form.data.get("who") == ME
        reader = form.person if is_own else None
        form.tell_needs(reasons, need_words(reasons, wish.starts_at, reader, now))
    is_free = _is_free(service, wish, user, now)
    context = {
        "service": service,
        "wish": wish,
        "mode": dict(_modes(service)).get(wish.mode, ""),
        "form": form,
        "minutes_left": _minutes_left(user, wish, now),
        "held_until": _held_until(user, wish, now),
        "is_free": is_free and not moved,
        "moved": moved,
        "asks_staff": bool(reasons),
        "back_url": _service_url(service, choice(wish.mode, wish.consultant_id)),
    }
    return render(request, "consulting/book.html", context)


def _warn_of_overlap(
    form: IntakeForm, service: Service, wish: Wish, user: User
) -> None:
    """Say it before anything is typed; whether it counts is seen when it is sent."""
    ends_at = wish.starts_at + dt.timedelta(minutes=service.duration_minutes)
    found = own_overlaps(
        person=form.person, seen_by=user, intervals=[(wish.starts_at, ends_at)]
    )
    if found:
        form.warn_of_overlap(overlap_words(found))


def _modes(service: Service) -> list[tuple[str, str]]:
    return [(way.mode, way.get_mode_display()) for way in service.modes.all()]


def _wish(request: HttpRequest, service: Service) -> Wish | None:
    starts_at = read_moment(request.GET.get("at", ""))
    if starts_at is None:
        return None
    return Wish(
        service_id=service.pk,
        mode=read_mode(service, request.GET),
        consultant_id=read_consultant(service, request.GET),
        starts_at=starts_at,
    )


def _held_until(user: User, wish: Wish, now: dt.datetime) -> dt.datetime | None:
    """Until when this very time is kept for the user; None when it is not."""
    party = live_hold(user, now)
    if party is None:
        return None
    meeting = party.offering.meeting
    wanted = (wish.service_id, wish.mode, wish.starts_at)
    is_same = (meeting.service_id, meeting.mode, meeting.starts_at) == wanted
    return party.held_until if is_same else None


def _minutes_left(user: User, wish: Wish, now: dt.datetime) -> int:
    """Minutes that the hold of this very time still runs, rounded up; else 0."""
    until = _held_until(user, wish, now)
    return -((now - until) // dt.timedelta(minutes=1)) if until else 0


def _query(service: Service, wish: Wish, now: dt.datetime) -> SlotQuery:
    return {
        "service": service,
        "mode": wish.mode,
        "consultant": wish.consultant_id,
        "now": now,
    }


def _is_free(service: Service, wish: Wish, user: User, now: dt.datetime) -> bool:
    """Whether the time is kept for the user, or for nobody."""
    is_held = _minutes_left(user, wish, now) > 0
    return is_held or bool(slots_at(wish.starts_at, **_query(service, wish, now)))


def _others(
    service: Service,
    wish: Wish,
    user: User,
    now: dt.datetime,
    moved: Meeting | None,
) -> list[Slot]:
    """Free times around a wanted one that is not free any more; else none.

    An hour that the centre moved comes first, at its new time.
    """
    query = _query(service, wish, now)
    if moved is not None:
        new = slot_of(moved)
        shown = (new.starts_at, wish.starts_at)
        near = nearest_slots(wish.starts_at, **query)
        return [new, *(slot for slot in near if slot.starts_at not in shown)]
    if _is_free(service, wish, user, now):
        return []
    return nearest_slots(wish.starts_at, **query)


def _chosen(wish: Wish, starts_at: dt.datetime, moved: Meeting | None) -> Wish:
    """The wish for another time; a moved hour is taken with whoever gives it now."""
    if moved is not None and starts_at == moved.starts_at:
        return replace(wish, starts_at=starts_at, consultant_id=None)
    return replace(wish, starts_at=starts_at)


def _try(
    form: IntakeForm, wish: Wish, user: User, now: dt.datetime
) -> Reservation | None:
    """The appointment, or None with the reason in the form and the typed data kept."""
    try:
        return apply_for_appointment(
            wish=wish,
            booker=user,
            applicant=form.applicant(),
            answers=form.answers(),
            key=form.cleaned_data["key"],
            now=now,
            accepts_overlap=form.cleaned_data["overlap_ok"],
            statement=form.cleaned_data["statement"],
            told_needs=form.posted_needs,
        )
    except ApprovalNeeded as error:
        form.new_reasons = error.reasons
        form.add_error(None, str(error))
    except Overlapping as error:
        form.refuse_overlap(str(error))
    except TimeMoved as error:
        form.offer(form.others or error.nearest)
        form.add_error("at", str(error))
    except SlotTaken as error:
        form.offer(error.nearest)
        form.add_error("at" if form.others else None, str(error))
    except HidajError as error:
        form.add_error(None, str(error))
    return None


def own_appointment(request: HttpRequest, reference: str) -> Reservation:
    """An appointment that the reader made or has; else 404."""
    found = (
        Reservation.objects.filter(
            party__reference=reference.upper(),
            offering__kind=OfferingKind.MEETING,
        )
        .visible_to(signed_in(request))
        .without_holds()
        .select_related("person", "party", "offering")
        .order_by("pk")
        .first()
    )
    if found is None or found.person is None:
        raise Http404
    return found


def _meeting(reservation: Reservation) -> Meeting:
    return Meeting.objects.select_related(
        "service", "room", "consultant__teaching_profile", "offering"
    ).get(offering=reservation.offering_id)


@never_cache
@login_required
@require_GET
def done(request: HttpRequest, reference: str) -> HttpResponse:
    """What was booked, when and where, and what to bring."""
    now = timezone.now()
    reservation = own_appointment(request, reference)
    meeting = _meeting(reservation)
    is_ahead = reservation.is_live and meeting.starts_at > now
    is_pending = reservation.state == ReservationState.PENDING
    context = {
        "reservation": reservation,
        "meeting": meeting,
        "service": meeting.service,
        "is_ended": reservation.state in ENDED,
        "is_ahead": is_ahead,
        "may_change": is_ahead and not is_pending and may_cancel(meeting.offering, now),
        "is_pending": is_pending,
        "answers": reservation.intake_answers.select_related("question"),
        "wish": EarlierWish.objects.standing().filter(reservation=reservation).first(),
        "may_ask": is_ahead and can_ask_for_earlier(reservation, meeting, now),
        "has_others": meeting.service.consultants.count() > 1,
    }
    return render(request, "consulting/done.html", context)


@login_required
@require_GET
def short(request: HttpRequest, reference: str) -> HttpResponse:
    """The short address that messages carry."""
    reservation = own_appointment(request, reference)
    return redirect("consulting:done", reservation.party.reference)


@never_cache
@login_required
@require_GET
def calendar_file(request: HttpRequest, reference: str) -> HttpResponse:
    """The appointment, to be imported into a calendar."""
    reservation = own_appointment(request, reference)
    response = HttpResponse(
        calendars.appointment_file(reservation),
        content_type="text/calendar; charset=utf-8",
    )
    name = reservation.party.reference
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, reference: str) -> HttpResponse:
    """The free times once more, to move an appointment to one of them."""
    now = timezone.now()
    reservation = own_appointment(request, reference)
    meeting = _meeting(reservation)
    service = Service.objects.prefetch_related(
        "modes", "consultants__teaching_profile"
    ).get(pk=meeting.service_id)
    asked = request.POST if request.method == "POST" else request.GET
    consultant = read_consultant(service, asked)
    if "consultant" not in asked:
        consultant = meeting.consultant_id
    overlap = ""
    if request.method == "POST":
        try:
            return _move(request, reservation, consultant, now)
        except Overlapping as error:
            overlap = str(error)
    is_firm = reservation.state == ReservationState.CONFIRMED
    context: dict[str, Any] = {
        "reservation": reservation,
        "meeting": meeting,
        "service": service,
        "mode": meeting.mode,
        "consultant": consultant,
        **consultants_context(service, meeting.mode, consultant),
        "may_move": is_firm and may_cancel(meeting.offering, now),
        "overlap": overlap,
        "asked_slot": request.POST.get("slot", ""),
        "asked_at": read_moment(request.POST.get("slot", "")),
    }
    if context["may_move"]:
        query: SlotQuery = {
            "service": service,
            "mode": meeting.mode,
            "consultant": consultant,
            "now": now,
            "ignoring_block": meeting.block_id,
        }
        same = consultant in (None, meeting.consultant_id)
        skip = meeting.starts_at if same else None
        context |= slots_context(request, query, skip)
    return render(request, "consulting/move.html", context)


def _move(
    request: HttpRequest,
    reservation: Reservation,
    consultant: int | None,
    now: dt.datetime,
) -> HttpResponse:
    reference = reservation.party.reference
    here = reverse("consulting:move", args=[reference])
    starts_at = read_moment(request.POST.get("slot", ""))
    if starts_at is None:
        return redirect(here)
    try:
        move_appointment(
            reservation_id=reservation.pk,
            starts_at=starts_at,
            consultant_id=consultant,
            by=signed_in(request),
            now=now,
            accepts_overlap="overlap_ok" in request.POST,
        )
    except Overlapping:
        raise
    except SlotTaken as error:
        messages.error(request, str(error))
        query = choice("", consultant, wanted=write_moment(starts_at))
        return redirect(f"{here}?{query}")
    except HidajError as error:
        messages.error(request, str(error))
        return redirect(here)
    messages.success(request, _("The appointment has its new time."))
    return redirect("consulting:done", reference)
