"""How bookings ended: closing a run, who came to a meeting, mending, forgiving."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import has_role, safe_next
from booking.models import OVER, Reservation, ReservationState
from booking.services.endings import end_place
from booking.services.no_shows import forgive
from consulting.services.endings import mark_came
from core.exceptions import HidajError
from core.refusals import refusals_in
from courses.models import CourseRun, RunState
from courses.services.closing import close_run, proposals
from desk.approvals import THING, title_of
from desk.forms.endings import EndForm, ForgiveForm
from desk.roles import STAFF, TEACHERS, private_to, staff_only
from desk.staffpage import posted, staff_page
from desk.views.staff_runs import user_of

PREFIX = "end-"


@require_http_methods(["GET", "POST"])
@staff_only
def run_close(request: HttpRequest, code: str) -> HttpResponse:
    """What the rule proposes for each person, to be changed and confirmed."""
    now = timezone.now()
    runs = CourseRun.objects.with_details(now).filter(state=RunState.PUBLISHED)
    run = get_object_or_404(runs, code=code)
    if run.last_session_at > now:
        messages.info(request, _("This run is not over yet."))
        return redirect("desk:staff_run", code=code)
    if request.method == "POST" and "close" in request.POST:
        close_run(run_id=run.pk, by=user_of(request), now=now, ends=_typed(request))
        messages.success(
            request, _("The run is closed; who did not come is told by SMS.")
        )
        return redirect("desk:staff_run", code=code)
    context = {
        "run": run,
        "rows": proposals(run),
        "ends": _ends(),
        "complete_percent": settings.HIDAJ_COMPLETE_PERCENT,
        "close_days": settings.HIDAJ_CLOSE_RUN_DAYS,
    }
    return staff_page(request, "desk/staff/run_close.html", context)


def _ends() -> list[tuple[str, str]]:
    return [(state.value, str(state.label)) for state in OVER]


def _typed(request: HttpRequest) -> dict[int, str]:
    """The chosen ends by the key of the reservation."""
    return {
        int(name.removeprefix(PREFIX)): str(value)
        for name, value in request.POST.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).isdecimal()
    }


def _ended(pk: int) -> Reservation:
    """A place whose end may be written or mended: its thing has begun; else 404."""
    rows = Reservation.objects.filter(
        state__in=[*OVER, ReservationState.CONFIRMED],
        offering__starts_at__lte=timezone.now(),
    )
    return get_object_or_404(rows.select_related("person", "party", *THING), pk=pk)


def _back_of(reservation: Reservation) -> str:
    run = getattr(reservation.offering, "course_run", None)
    if run is not None:
        return reverse("desk:staff_run", args=[run.code])
    return reverse("consulting:staff_meeting", args=[reservation.offering.meeting.pk])


@require_http_methods(["GET", "POST"])
@staff_only
def booking_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Mend how a booking ended, with a reason."""
    booking = _ended(pk)
    form = EndForm(posted(request), initial={"end": booking.state})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            end_place(
                reservation_id=pk,
                to=form.cleaned_data["end"],
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, _("Written down."))
            return redirect(_back_of(booking))
    return _page(request, "desk/staff/booking_end.html", booking, form)


@require_http_methods(["GET", "POST"])
@staff_only
def booking_forgive(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not count a no-show any more; it stays written down."""
    booking = _ended(pk)
    if booking.state != ReservationState.NO_SHOW or booking.person is None:
        raise Http404
    form = ForgiveForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            forgive(
                reservation_id=pk,
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, _("Forgiven; the person is told by SMS."))
            return redirect("desk:staff_person", pk=booking.person.pk)
    return _page(request, "desk/staff/booking_forgive.html", booking, form)


def _page(
    request: HttpRequest,
    template: str,
    booking: Reservation,
    form: EndForm | ForgiveForm,
) -> HttpResponse:
    context = {
        "booking": booking,
        "title": title_of(booking),
        "back_url": _back_of(booking),
        "form": form,
    }
    return staff_page(request, template, context)


@require_POST
@private_to(*TEACHERS, *STAFF)
def came(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap: somebody came to their appointment, or did not."""
    rows = Reservation.objects.filter(offering__meeting__isnull=False)
    booking = get_object_or_404(rows.select_related("offering__meeting"), pk=pk)
    user = user_of(request)
    is_staff = has_role(user, *STAFF)
    consultant = booking.offering.meeting.consultant
    if not is_staff and consultant.user_id != user.pk:
        raise Http404
    answer = request.POST.get("came", "")
    back = safe_next(request, reverse("desk:teach") if not is_staff else "")
    back = back or _back_of(booking)
    if answer not in ("yes", "no"):
        return redirect(back)
    try:
        mark_came(reservation_id=pk, came=answer == "yes", by=user, now=timezone.now())
    except HidajError as error:
        messages.error(request, str(error))
    return redirect(back)
