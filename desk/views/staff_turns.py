"""One turn in the line of a run: the word of a caller, more time, its end; by staff."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from booking.exceptions import Overlapping
from booking.line import own_line
from booking.models import (
    OPEN_ENTRY,
    EntryState,
    Offer,
    OfferingKind,
    WaitingEntry,
)
from booking.overlaps import READ_THE_NOTE
from booking.services.line_acts import extend_offer, let_offer_pass, withdraw_entry
from booking.services.waiting import decline_offer
from core.exceptions import HidajError
from core.refusals import refusals_in
from courses.models import CourseRun
from courses.services.offers import accept_offer, overlap_of
from desk.forms.runs import ReasonForm
from desk.forms.turns import DeadlineForm
from desk.roles import staff_only
from desk.staffpage import staff_page
from desk.views.staff_runs import user_of

ANSWERS = {
    "accept": gettext_lazy("The place is taken for them; an SMS goes out."),
    "decline": gettext_lazy("They are off the list; the next one is asked."),
    "pass": gettext_lazy("They wait on; the next one is asked."),
}


def _entry(pk: int) -> WaitingEntry:
    entries = WaitingEntry.objects.select_related("party", "offering").filter(
        offering__kind=OfferingKind.COURSE_RUN
    )
    return get_object_or_404(entries, pk=pk)


def _open_offer(entry: WaitingEntry) -> Offer | None:
    return Offer.objects.open().filter(entry=entry).first()


@require_GET
@staff_only
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """A party in line: where it stands, and what can be done for it."""
    return _page(request, _entry(pk))


def _page(
    request: HttpRequest,
    entry: WaitingEntry,
    *,
    deadline: DeadlineForm | None = None,
    reason: ReasonForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    offer = _open_offer(entry)
    run = CourseRun.objects.select_related("course").get(offering=entry.offering)
    people = list(entry.party.reservations.select_related("person").order_by("pk"))
    context = {
        "entry": entry,
        "run": run,
        "people": people,
        "line": own_line(entry, now),
        "offer": offer,
        "overlap": overlap_of(run, people, seen_by=None, now=now) if offer else "",
        "is_late": offer is not None and offer.expires_at <= now,
        "is_open": entry.state in OPEN_ENTRY,
        "is_applied": entry.state == EntryState.APPLIED,
        "deadline": deadline or _deadline_form(offer),
        "reason": reason or ReasonForm(),
    }
    return staff_page(request, "desk/staff/turn.html", context)


def _deadline_form(offer: Offer | None) -> DeadlineForm:
    """Begins a day later than the deadline that stands."""
    if offer is None:
        return DeadlineForm()
    later = timezone.localtime(offer.expires_at + dt.timedelta(days=1))
    return DeadlineForm(initial={"on": later.date(), "at": later.time()})


def _to_line(entry: WaitingEntry) -> HttpResponse:
    run = CourseRun.objects.get(offering=entry.offering)
    return redirect("desk:staff_run", code=run.code)


@require_POST
@staff_only
def turn_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer of somebody who called instead of opening the link."""
    entry = _entry(pk)
    offer = _open_offer(entry)
    words = ANSWERS.get(request.POST.get("answer", ""))
    if offer is None or words is None:
        messages.error(request, _("This offer is no longer open."))
        return redirect("desk:staff_turn", pk=pk)
    try:
        _answer(request, offer)
    except Overlapping:
        messages.error(request, READ_THE_NOTE)
        return redirect("desk:staff_turn", pk=pk)
    except HidajError as error:
        messages.error(request, str(error))
        return redirect("desk:staff_turn", pk=pk)
    messages.success(request, str(words))
    return _to_line(entry)


def _answer(request: HttpRequest, offer: Offer) -> None:
    """Pass on what was said, one of ANSWERS."""
    by, now = user_of(request), timezone.now()
    if request.POST["answer"] == "accept":
        is_meant = "overlap_ok" in request.POST
        accept_offer(offer_id=offer.pk, by=by, now=now, accepts_overlap=is_meant)
    elif request.POST["answer"] == "decline":
        decline_offer(offer_id=offer.pk, by=by, now=now)
    else:
        let_offer_pass(offer_id=offer.pk, by=by, now=now)


@require_POST
@staff_only
def turn_extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an offer a later deadline."""
    entry = _entry(pk)
    form = DeadlineForm(request.POST)
    offer = _open_offer(entry)
    if offer is not None and form.is_valid():
        with refusals_in(form, {"until": "on"}):
            extend_offer(
                offer_id=offer.pk,
                until=form.until,
                by=user_of(request),
                now=timezone.now(),
            )
            messages.success(request, _("The deadline is later now; an SMS goes out."))
            return _to_line(entry)
    return _page(request, entry, deadline=form)


@require_POST
@staff_only
def turn_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End a turn, with a reason that its people read."""
    entry = _entry(pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        with refusals_in(form, "reason"):
            withdraw_entry(
                entry_id=pk,
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(request, _("The turn is ended and its people are told."))
            return _to_line(entry)
    return _page(request, entry, reason=form)
