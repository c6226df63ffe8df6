"""The story of a booking in words: what happened when, and who did it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.access import STAFF_ROLES
from accounts.models import RoleGrant
from booking.models import OVER, EntryState, ReservationState, StatusChange
from booking.states import NAMED, PASSED_ON
from consulting.models import MeetingChange
from courses.models import SessionChange
from desk.bookings import Booking, waiting_entry_of
from persian.jalali import format_datetime
from persian.text import to_reader_digits

R = ReservationState


@dataclass(frozen=True)
class Line:
    """One thing that happened (aware moment), as a sentence."""

    at: dt.datetime
    text: str


def history(booking: Booking) -> list[Line]:
    """Everything that happened to this place since it was asked for, in order."""
    lines = _status_lines(booking) + _time_lines(booking)
    return sorted(lines, key=lambda line: line.at)


def _status_lines(booking: Booking) -> list[Line]:
    entry = waiting_entry_of(booking.reservation)
    about = Q(reservation=booking.reservation)
    if entry is not None:
        about |= Q(entry=entry)
    changes = list(StatusChange.objects.filter(about).order_by("pk"))
    staff = set(
        RoleGrant.objects.filter(
            user__in={c.by_id for c in changes}, role__in=STAFF_ROLES
        ).values_list("user_id", flat=True)
    )
    # Applying for a draw is no joining of the list.
    is_drawn = entry is not None and entry.number is not None
    lines = []
    for change in changes:
        if is_drawn and change.to_state == R.WAITING and change.entry_id is None:
            continue
        text = _words(change, by_staff=change.by_id in staff)
        if text:
            lines.append(Line(change.at, text))
    return lines


def _words(change: StatusChange, *, by_staff: bool) -> str:
    """The sentence of one change; "" when another line says the same."""
    if change.entry_id is not None:
        if change.to_state == EntryState.APPLIED:
            return _("Applied for the draw")
        if change.from_state == EntryState.APPLIED:
            is_drawn = change.to_state == EntryState.WAITING
            return _("The draw took place") if is_drawn else ""
        if change.to_state == EntryState.OFFERED:
            return _("A place became free and was offered")
        if (change.from_state, change.to_state) == (
            EntryState.OFFERED,
            EntryState.WAITING,
        ):
            return _("The offer passed without an answer")
        return ""
    if change.reason == NAMED:
        return _("The name was written")
    if change.reason == PASSED_ON:
        return _("Given to another person")
    if change.to_state == R.CANCELLED:
        return _cancelled(change, by_staff=by_staff)
    words: dict[str, Callable[[], str]] = {
        R.WAITING: lambda: _("Joined the waiting list"),
        R.PENDING: lambda: (
            _("The offered place was taken; the centre decides")
            if change.from_state == R.WAITING
            else _("The centre was asked for a place")
        ),
        R.REFUSED: lambda: (
            _("The centre refused: %(reason)s") % {"reason": change.reason}
        ),
        R.EXPIRED: lambda: (
            _("The centre did not answer in time")
            if change.from_state == R.PENDING
            else ""
        ),
        R.CONFIRMED: lambda: (
            _("The offered place was taken")
            if change.from_state == R.WAITING
            else _("The centre approved it")
            if change.from_state == R.PENDING
            else _("Booked by telephone")
            if by_staff
            else _("Booked")
        ),
        R.COMPLETED: lambda: _ended(_("Completed"), change),
        R.INCOMPLETE: lambda: _ended(_("Not completed"), change),
        R.NO_SHOW: lambda: _ended(_("Did not come"), change),
        R.TRANSFERRED: lambda: _("Moved to another date"),
    }
    say = words.get(change.to_state)
    return say() if say else ""


def _ended(words: str, change: StatusChange) -> str:
    """What was mended says so; staff's own reasons stay with staff."""
    if change.from_state in OVER:
        return _("%(end)s (mended)") % {"end": words}
    return words


def _cancelled(change: StatusChange, *, by_staff: bool) -> str:
    reasons = {
        "declined": _("The offered place was declined"),
        "left": _("Left the waiting list"),
        "silent": _("Taken off the list: two offers passed without an answer"),
        "started": _("The waiting list ended: the course has begun"),
    }
    if change.reason in reasons:
        return reasons[change.reason]
    if not by_staff:
        return _("Cancelled")
    if not change.reason:
        return _("Cancelled by the centre")
    return _("Cancelled by the centre: %(reason)s") % {"reason": change.reason}


def _time_lines(booking: Booking) -> list[Line]:
    since = booking.reservation.created_at
    until = booking.reservation.ended_at or booking.now
    if booking.meeting:
        moves = booking.meeting.changes.filter(at__gt=since, at__lte=until)
        return [Line(change.at, _meeting_moved(change)) for change in moves]
    changes = SessionChange.objects.filter(
        class_session__run__offering=booking.reservation.offering_id,
        at__gt=since,
        at__lte=until,
    ).select_related("class_session", "to_room")
    return [Line(change.at, _session_changed(change)) for change in changes]


def _meeting_moved(change: MeetingChange) -> str:
    if change.to_starts_at is None:
        return _("Cancelled by the centre")
    return _("Moved from %(old)s to %(new)s") % {
        "old": format_datetime(change.from_starts_at),
        "new": format_datetime(change.to_starts_at),
    }


def _session_changed(change: SessionChange) -> str:
    number = to_reader_digits(str(change.class_session.number))
    old = format_datetime(change.from_starts_at)
    if change.to_room is not None and change.from_starts_at == change.to_starts_at:
        return _("Class session %(number)s (%(time)s) is in another room: %(room)s") % {
            "number": number,
            "time": old,
            "room": change.to_room,
        }
    if change.to_starts_at is not None:
        return _("Class session %(number)s moved from %(old)s to %(new)s") % {
            "number": number,
            "old": old,
            "new": format_datetime(change.to_starts_at),
        }
    return _("Class session %(number)s (%(old)s) was cancelled: %(reason)s") % {
        "number": number,
        "old": old,
        "reason": change.reason,
    }
