"""From the button to the place: hold, form, waiting list, done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
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
from accounts.applicant_forms import ME, OTHER
from accounts.models import Firm
from booking.exceptions import (
    ApprovalNeeded,
    DrawAhead,
    Full,
    Overlapping,
    PlacesFree,
    TooFew,
)
from booking.line import entry_of, own_line, read_line, sentences
from booking.models import (
    OVER,
    ApprovalReason,
    DrawPhase,
    EntryState,
    OfferingKind,
    Party,
    Reservation,
    ReservationState,
)
from booking.overlaps import overlap_words, own_overlaps
from booking.request_words import known_reasons
from booking.services.places import may_name
from booking.services.waiting import place_in_line
from core.exceptions import HidajError
from courses import calendars
from courses.cards import RunCard, card_of
from courses.forms import ApplicationForm
from courses.forms_party import Wish, read_wish, with_fewer
from courses.models import Approval, CourseRun, Phase
from courses.own_place import OwnPlace, read_own_place
from courses.request_words import need_words
from courses.services import applications, enrolment
from courses.services.eligibility import reasons_for
from courses.views.public import (
    find_bare_run,
    find_run,
    is_bookable,
)

FIRMS_SHOWN = 300
Apply = Callable[..., Party]
APPLY_FOR_PLACE = applications.apply_for_place
ENDED = (
    ReservationState.CANCELLED,
    ReservationState.REFUSED,
    ReservationState.EXPIRED,
)
# Where a refusal belongs, by its code.
ERROR_FIELDS = {
    "gender_needed": "gender",
    "women_only": "gender",
    "cluster_only": "firm",
    "statement_needed": "statement",
}


@require_POST
def hold(request: HttpRequest, code: str) -> HttpResponse:
    """The booking button: keep a place for the time of the form."""
    now = timezone.now()
    run = find_run(request, code, now)
    form_url = reverse("courses:book", args=[run.code])
    if not request.user.is_authenticated:
        return redirect_to_login(form_url)
    try:
        enrolment.hold_place(run_id=run.pk, booker=signed_in(request), now=now)
    except Full:
        return redirect("courses:wait", run.code)
    except DrawAhead:
        return redirect("courses:apply", run.code)
    except HidajError as error:
        messages.error(request, str(error))
        return redirect("courses:run", run.code)
    return redirect(form_url)


@require_POST
@login_required
def leave(request: HttpRequest, code: str) -> HttpResponse:
    """Give the kept places back; somebody else may have them at once."""
    now = timezone.now()
    run = find_run(request, code, now)
    enrolment.give_up_hold(run_id=run.pk, booker=signed_in(request), now=now)
    messages.success(request, _("Your place is free for others again."))
    return redirect("courses:run", run.code)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, code: str) -> HttpResponse:
    """The one form of a booking."""
    now = timezone.now()
    run = find_for_form(request, code, now)
    return apply_page(request, run, APPLY_FOR_PLACE, "courses/book.html", now)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def wait(request: HttpRequest, code: str) -> HttpResponse:
    """The same form, for the waiting list of a full run."""
    now = timezone.now()
    run = find_for_form(request, code, now)
    turn = applications.apply_for_turn
    return apply_page(request, run, turn, "courses/wait.html", now)


def find_for_form(request: HttpRequest, code: str, now: dt.datetime) -> CourseRun:
    """The run of a form: all of it where it is shown, little where it is sent."""
    find = find_bare_run if request.method == "POST" else find_run
    return find(request, code, now)


def apply_page(
    request: HttpRequest,
    run: CourseRun,
    apply: Apply,
    template: str,
    now: dt.datetime,
) -> HttpResponse:
    """The form of a run, for whatever `apply` asks of it."""
    claim = go_to_claim(request)
    if claim is not None:
        return claim
    own = read_own_place(run, signed_in(request), now)
    wish = read_wish(request.POST or request.GET, run, _places_held(own, now))
    if wish.is_new and template == "courses/book.html":
        _keep(request, run, wish.places, now)
    form = _form(request, run, wish, now, has_place=own.standing is not None)
    context: dict[str, Any] = {"form": form}
    reasons = known_reasons(form.posted_needs)
    if not form.is_bound:
        _warn_of_overlap(form, run, now)
        reasons = reasons_for(run, form.person, now)
    if form.is_bound and form.is_valid():
        party = _try(apply, form, run, context, now)
        if party is not None:
            return redirect("courses:done", party.reference)
        reasons = form.new_reasons or reasons
    if request.method == "POST":
        # What was tried may have changed what is left.
        run = find_run(request, run.code, now)
        own = read_own_place(run, signed_in(request), now)
    if reasons:
        _tell_needs(form, run, reasons, now, is_for_line=apply is not APPLY_FOR_PLACE)
        context["asks_staff"] = True
    context |= _form_context(run, form, own, now)
    return render(request, template, context)


def _tell_needs(
    form: ApplicationForm,
    run: CourseRun,
    reasons: Sequence[str],
    now: dt.datetime,
    *,
    is_for_line: bool,
) -> None:
    """Why the staff decide first; missed days are named to the person alone."""
    is_own = not form.is_bound or form.data.get("who") == ME
    reader = form.person if is_own else None
    words = need_words(run, reasons, reader, now, is_for_line=is_for_line)
    is_missing = ApprovalReason.PREREQUISITE in reasons
    asks = _("What was learned of it, where and for how long?") if is_missing else ""
    form.tell_needs(reasons, words, asks=asks)


def _form(
    request: HttpRequest,
    run: CourseRun,
    wish: Wish,
    now: dt.datetime,
    *,
    has_place: bool,
) -> ApplicationForm:
    """The form of so many places; another number keeps what was typed, unchecked.

    Who `has_place` already can only book for others.
    """
    typed: QueryDict | None = request.POST if request.method == "POST" else None
    if typed is not None and "take" in typed:
        typed = with_fewer(typed, wish.places)
    known: dict[str, Any] = {"who": OTHER} if has_place else {}
    if typed is not None and wish.is_new:
        known |= {k: v for k, v in typed.dict().items() if k not in ("places", "shown")}
        typed = None
    return ApplicationForm(
        typed,
        initial=known,
        user=signed_in(request),
        person=person_of(request.user),
        run=run,
        places=wish.places,
        may_name_later=may_name(run.offering, now) and run.approval == Approval.NONE,
        may_be_several=True,
    )


def _places_held(own: OwnPlace, now: dt.datetime) -> int:
    return own.hold.size if own.hold and own.held_until(now) else 1


def _keep(request: HttpRequest, run: CourseRun, places: int, now: dt.datetime) -> None:
    """Hold another number of places; the page says what is left when that fails."""
    if request.method != "POST":
        return
    booker = signed_in(request)
    with suppress(HidajError):
        enrolment.hold_places(run_id=run.pk, booker=booker, places=places, now=now)


def _warn_of_overlap(form: ApplicationForm, run: CourseRun, now: dt.datetime) -> None:
    """Say it before anything is typed; whether it counts is seen when it is sent."""
    if form.initial.get("who") == OTHER:
        return
    found = own_overlaps(
        person=form.person,
        seen_by=form.user,
        intervals=run.intervals_after(now),
        ignoring_offering=run.offering_id,
    )
    if found:
        form.warn_of_overlap(overlap_words(found))


def _try(
    apply: Apply,
    form: ApplicationForm,
    run: CourseRun,
    context: dict[str, Any],
    now: dt.datetime,
) -> Party | None:
    """The party, or None with the reason in the form and the typed data kept."""
    try:
        return apply(
            run_id=run.pk,
            booker=form.user,
            applicant=form.applicant(),
            key=form.cleaned_data["key"],
            now=now,
            accepts_overlap=form.cleaned_data["overlap_ok"],
            told_needs=form.posted_needs,
        )
    except Overlapping as error:
        form.refuse_overlap(str(error))
        return None
    except HidajError as error:
        context["refusal"] = error.code
        if isinstance(error, ApprovalNeeded):
            form.new_reasons = error.reasons
        field = ERROR_FIELDS.get(error.code)
        if isinstance(error, PlacesFree):
            context["refusal"] = "free"
        form.add_error(field, str(error))
        return None


def _form_context(
    run: CourseRun, form: ApplicationForm, own: OwnPlace, now: dt.datetime
) -> dict[str, Any]:
    phase = run.phase(now)
    until = own.held_until(now)
    is_held = until is not None
    held = own.hold if is_held else None
    free = max(0, run.places_left) + (held.size if held else 0)
    is_short = is_bookable(phase) and free < form.places
    return {
        "run": run,
        "phase": phase,
        "is_bookable": is_bookable(phase) or is_held,
        "is_full": is_short,
        "left": free if is_short else 0,
        "left_words": str(TooFew(free)) if is_short and free else "",
        "is_open": phase == Phase.DRAW and is_open_for_applications(run, now),
        "now": now,
        "is_held": is_held,
        "is_hold_over": not is_held and own.was_held,
        "minutes_left": _minutes_left(until, now),
        "held": held,
        "seconds_left": _seconds_left(until, now),
        "own": own.standing,
        "line": why_it_stands(run, now) if phase == Phase.FULL else [],
        "places": form.places,
        "price": run.price_rial * form.places,
        "firms": Firm.objects.order_by("name").values_list("name", flat=True)[
            :FIRMS_SHOWN
        ],
    }


def is_open_for_applications(run: CourseRun, now: dt.datetime) -> bool:
    """Whether one may take part in the draw of this run now."""
    return run.draw is not None and run.draw.phase(now) == DrawPhase.OPEN


def why_it_stands(run: CourseRun, now: dt.datetime) -> list[str]:
    """Why the line of a full run does not move, for those who think of joining it."""
    return sentences(read_line(run.offering, now))


def _seconds_left(until: dt.datetime | None, now: dt.datetime) -> int:
    return int((until - now).total_seconds()) if until else 0


def _minutes_left(until: dt.datetime | None, now: dt.datetime) -> int:
    """Minutes until a moment, rounded up."""
    return -((now - until) // dt.timedelta(minutes=1)) if until else 0


def _own_party(request: HttpRequest, reference: str) -> tuple[Party, list[Reservation]]:
    """A party of a run and those of its places that the reader may see; else 404."""
    party = get_object_or_404(
        Party.objects.select_related("offering"),
        reference=reference.upper(),
        offering__kind=OfferingKind.COURSE_RUN,
    )
    seen = (
        party.reservations.visible_to(signed_in(request))
        .without_holds()
        .exclude(successors__party=party)
        .select_related("person", "party", "offering")
        .order_by("pk")
    )
    reservations = list(seen)
    if not reservations:
        raise Http404
    return party, reservations


@never_cache
@login_required
@require_GET
def done(request: HttpRequest, reference: str) -> HttpResponse:
    """What was booked, when and where, and what comes next."""
    now = timezone.now()
    party, reservations = _own_party(request, reference)
    run = CourseRun.objects.with_details(now).get(offering=party.offering_id)
    entry = entry_of(party)
    state = reservations[0].state
    is_waiting = state == ReservationState.WAITING
    context = {
        "run": run,
        "party": party,
        "reservations": reservations,
        "named": [r for r in reservations if r.person],
        "unnamed": sum(r.person is None for r in reservations),
        "state": state,
        "is_waiting": is_waiting,
        "is_ended": state in ENDED or state in OVER,
        "is_over": state in OVER,
        "place": place_in_line(entry) if entry and is_waiting else 0,
        "line": own_line(entry, now),
        "is_applied": entry is not None and entry.state == EntryState.APPLIED,
        "similar": _similar(run, now) if is_waiting else [],
        "price": sum(r.price_rial for r in reservations),
    }
    return render(request, "courses/done.html", context)


def _similar(run: CourseRun, now: dt.datetime) -> list[RunCard]:
    """Two other runs with a free place: of the same course, else of its level."""
    others = CourseRun.objects.listed(now).exclude(pk=run.pk)
    others = others.filter(course__level=run.course.level)
    ranked = sorted(others, key=lambda r: r.course_id != run.course_id)
    free = [run for run in ranked if run.phase(now) == Phase.OPEN]
    return [card_of(run, now) for run in free[:2]]


@login_required
@require_GET
def short(request: HttpRequest, reference: str) -> HttpResponse:
    """The short address that messages carry."""
    party, _reservations = _own_party(request, reference)
    return redirect("courses:done", party.reference)


@never_cache
@login_required
@require_GET
def calendar_file(request: HttpRequest, reference: str) -> HttpResponse:
    """All class sessions of a booking, to be imported into a calendar."""
    party, reservations = _own_party(request, reference)
    response = HttpResponse(
        calendars.party_file(reservations), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{party.reference}.ics"'
    return response
