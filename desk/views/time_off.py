"""An instructor's or consultant's own time off."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Person
from booking.exceptions import BookingError
from booking.models import BlockKind, TimeBlock
from booking.services.resources import end_block, take_leave
from desk.affected import affected_between, people_in
from desk.forms.times import IntervalForm
from desk.roles import teachers_only
from desk.staffpage import posted
from desk.views.staff_runs import user_of
from desk.views.teach import own_person


def own_leave(person: Person, now: dt.datetime) -> QuerySet[TimeBlock]:
    """The person's leave that is not over, by time."""
    return (
        TimeBlock.objects.active()
        .filter(kind=BlockKind.LEAVE, claims__resource__person=person, ends_at__gt=now)
        .order_by("starts_at")
        .distinct()
    )


def seen_mark(form: IntervalForm, people: int) -> str:
    """What the reader was shown; another time or number is shown again first."""
    return f"{form.starts_at:%Y%m%dT%H%M}-{form.ends_at:%Y%m%dT%H%M}-{people}"


@require_http_methods(["GET", "POST"])
@teachers_only
def time_off(request: HttpRequest) -> HttpResponse:
    """«check» says who is affected, «save» blocks the time."""
    person, now = own_person(request), timezone.now()
    form = IntervalForm(posted(request), now=now)
    context: dict[str, object] = {"form": form, "now": now}
    if request.method == "POST" and form.is_valid():
        found = affected_between(form.starts_at, form.ends_at, person)
        seen = seen_mark(form, people_in(found))
        if request.POST.get("seen") == seen and _save(request, person, form, now):
            return redirect("desk:time_off")
        context |= {"found": found, "people": people_in(found), "seen": seen}
        context["is_checked"] = not form.errors
    context["blocks"] = own_leave(person, now)
    return render(request, "desk/teach/time_off.html", context)


def _save(
    request: HttpRequest, person: Person, form: IntervalForm, now: dt.datetime
) -> bool:
    try:
        take_leave(
            person=person,
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            by=user_of(request),
            reason=form.cleaned_data["reason"],
            now=now,
        )
    except BookingError as error:
        form.add_error("first_on", str(error))
        return False
    messages.success(request, _("Your time is blocked."))
    return True


@require_POST
@teachers_only
def time_off_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own block back."""
    now = timezone.now()
    block = get_object_or_404(own_leave(own_person(request), now), pk=pk)
    end_block(block_id=block.pk, now=now)
    messages.success(request, _("The block is taken back; the time is free again."))
    return redirect("desk:time_off")
