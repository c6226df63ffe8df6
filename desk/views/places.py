"""The places of a party: who comes, another run, and giving all of them up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import person_of
from accounts.models import User
from booking.exceptions import Overlapping
from booking.services.parties import cancel_party
from core.exceptions import HidajError
from courses.models import CourseRun
from courses.services.naming import name_by_booker
from courses.services.transfers import move_enrolments, runs_to_move_to
from desk.booking_access import access_to
from desk.bookings import Booking, read
from desk.forms.places import NameForm
from desk.staffpage import posted

ERROR_FIELDS = {
    "already_booked": "name",
    "no_consent": "consent",
    "no_name": "name",
    "women_only": "is_woman",
    "gender_needed": "is_woman",
}


def _bookings(
    request: HttpRequest, reference: str, now: dt.datetime, pk: int | None = None
) -> tuple[User, list[Booking]]:
    """The reader's places in a run, all or the one named; raises Http404."""
    access = access_to(request, reference, now)
    if access.is_limited or access.by is None:
        raise Http404
    found = [
        one
        for one in read(access.reservations, now)
        if one.run is not None and pk in (None, one.reservation.pk)
    ]
    if not found:
        raise Http404
    return access.by, found


def _require_booker(user: User, booking: Booking) -> None:
    """Whoever booked decides who comes; somebody else's place is not theirs to give."""
    if booking.reservation.party.booked_by_id != user.pk:
        raise Http404


def _run(booking: Booking) -> CourseRun:
    assert booking.run is not None  # noqa: S101
    return booking.run


@never_cache
@require_http_methods(["GET", "POST"])
def name_place(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Write who comes on a place, or give it to another person."""
    now = timezone.now()
    user, (booking,) = _bookings(request, reference, now, pk)
    _require_booker(user, booking)
    form = NameForm(
        posted(request),
        person=person_of(user),
        run=_run(booking),
        holder=booking.reservation.person,
    )
    if form.is_bound and form.is_valid():
        try:
            name_by_booker(
                reservation_id=pk, newcomer=form.newcomer(), by=user, now=now
            )
        except HidajError as error:
            field = ERROR_FIELDS.get(error.code)
            form.add_error(field if field in form.fields else None, str(error))
        else:
            messages.success(request, _("The name is written."))
            return redirect("desk:booking", reference)
    context = {"booking": booking, "form": form}
    return render(request, "desk/bookings/name.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def move_place(
    request: HttpRequest, reference: str, pk: int | None = None
) -> HttpResponse:
    """Take another run of the course instead: the rule, then the runs with places.

    Without a key all places of the party move together.
    """
    now = timezone.now()
    user, bookings = _bookings(request, reference, now, pk)
    bookings = [one for one in bookings if one.is_confirmed and not one.is_past]
    if not bookings:
        messages.info(request, _("There is nothing left to move."))
        return redirect("desk:booking", reference)
    if pk is None:
        _require_booker(user, bookings[0])
    error = overlap = ""
    if request.method == "POST":
        try:
            return _move(request, bookings, user, now)
        except Overlapping as warning:
            overlap = str(warning)
        except HidajError as refusal:
            error = str(refusal)
    first = bookings[0]
    runs = runs_to_move_to(_run(first), places=len(bookings), now=now)
    context: dict[str, Any] = {
        "booking": first,
        "bookings": bookings,
        "runs": runs if first.can_move else [],
        "error": error,
        "overlap": overlap,
        "asked": request.POST.get("run", ""),
    }
    return render(request, "desk/bookings/move.html", context)


def _move(
    request: HttpRequest, bookings: list[Booking], user: User, now: dt.datetime
) -> HttpResponse:
    code = request.POST.get("run", "")
    to = CourseRun.objects.public().filter(code=code).first()
    if to is None:
        return redirect(request.path)
    moved = move_enrolments(
        reservation_ids=[one.reservation.pk for one in bookings],
        to_run_id=to.pk,
        by=user,
        now=now,
        accepts_overlap="overlap_ok" in request.POST,
    )
    messages.success(request, _("The place is moved. These are the new dates."))
    return redirect("desk:booking", moved[0].party.reference)


@never_cache
@require_http_methods(["GET", "POST"])
def cancel_all(request: HttpRequest, reference: str) -> HttpResponse:
    """Give all places of a party up at once: the rule first, then the button."""
    now = timezone.now()
    user, bookings = _bookings(request, reference, now)
    _require_booker(user, bookings[0])
    places = [one for one in bookings if one.reservation.is_live and not one.is_past]
    if not places:
        messages.info(request, _("There is nothing left to cancel."))
        return redirect("desk:booking", reference)
    error = ""
    if request.method == "POST":
        try:
            cancel_party(party_id=places[0].reservation.party_id, by=user, now=now)
        except HidajError as refusal:
            error = str(refusal)
        else:
            messages.success(request, _("All places are cancelled."))
            return redirect("desk:booking", reference)
    context = {"booking": places[0], "bookings": places, "error": error}
    return render(request, "desk/bookings/cancel_all.html", context)
