"""When consultants can be met: the week, and exceptions of one day."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.db.models import F, Prefetch
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.models import Person
from consulting.exceptions import ConsultingError
from consulting.models import AvailabilityOverride, Meeting, WeeklyAvailability
from consulting.services.availability import (
    add_override,
    meetings_outside,
    remove_override,
    set_caps,
    set_weekly_availability,
)
from consulting.staff_forms import (
    CAPS_FIELDS,
    CapsForm,
    ExceptionForm,
    HoursForm,
    caps_form,
    hours_formset,
)
from consulting.views.access import planners_only
from core.refusals import refusals_in
from persian.text import to_reader_digits

CONSULTANTS = Person.objects.filter(teaching_profile__consults=True).select_related(
    "teaching_profile"
)


@never_cache
@require_GET
@planners_only
def consultant_list(request: HttpRequest) -> HttpResponse:
    """All consultants with their week."""
    from_saturday = WeeklyAvailability.objects.order_by(
        (F("weekday") + 2) % 7, "start_time"
    )
    people = CONSULTANTS.prefetch_related(
        Prefetch("weekly_availability", queryset=from_saturday), "consulting_services"
    ).order_by("search_key")
    context = {"people": people}
    return render(request, "consulting/staff/consultants.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@planners_only
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    """A consultant's week, as lines that can be changed."""
    person = get_object_or_404(CONSULTANTS, pk=pk)
    week = hours_formset(request.POST or None, person)
    if request.method == "POST" and week.is_valid():
        lines = [form.hours() for form in week]
        try:
            outside = set_weekly_availability(
                person=person,
                hours=[line for line in lines if line is not None],
                now=timezone.now(),
            )
        except ConsultingError as error:
            return _page(request, person, week, ExceptionForm(), str(error))
        _say(request, outside)
        return redirect("consulting:staff_hours", person.pk)
    return _page(request, person, week, ExceptionForm())


@never_cache
@require_POST
@planners_only
def exceptions(request: HttpRequest, pk: int) -> HttpResponse:
    """Add more or fewer hours on one day."""
    person = get_object_or_404(CONSULTANTS, pk=pk)
    form = ExceptionForm(request.POST)
    if form.is_valid():
        with refusals_in(form):
            outside = add_override(
                person=person, now=timezone.now(), **form.cleaned_data
            )
            _say(request, outside)
            return redirect("consulting:staff_hours", person.pk)
    return _page(request, person, hours_formset(None, person), form)


@never_cache
@require_POST
@planners_only
def caps(request: HttpRequest, pk: int) -> HttpResponse:
    """Limit how many meetings a consultant takes on; what is booked stays."""
    person = get_object_or_404(CONSULTANTS, pk=pk)
    form = caps_form(request.POST, person)
    if form.is_valid():
        with refusals_in(form, CAPS_FIELDS):
            set_caps(person=person, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("The limits were saved."))
            return redirect("consulting:staff_hours", person.pk)
    week = hours_formset(None, person)
    return _page(request, person, week, ExceptionForm(), limits=form)


@require_POST
@planners_only
def remove_exception(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an exception back."""
    override = get_object_or_404(AvailabilityOverride, pk=pk)
    _say(request, remove_override(override_id=pk, now=timezone.now()))
    return redirect("consulting:staff_hours", override.person_id)


def _say(request: HttpRequest, outside: Sequence[Meeting]) -> None:
    """What was saved, and how many booked meetings now lie outside."""
    messages.success(request, _("The hours were saved."))
    if outside:
        words = ngettext(
            "%(n)s booked meeting lies outside of these hours. It stays until you"
            " move or cancel it.",
            "%(n)s booked meetings lie outside of these hours. They stay until you"
            " move or cancel them.",
            len(outside),
        )
        messages.warning(request, to_reader_digits(words % {"n": len(outside)}))


def _page(
    request: HttpRequest,
    person: Person,
    week: BaseFormSet[HoursForm],
    form: ExceptionForm,
    problem: str = "",
    limits: CapsForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    context = {
        "person": person,
        "week": week,
        "form": form,
        "problem": problem,
        "limits": limits or caps_form(None, person),
        "overrides": person.availability_overrides.filter(on__gte=timezone.localdate()),
        "outside": meetings_outside(person, now=now),
    }
    return render(request, "consulting/staff/hours.html", context)
