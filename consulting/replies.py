"""What people answer by SMS about an appointment, and that they will be late."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from booking.exceptions import CancelTooLate
from booking.messages import get_reservation, question_labels
from booking.models import Reservation, ReservationState
from booking.services.parties import cancel_reservation
from consulting import messages
from consulting.models import Meeting
from core.transactions import atomic_retrying
from notifications.models import Meaning
from notifications.questions import Answered, Question, Replies

# From then on before the start "I will be late" means something.
LATE_BEFORE = dt.timedelta(hours=3)


def question(reservation_id: int, language: str, now: dt.datetime) -> Question | None:
    """Whether the person comes to their appointment."""
    reservation = get_reservation(reservation_id)
    meeting = messages.get_meeting(reservation)
    if not _is_open(meeting, reservation, now):
        return None
    name = reservation.person.name if reservation.person else ""
    return Question(
        topic=f"appointment:{reservation.pk}",
        **question_labels(name, meeting.starts_at),
    )


def _is_open(meeting: Meeting, reservation: Reservation, now: dt.datetime) -> bool:
    is_booked = reservation.state == ReservationState.CONFIRMED
    return is_booked and meeting.is_live and meeting.ends_at > now


def answer(reservation_id: int, meaning: Meaning, now: dt.datetime) -> Answered:
    """Act on what somebody answered about an appointment."""
    reservation = get_reservation(reservation_id)
    meeting = messages.get_meeting(reservation)
    if meaning == Meaning.YES:
        return Answered.COMES
    if meaning == Meaning.LATE:
        say_late(reservation_id=reservation_id, now=now)
        return Answered.LATE
    if meeting.starts_at <= now:
        return Answered.TOO_LATE
    by = reservation.person.user if reservation.person else None
    try:
        with transaction.atomic():
            cancel_reservation(reservation_id=reservation_id, by=by, now=now)
    except CancelTooLate:
        return Answered.TOO_LATE
    return Answered.CANCELLED


@atomic_retrying
def say_late(*, reservation_id: int, now: dt.datetime) -> None:
    """Tell the consultant that somebody will be late; once for an appointment."""
    reservation = get_reservation(reservation_id)
    messages.tell_late(messages.get_meeting(reservation), reservation, now=now)


def late_meeting(reservation: Reservation, now: dt.datetime) -> Meeting | None:
    """The meeting that one may be late for now: it begins soon, or runs."""
    meeting = messages.get_meeting(reservation)
    is_near = meeting.starts_at - LATE_BEFORE <= now
    return meeting if is_near and _is_open(meeting, reservation, now) else None


TO_REMINDER = Replies(question, answer, invites=True)
TO_NEWS = Replies(question, answer)
