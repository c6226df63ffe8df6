"""Holidays, rooms, and days on which the centre is closed."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from booking.exceptions import BookingError
from booking.models import BlockKind, MachineKind, Room, TimeBlock
from booking.services.resources import close_centre, end_block
from core.exceptions import HidajError
from core.holidays import add_closed_day, confirm_holiday, remove_closed_day
from core.models import Holiday, HolidayKind, HolidayStatus
from core.refusals import refusals_said
from desk.affected import affected_between, people_in
from desk.forms.times import ClosedDayForm, ClosureForm
from desk.roles import planners_only, staff_only
from desk.staffpage import posted, staff_page
from desk.views.staff_runs import user_of
from desk.views.time_off import seen_mark
from persian.errors import InputError
from persian.jalali import parse_date

SHOWN_BEFORE = dt.timedelta(days=14)
SHOWN_AFTER = dt.timedelta(days=550)


@require_GET
@staff_only
def time_page(request: HttpRequest) -> HttpResponse:
    """The table of holidays, closures ahead, rooms and machines."""
    return _page(request, ClosedDayForm())


def _page(request: HttpRequest, form: ClosedDayForm) -> HttpResponse:
    now = timezone.now()
    on = timezone.localdate(now)
    closures = TimeBlock.objects.active().filter(
        kind=BlockKind.CLOSURE, ends_at__gt=now
    )
    context = {
        "holidays": Holiday.objects.between(on - SHOWN_BEFORE, on + SHOWN_AFTER),
        "estimated": HolidayStatus.ESTIMATED,
        "public": HolidayKind.PUBLIC,
        "closures": _with_left(list(closures.order_by("starts_at"))),
        "rooms": Room.objects.order_by("code"),
        "machines": MachineKind.objects.select_related("room").order_by("code"),
        "form": form,
    }
    return staff_page(request, "desk/staff/time.html", context)


def _with_left(closures: list[TimeBlock]) -> list[tuple[TimeBlock, int]]:
    """Each closure with the number of classes and meetings still inside."""
    if not closures:
        return []
    last = max(block.ends_at for block in closures)
    found = affected_between(closures[0].starts_at, last)
    return [
        (
            block,
            sum(
                item.starts_at < block.ends_at and item.ends_at > block.starts_at
                for item in found
            ),
        )
        for block in closures
    ]


@require_POST
@planners_only
def holiday_add(request: HttpRequest) -> HttpResponse:
    """Write a day of the centre's own into the table."""
    form = ClosedDayForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    add_closed_day(**form.cleaned_data)
    messages.success(request, _("The day is in the table."))
    return redirect("desk:staff_time")


@require_POST
@planners_only
def holiday_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """An estimated day is certain now, perhaps on another date."""
    holiday = get_object_or_404(Holiday, pk=pk)
    try:
        on = parse_date(request.POST.get("on", "")) if "on" in request.POST else None
        confirm_holiday(holiday_id=pk, on=on or holiday.on)
    except (InputError, HidajError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The holiday is confirmed."))
    return redirect("desk:staff_time")


@require_POST
@planners_only
def holiday_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a day of the centre's own out of the table."""
    get_object_or_404(Holiday, pk=pk)
    with refusals_said(request):
        remove_closed_day(holiday_id=pk)
        messages.success(request, _("The day is out of the table."))
    return redirect("desk:staff_time")


@require_http_methods(["GET", "POST"])
@planners_only
def closure_new(request: HttpRequest) -> HttpResponse:
    """Close the centre: first see what is booked inside, then save."""
    now = timezone.now()
    form = ClosureForm(posted(request), now=now)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        found = affected_between(form.starts_at, form.ends_at)
        seen = seen_mark(form, people_in(found))
        if request.POST.get("seen") == seen:
            block = _close(request, form, now)
            if block is not None:
                return redirect("desk:staff_closure", block.pk)
        context |= {"found": found, "people": people_in(found), "seen": seen}
        context["is_checked"] = not form.errors
    return staff_page(request, "desk/staff/closure.html", context)


def _close(
    request: HttpRequest, form: ClosureForm, now: dt.datetime
) -> TimeBlock | None:
    """The closure, or None with the reason in the form."""
    try:
        block = close_centre(
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            reason=form.cleaned_data["reason"],
            by=user_of(request),
            now=now,
        )
    except BookingError as error:
        form.add_error("first_on", str(error))
        return None
    words = _("The centre is closed for new bookings. Now move or cancel what is left.")
    messages.success(request, words)
    return block


@require_GET
@staff_only
def closure(request: HttpRequest, pk: int) -> HttpResponse:
    """What is still booked while the centre is closed, each with its way out."""
    closures = TimeBlock.objects.active().filter(kind=BlockKind.CLOSURE)
    block = get_object_or_404(closures, pk=pk)
    found = affected_between(block.starts_at, block.ends_at)
    context = {"closure": block, "found": found, "now": timezone.now()}
    return staff_page(request, "desk/staff/closure_left.html", context)


@require_POST
@planners_only
def closure_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a closure back."""
    block = get_object_or_404(TimeBlock, pk=pk, kind=BlockKind.CLOSURE)
    end_block(block_id=block.pk, now=timezone.now())
    messages.success(request, _("The closure is taken back; the time is free again."))
    return redirect("desk:staff_time")
