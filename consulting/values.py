"""What messages say, read at the moment of sending, and whether they still hold."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.messages import (
    CANCELLED,
    EXPIRED,
    SUPERSEDED,
    Values,
    centre_values,
    ended_as,
    get_reservation,
    place_values,
)
from booking.models import Reservation, ReservationState
from booking.recipients import is_for_another
from booking.request_words import after_no_show_words, moment_words
from consulting.display import where
from consulting.messages import get_meeting, sequence
from consulting.models import Meeting, MeetingChange, Mode
from notifications.models import OutboxMessage
from persian.jalali import format_date, format_time
from persian.text import clip

# Characters that a value may take in an SMS.
SERVICE_LENGTH = 20
NAME_LENGTH = 14
WHERE_LENGTH = 14
REASON_LENGTH = 20


def moment(at: dt.datetime, *, weekday: bool = True) -> str:
    """Day and time, without the year."""
    day = format_date(at, weekday=weekday, year=False)
    return f"{day} {format_time(at)}"


def meeting_values(meeting: Meeting) -> Values:
    """About one meeting: what, when, where, with whom."""
    place, centre = where(meeting), centre_values()
    address = ""
    if meeting.mode == Mode.IN_PERSON:
        address = f"{centre['address']}\n{centre['landmark']}"
    return {
        "service": clip(meeting.service.title, SERVICE_LENGTH),
        "full_service": meeting.service.title,
        "day": format_date(meeting.starts_at, weekday=True, year=False),
        "time": format_time(meeting.starts_at),
        "where": clip(place, WHERE_LENGTH),
        "full_where": f"{place}\n{address}".strip(),
        "consultant": clip(meeting.consultant.public_name, NAME_LENGTH),
        "bring": meeting.service.bring,
        "new": moment(meeting.starts_at),
        **centre,
    }


def _person_values(reservation: Reservation) -> Values:
    """Whose appointment it is; named in the text when somebody else booked it."""
    path = reverse("consulting:short", args=[reservation.party.reference])
    known = place_values(reservation, path=path, name_length=NAME_LENGTH)
    name = known["person"]
    named = name and is_for_another(reservation)
    return {**known, "for_whom": _(" for %(name)s") % {"name": name} if named else ""}


def reservation_values(reservation_id: int, language: str) -> Values:
    """About one appointment."""
    reservation = get_reservation(reservation_id)
    meeting = get_meeting(reservation)
    reason = reservation.end_reason or _("decision of the centre")
    change = meeting.changes.order_by("-schedule_version").first()
    before = change.from_starts_at if change else meeting.starts_at
    is_booked = reservation.state == ReservationState.CONFIRMED
    return {
        **meeting_values(meeting),
        **_person_values(reservation),
        "reason": clip(reason, REASON_LENGTH),
        "full_reason": reason,
        "old": moment(before, weekday=False),
        "what": _("Booked") if is_booked else _("Cancelled"),
    }


def decision_values(reservation_id: int, language: str) -> Values:
    """About a request and its deadline, or what follows from not coming."""
    reservation = get_reservation(reservation_id)
    until, person = reservation.approval_until, reservation.person
    return {
        **reservation_values(reservation_id, language),
        "until": moment_words(until) if until else "",
        "follows": after_no_show_words(person) if person else "",
    }


def change_values(change_id: int, language: str) -> Values:
    """About a moved meeting, for its consultants."""
    change = MeetingChange.objects.select_related(
        "meeting__service", "meeting__room", "meeting__consultant"
    ).get(pk=change_id)
    return {
        **meeting_values(change.meeting),
        "old": moment(change.from_starts_at, weekday=False),
        "new": moment(change.to_starts_at or change.meeting.starts_at),
    }


def version_wanted(subject_id: int, message: OutboxMessage) -> str:
    """News of an appointment, unless newer news followed."""
    reservation = Reservation.objects.get(pk=subject_id)
    current = sequence(get_meeting(reservation), reservation)
    if current == message.schedule_version:
        return ""
    return ended_as(reservation)


def request_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A request that nobody has decided."""
    reservation = Reservation.objects.get(pk=subject_id)
    is_open = reservation.state == ReservationState.PENDING
    return "" if is_open else ended_as(reservation)


def confirmation_wanted(subject_id: int, message: OutboxMessage) -> str:
    """An appointment that stands and has not begun."""
    reservation = Reservation.objects.get(pk=subject_id)
    if reservation.state != ReservationState.CONFIRMED:
        return ended_as(reservation)
    if get_meeting(reservation).starts_at <= timezone.now():
        return EXPIRED
    return version_wanted(subject_id, message)


def reminder_wanted(subject_id: int, message: OutboxMessage) -> str:
    """As for a confirmation, and only for who wants reminders."""
    person = get_reservation(subject_id).person
    if person is None or not person.wants_reminders:
        return "suppressed"
    return confirmation_wanted(subject_id, message)


def change_wanted(subject_id: int, message: OutboxMessage) -> str:
    """A move that no later one overtook, of a meeting that stands."""
    change = MeetingChange.objects.select_related("meeting").get(pk=subject_id)
    if not change.meeting.is_live:
        return CANCELLED
    is_same = change.meeting.schedule_version == change.schedule_version
    return "" if is_same else SUPERSEDED
