"""My bookings: what was booked, and what one can still do about it."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import person_of, person_required
from accounts.models import User
from booking.exceptions import Overlapping
from booking.line import entry_of, own_line
from booking.models import Reservation, ReservationState
from booking.overlaps import READ_THE_NOTE
from booking.services.line_acts import leave_alone
from booking.services.parties import cancel_reservation
from booking.services.waiting import (
    decline_offer,
    leave_list,
    waiting_reservations,
)
from consulting.calendars import entry as meeting_entry
from consulting.models import EarlierWish
from core.exceptions import HidajError
from core.refusals import refusals_said
from courses.calendars import reservation_entries as class_entries
from courses.services.offers import accept_offer, overlap_of
from desk.booking_access import Access, access_to
from desk.booking_history import history
from desk.bookings import Booking, bookings_of, read, waiting_entry_of
from desk.confirmations import may_resend, resend_confirmation
from desk.late import late_for
from desk.views.offline import SHARED, readable_offline
from notifications.calendars import CalendarEntry, publish_file


@never_cache
@require_GET
def my_bookings(request: HttpRequest) -> HttpResponse:
    """Everything upcoming and past, each person separately."""
    if not request.user.is_authenticated:
        return render(request, "desk/bookings/visitor.html")
    return _my_bookings(request)


@person_required
def _my_bookings(request: HttpRequest) -> HttpResponse:
    if not isinstance(request.user, User):
        raise Http404
    now = timezone.now()
    wishes = EarlierWish.objects.standing().of_user(request.user)
    context = {
        "now": now,
        "is_shared": bool(request.COOKIES.get(SHARED)),
        "groups": bookings_of(request.user, now),
        "wishes": wishes.select_related(
            "service", "person", "consultant__teaching_profile"
        ).order_by("pk"),
    }
    response = render(request, "desk/bookings/list.html", context)
    return readable_offline(request, response)


def _open(
    request: HttpRequest, reference: str, now: dt.datetime
) -> tuple[Access, list[Booking]]:
    """The reader's part of a booking; raises Http404."""
    access = access_to(request, reference, now)
    return access, read(access.reservations, now)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """A visitor may be the booking's owner; whether it exists is not told."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.get_full_path())


def _covers_party(bookings: list[Booking]) -> bool:
    """Whether the reader decides for everybody who was booked together."""
    return len(bookings) == bookings[0].reservation.party.size


@never_cache
@require_GET
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    """One booking: when, where, how much, what happened, and what can be done."""
    now = timezone.now()
    try:
        access, bookings = _open(request, reference, now)
    except Http404:
        return _sign_in_first(request)
    first = bookings[0]
    context = {
        "first": first,
        "bookings": bookings,
        "access": access,
        "covers_party": _covers_party(bookings),
        "waits": any(b.is_waiting for b in bookings),
        "line": own_line(entry_of(first.reservation.party), now),
        "can_resend": not access.is_limited and any(map(may_resend, bookings)),
        "has_dates": any(b.is_confirmed or b.is_used for b in bookings),
        "price": sum(
            b.reservation.price_rial for b in bookings if b.is_used or not b.is_ended
        ),
        "histories": [(b, history(b)) for b in bookings],
        "move_url": _move_url(first, access),
        "is_booker": _is_booker(first, access),
        "overlap": _overlap(first, access, now),
        "moved_to": _moved_to(bookings, access),
        "unnamed": sum(b.reservation.person is None for b in bookings if b.is_live),
        "live": [b for b in bookings if b.is_confirmed and not b.is_past],
        "may_be_late": first.is_confirmed and late_for(first.reservation, now),
    }
    return render(request, "desk/bookings/booking.html", context)


def _is_booker(booking: Booking, access: Access) -> bool:
    """Whether the reader decides who comes on the places of the party."""
    is_theirs = booking.reservation.party.booked_by == access.by
    return is_theirs and not access.is_limited and booking.run is not None


def _moved_to(bookings: list[Booking], access: Access) -> str:
    """The reference of the booking that took the place of this one, if any did."""
    if access.is_limited or any(not one.is_ended for one in bookings):
        return ""
    party = bookings[0].reservation.party_id
    moved = Reservation.objects.filter(previous__party=party).exclude(party=party)
    return moved.values_list("party__reference", flat=True).first() or ""


def _overlap(booking: Booking, access: Access, now: dt.datetime) -> str:
    """What the reader may know of other bookings at the time of an offered place."""
    run, offer = booking.run, booking.offer
    if run is None or offer is None or access.is_limited or access.by is None:
        return ""
    places = waiting_reservations(offer.entry)
    return overlap_of(run, places, seen_by=access.by, now=now)


def _move_url(booking: Booking, access: Access) -> str:
    """Where a booking gets another time, while its person may still do so."""
    can_move = booking.is_confirmed and booking.can_cancel
    if access.is_limited or not can_move:
        return ""
    if booking.meeting is None:
        pk = booking.reservation.pk
        return reverse("desk:move_place", args=[booking.reference, pk])
    return reverse("consulting:move", args=[booking.reference])


def _one(bookings: list[Booking], pk: int) -> Booking:
    found = next((b for b in bookings if b.reservation.pk == pk), None)
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """The rule first, then the button."""
    now = timezone.now()
    access, bookings = _open(request, reference, now)
    chosen = _one(bookings, pk)
    if not chosen.is_endable:
        messages.info(request, _("There is nothing left to cancel."))
        return redirect("desk:booking", reference)
    error = ""
    if request.method == "POST":
        try:
            cancel_reservation(reservation_id=pk, by=access.by, now=now)
        except HidajError as refusal:
            error = str(refusal)
        else:
            messages.success(request, _("The booking is cancelled."))
            return redirect("desk:booking", reference)
    context = {"booking": chosen, "error": error}
    return render(request, "desk/bookings/cancel.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, reference: str) -> HttpResponse:
    """Give up the turn in the line, for everybody who waits together."""
    now = timezone.now()
    access, bookings = _open(request, reference, now)
    first = bookings[0]
    entry = waiting_entry_of(first.reservation)
    if entry is None or not first.is_waiting or not _covers_party(bookings):
        raise Http404
    if request.method == "POST":
        leave_list(entry_id=entry.pk, by=access.by, now=now)
        messages.success(request, _("You are off the waiting list."))
        return redirect("desk:booking", reference)
    return render(request, "desk/bookings/leave.html", {"booking": first})


@never_cache
@require_http_methods(["GET", "POST"])
def leave_one(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """One of those who wait together gives up; the others keep their turn."""
    now = timezone.now()
    access, bookings = _open(request, reference, now)
    chosen = _one(bookings, pk)
    if not chosen.is_waiting:
        messages.info(request, _("There is nothing left to cancel."))
        return redirect("desk:booking", reference)
    if request.method == "POST":
        with refusals_said(request):
            leave_alone(reservation_id=pk, by=access.by, now=now)
            messages.success(
                request, _("They no longer wait; the others keep the turn.")
            )
        return redirect("desk:booking", reference)
    context = {"booking": chosen, "alone": True}
    return render(request, "desk/bookings/leave.html", context)


@require_POST
def answer_offer(request: HttpRequest, reference: str) -> HttpResponse:
    """Accept or decline the place that is kept for those in line."""
    now = timezone.now()
    access, bookings = _open(request, reference, now)
    offer = bookings[0].offer
    if access.is_limited or not _covers_party(bookings):
        raise Http404
    if offer is None:
        messages.error(request, _("This offer is no longer open."))
        return redirect("desk:booking", reference)
    try:
        if request.POST.get("answer") == "accept":
            got = accept_offer(
                offer_id=offer.pk,
                by=access.by,
                now=now,
                accepts_overlap="overlap_ok" in request.POST,
                seen_by=access.by,
            )
            messages.success(request, _accepted_words(got))
        else:
            decline_offer(offer_id=offer.pk, by=access.by, now=now)
            messages.success(request, _("You declined the place."))
    except Overlapping:
        messages.error(request, READ_THE_NOTE)
    except HidajError as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:booking", reference)


def _accepted_words(reservations: list[Reservation]) -> str:
    if any(r.state == ReservationState.PENDING for r in reservations):
        return _("The place is kept for you; the centre decides and answers by SMS.")
    return _("The place is yours.")


@require_POST
def resend(request: HttpRequest, reference: str) -> HttpResponse:
    """Send the confirmations of a booking once more, to the reader's own number."""
    now = timezone.now()
    access, bookings = _open(request, reference, now)
    if access.is_limited or access.by is None:
        raise Http404
    person = person_of(access.by)
    language = person.language if person else get_language() or "fa"
    with refusals_said(request):
        for one in filter(may_resend, bookings):
            resend_confirmation(
                booking=one, phone=access.by.phone, language=language, now=now
            )
        messages.success(request, _("The SMS is on its way."))
    return redirect("desk:booking", reference)


def _entries(booking: Booking) -> list[CalendarEntry]:
    if booking.meeting:
        return [meeting_entry(booking.reservation, booking.meeting)]
    is_firm = not (booking.is_waiting or booking.is_pending)
    return class_entries(booking.reservation) if is_firm else []


@never_cache
@require_GET
def dates_file(request: HttpRequest, reference: str) -> HttpResponse:
    """The dates of a booking, to be imported into a calendar."""
    now = timezone.now()
    _access, bookings = _open(request, reference, now)
    entries = [entry for one in bookings for entry in _entries(one)]
    if not entries:
        raise Http404
    content = publish_file(entries, bookings[0].title)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    name = bookings[0].reference
    response["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    return response
