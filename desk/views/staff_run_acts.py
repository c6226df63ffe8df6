"""Moving and ending class sessions, booking a caller, ending a place: by staff."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import safe_next
from accounts.models import Firm
from booking.models import SEATED, Reservation
from booking.services.parties import cancel_reservation
from booking.services.waiting import place_in_line
from core.refusals import refusals_in
from courses.models import ClassSession, CourseRun
from courses.services.schedule import (
    add_class_session,
    cancel_class_session,
    move_class_session,
)
from desk.callers import book_caller, queue_caller
from desk.forms.people import CallerForm
from desk.forms.runs import MoveForm, NewSessionForm, ReasonForm, next_place
from desk.roles import planners_only, staff_only
from desk.runs import told_of_session
from desk.staffpage import posted, staff_page
from desk.views.staff_runs import user_of
from persian.text import to_reader_digits

FIRMS_SHOWN = 300


def _session(pk: int) -> ClassSession:
    rows = ClassSession.objects.select_related("run__course", "run__offering", "room")
    return get_object_or_404(rows, pk=pk)


def _after(request: HttpRequest, run: CourseRun) -> str:
    """The page that led here, such as a closure, when it asked for that; or the run."""
    return safe_next(request, reverse("desk:staff_run", args=[run.code]))


def _say(request: HttpRequest, words: str, session: ClassSession) -> None:
    """What was done, with the way to whom the news of it has reached."""
    where = reverse("desk:staff_session_reach", args=[session.pk])
    link = format_html('<a href="{}">{}</a>', where, _("See whom the news has reached"))
    messages.success(request, format_html("{} {}", words, link))


@require_http_methods(["GET", "POST"])
@planners_only
def session_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time, room or instructor; the page says how many will be told."""
    session = _session(pk)
    teaching = list(session.instructors.all())
    initial = {
        "on": session.wall_on,
        "start": session.wall_start,
        "end": session.wall_end,
        "room": session.room_id,
        "instructors": teaching,
    }
    form = MoveForm(posted(request), initial=initial, teaching=teaching)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, MoveForm.ERROR_FIELDS):
            move_class_session(
                session_id=pk,
                by=user_of(request),
                now=timezone.now(),
                **form.cleaned_data,
            )
            _say(request, _("The class session is changed."), session)
            return redirect(_after(request, session.run))
    return _session_page(request, session, form, "desk/staff/session_move.html")


@require_http_methods(["GET", "POST"])
@planners_only
def session_new(request: HttpRequest, code: str) -> HttpResponse:
    """One more class session in a run, as long and with whom the last one was."""
    run = get_object_or_404(
        CourseRun.objects.select_related("course", "offering"), code=code
    )
    teaching = list(run.instructors.all())
    form = NewSessionForm(posted(request), initial=next_place(run), teaching=teaching)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, NewSessionForm.ERROR_FIELDS):
            add_class_session(
                run_id=run.pk,
                by=user_of(request),
                now=timezone.now(),
                **form.cleaned_data,
            )
            messages.success(request, _("The class session is added."))
            return redirect("desk:staff_run", code=code)
    context = {"run": run, "form": form, "told": told_of_session(run)}
    return staff_page(request, "desk/staff/session_new.html", context)


@require_http_methods(["GET", "POST"])
@planners_only
def session_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call off a class session with a reason that everyone reads."""
    session = _session(pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            cancel_class_session(
                session_id=pk,
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            _say(request, _("The class session is cancelled."), session)
            return redirect(_after(request, session.run))
    return _session_page(request, session, form, "desk/staff/session_cancel.html")


def _session_page(
    request: HttpRequest,
    session: ClassSession,
    form: MoveForm | ReasonForm,
    template: str,
) -> HttpResponse:
    context = {
        "session": session,
        "run": session.run,
        "form": form,
        "told": told_of_session(session.run),
    }
    return staff_page(request, template, context)


@require_http_methods(["GET", "POST"])
@staff_only
def booking_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End one place by the centre; it goes to the waiting list at once."""
    rows = Reservation.objects.filter(state__in=SEATED).select_related(
        "person", "party", "offering__course_run__course"
    )
    booking = get_object_or_404(rows, pk=pk)
    run = getattr(booking.offering, "course_run", None)
    if run is None:
        raise Http404
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            cancel_reservation(
                reservation_id=pk,
                by=user_of(request),
                by_centre=True,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, _("The place is cancelled and the person told."))
            return redirect("desk:staff_run", code=run.code)
    context = {"booking": booking, "run": run, "form": form}
    return staff_page(request, "desk/staff/booking_cancel.html", context)


@require_http_methods(["GET", "POST"])
@staff_only
def run_book(request: HttpRequest, code: str) -> HttpResponse:
    """A place, or a turn in line, for someone on the telephone."""
    runs = CourseRun.objects.with_details(timezone.now()).public()
    run = get_object_or_404(runs, code=code)
    form = CallerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form, CallerForm.ERROR_FIELDS):
            words = _book(request, run, form)
            messages.success(request, words)
            return redirect("desk:staff_run", code=code)
    context = {
        "run": run,
        "form": form,
        "firms": Firm.objects.order_by("search_key")[:FIRMS_SHOWN],
    }
    return staff_page(request, "desk/staff/book_caller.html", context)


def _book(request: HttpRequest, run: CourseRun, form: CallerForm) -> str:
    typed = {**form.cleaned_data, "run_id": run.pk, "by": user_of(request)}
    now = timezone.now()
    if "wait" in request.POST:
        entry = queue_caller(**typed, now=now)
        if entry.number is not None:
            return _("Applied with the number %(number)s. An SMS goes out.") % {
                "number": to_reader_digits(str(entry.number))
            }
        place = place_in_line(entry)
        return _("On the waiting list, place %(place)s. An SMS goes out.") % {
            "place": to_reader_digits(str(place))
        }
    booked = book_caller(**typed, now=now)
    return _("Booked. Reference: %(reference)s. An SMS goes out.") % {
        "reference": booked.party.reference
    }
