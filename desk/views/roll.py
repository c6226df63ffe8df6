"""The roll of a class session: a tap for each person, or one form for all."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import has_role
from accounts.models import User
from booking.models import Reservation
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import Attendance, ClassSession, Mark, RunState
from courses.services.attendance import (
    enrolled,
    mark_attendance,
    may_write_roll,
    start_roll,
    unnamed,
)
from desk.day import newcomers
from desk.roles import STAFF, TEACHERS, private_to

BUTTONS = (Mark.PRESENT, Mark.ABSENT, Mark.LATE)
PREFIX = "mark-"


@dataclass(frozen=True)
class RollRow:
    """One person of the roll; `mark` is "" before anybody wrote one."""

    booking: Reservation
    mark: str
    is_new: bool = False
    is_saved: bool = False

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.booking.pk}"


@require_http_methods(["GET", "POST"])
@private_to(*TEACHERS, *STAFF)
def roll(request: HttpRequest, pk: int) -> HttpResponse:
    """«start» marks everyone present; afterwards each mark can be changed."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101
    rows = ClassSession.objects.select_related("run__course", "room")
    session = get_object_or_404(rows.exclude(run__state=RunState.DRAFT), pk=pk)
    if not may_write_roll(session, user):
        raise Http404
    if request.method == "POST":
        return _write(request, session, user)
    return _page(request, session, user)


def _write(request: HttpRequest, session: ClassSession, user: User) -> HttpResponse:
    now = timezone.now()
    one = request.headers.get("HX-Trigger-Name", "")
    try:
        if "start" in request.POST:
            start_roll(session_id=session.pk, by=user, now=now)
        elif one.startswith(PREFIX):
            return _write_one(request, session, user, one, now)
        else:
            save_roll(session=session, marks=_typed(request), by=user, now=now)
            messages.success(request, _("The roll is saved."))
    except CoursesError as error:
        messages.error(request, str(error))
        return _page(request, session, user, _typed(request))
    return redirect("desk:roll", pk=session.pk)


def _write_one(
    request: HttpRequest, session: ClassSession, user: User, name: str, now: dt.datetime
) -> HttpResponse:
    """A tap was sent by htmx: save this row and give it back."""
    marks = {
        pk: mark for pk, mark in _typed(request).items() if name == f"{PREFIX}{pk}"
    }
    save_roll(session=session, marks=marks, by=user, now=now)
    for row in _rows(session, {}):
        if row.booking.pk in marks:
            context = {
                "row": RollRow(row.booking, row.mark, row.is_new, True),
                "buttons": BUTTONS,
                "is_open": True,
                "session": session,
            }
            return render(request, "desk/teach/_roll_row.html", context)
    raise Http404


def _typed(request: HttpRequest) -> dict[int, str]:
    """Marks by booking; what is no mark is left out."""
    return {
        int(name.removeprefix(PREFIX)): mark
        for name, mark in request.POST.items()
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX).isdecimal()
        and mark in Mark.values
        and isinstance(mark, str)
    }


@atomic_retrying
def save_roll(
    *, session: ClassSession, marks: dict[int, str], by: User, now: dt.datetime
) -> None:
    """Write the marks of those who are enrolled, all or none; raises CoursesError."""
    known = set(enrolled(session).values_list("pk", flat=True))
    for pk in sorted(known & marks.keys()):
        mark_attendance(
            session_id=session.pk, reservation_id=pk, mark=marks[pk], by=by, now=now
        )


def _rows(session: ClassSession, typed: dict[int, str]) -> list[RollRow]:
    bookings = list(enrolled(session))
    marks = dict(
        Attendance.objects.filter(class_session=session).values_list(
            "reservation_id", "mark"
        )
    )
    new_ids = newcomers(bookings)
    return [
        RollRow(b, typed.get(b.pk) or marks.get(b.pk, ""), b.pk in new_ids)
        for b in bookings
    ]


def _page(
    request: HttpRequest,
    session: ClassSession,
    user: User,
    typed: dict[int, str] | None = None,
) -> HttpResponse:
    rows = _rows(session, typed or {})
    day = timezone.localdate()
    context = {
        "session": session,
        "run": session.run,
        "rows": rows,
        "buttons": BUTTONS,
        "has_begun": any(row.mark for row in rows),
        "is_early": day < session.wall_on,
        "is_open": _is_open(session, user, day),
        "teaches": session.instructors.filter(user=user).exists(),
        "unnamed": unnamed(session),
        "there": sum(row.mark in (Mark.PRESENT, Mark.LATE) for row in rows),
    }
    return render(request, "desk/teach/roll.html", context)


def _is_open(session: ClassSession, user: User, day: dt.date) -> bool:
    """Whether buttons are shown; the service has the last word."""
    if not session.is_planned or day < session.wall_on:
        return False
    is_fresh = day <= session.wall_on + dt.timedelta(days=1)
    return is_fresh or has_role(user, *STAFF)
