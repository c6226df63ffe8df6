"""Places by staff: who comes, and moving somebody to another run."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.models import Reservation
from booking.services.naming import NAMEABLE, PASSABLE
from core.exceptions import HidajError
from core.refusals import refusals_in
from courses.models import CourseRun
from courses.services.naming import name_by_centre
from courses.services.transfers import move_enrolments, runs_to_move_to
from desk.forms.places import CentreMoveForm, CentreNameForm
from desk.roles import staff_only
from desk.staffpage import posted, staff_page
from desk.views.staff_runs import user_of


def _place(pk: int) -> tuple[Reservation, CourseRun]:
    """A place of a run that somebody stands on; raises Http404."""
    rows = Reservation.objects.filter(state__in=NAMEABLE).select_related(
        "person", "party__booked_by__person", "offering__course_run__course"
    )
    booking = get_object_or_404(rows, pk=pk)
    run = getattr(booking.offering, "course_run", None)
    if run is None:
        raise Http404
    return booking, run


@require_http_methods(["GET", "POST"])
@staff_only
def booking_name(request: HttpRequest, pk: int) -> HttpResponse:
    """Write who comes on a place, or give it to another person, at any time."""
    booking, run = _place(pk)
    if booking.person is not None and booking.state not in PASSABLE:
        raise Http404
    form = CentreNameForm(posted(request), run=run)
    if form.is_bound and form.is_valid():
        with refusals_in(form):
            name_by_centre(
                reservation_id=pk,
                by=user_of(request),
                now=timezone.now(),
                **form.cleaned_data,
            )
            messages.success(request, _("The name is written and the person told."))
            return redirect("desk:staff_run", code=run.code)
    context = {"booking": booking, "run": run, "form": form}
    return staff_page(request, "desk/staff/booking_name.html", context)


@require_http_methods(["GET", "POST"])
@staff_only
def booking_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move one place to another run of the course, with a reason."""
    now = timezone.now()
    booking, run = _place(pk)
    runs = runs_to_move_to(run, places=1, now=now, by_centre=True)
    form = CentreMoveForm(posted(request), runs=runs)
    if form.is_bound and form.is_valid():
        moved = _try_move(request, booking, form, now)
        if moved is not None:
            messages.success(request, _("The place is moved and the person told."))
            return redirect("desk:staff_run", code=form.cleaned_data["run"].code)
    context = {"booking": booking, "run": run, "form": form, "runs": runs}
    return staff_page(request, "desk/staff/booking_move.html", context)


def _try_move(
    request: HttpRequest, booking: Reservation, form: CentreMoveForm, now: dt.datetime
) -> Reservation | None:
    try:
        return move_enrolments(
            reservation_ids=[booking.pk],
            to_run_id=form.cleaned_data["run"].pk,
            by=user_of(request),
            now=now,
            by_centre=True,
            reason=form.cleaned_data["reason"],
        )[0]
    except HidajError as error:
        form.add_error(None, str(error))
        return None
