"""What people answer by SMS about a class, and that they will be late."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from booking.exceptions import CancelTooLate
from booking.messages import question_labels
from booking.models import Reservation, ReservationState
from booking.recipients import Notice, as_recipient, send
from booking.services.parties import cancel_reservation
from core.transactions import atomic_retrying
from courses import messages
from courses.models import ClassSession, NoticeKind, RunState, SessionNotice
from courses.services.attendance import excuse
from notifications.models import Meaning
from notifications.questions import Answered, Question, Replies

# From then on before the start "I will be late" means something.
LATE_BEFORE = dt.timedelta(hours=3)


def _of_notice(notice_id: int) -> tuple[ClassSession, Reservation]:
    notice = SessionNotice.objects.select_related(
        "class_session__run",
        "reservation__person__user",
        "reservation__party__booked_by",
    ).get(pk=notice_id)
    return notice.class_session, notice.reservation


def _of_place(
    reservation_id: int, now: dt.datetime
) -> tuple[ClassSession | None, Reservation]:
    """A place in a run, and the next class session of that."""
    reservation = Reservation.objects.select_related(
        "person__user", "party__booked_by"
    ).get(pk=reservation_id)
    coming = (
        ClassSession.objects.planned()
        .filter(run__offering=reservation.offering_id, ends_at__gt=now)
        .select_related("run")
        .order_by("starts_at")
    )
    return coming.first(), reservation


def _question(
    session: ClassSession | None, reservation: Reservation, now: dt.datetime
) -> Question | None:
    if session is None or not _is_open(session, reservation, now):
        return None
    name = reservation.person.name if reservation.person else ""
    return Question(
        topic=f"session:{session.pk}:{reservation.pk}",
        **question_labels(name, session.starts_at),
    )


def _is_open(session: ClassSession, reservation: Reservation, now: dt.datetime) -> bool:
    return (
        reservation.state == ReservationState.CONFIRMED
        and session.is_planned
        and session.run.state == RunState.PUBLISHED
        and session.ends_at > now
    )


def notice_question(notice_id: int, language: str, now: dt.datetime) -> Question | None:
    """Whether the person comes to the class session that a notice was about."""
    return _question(*_of_notice(notice_id), now)


def place_question(
    reservation_id: int, language: str, now: dt.datetime
) -> Question | None:
    """Whether the person comes to the next class session of their run."""
    return _question(*_of_place(reservation_id, now), now)


def answer_notice(notice_id: int, meaning: Meaning, now: dt.datetime) -> Answered:
    """Act on what somebody answered to a notice."""
    session, reservation = _of_notice(notice_id)
    return _answer(session, reservation, meaning, now)


def answer_place(reservation_id: int, meaning: Meaning, now: dt.datetime) -> Answered:
    """Act on what somebody answered to the news of a place."""
    session, reservation = _of_place(reservation_id, now)
    if session is None:
        return Answered.TOO_LATE
    return _answer(session, reservation, meaning, now)


def _answer(
    session: ClassSession, reservation: Reservation, meaning: Meaning, now: dt.datetime
) -> Answered:
    if meaning == Meaning.YES:
        return Answered.COMES
    if meaning == Meaning.LATE:
        say_late(session_id=session.pk, reservation_id=reservation.pk, now=now)
        return Answered.LATE
    if session.starts_at <= now:
        return Answered.TOO_LATE
    if _is_first(session):
        return _give_back(reservation, now)
    person, party = reservation.person, reservation.party
    by = person.user if person and person.user else party.booked_by
    is_excused = excuse(
        session_id=session.pk, reservation_id=reservation.pk, by=by, now=now
    )
    return Answered.EXCUSED if is_excused else Answered.TOO_LATE


def _is_first(session: ClassSession) -> bool:
    earlier = session.run.sessions.planned().filter(starts_at__lt=session.starts_at)
    return not earlier.exists()


def _give_back(reservation: Reservation, now: dt.datetime) -> Answered:
    """Who does not come to the first class gives the place back, if still allowed."""
    by = reservation.person.user if reservation.person else None
    try:
        with transaction.atomic():
            cancel_reservation(reservation_id=reservation.pk, by=by, now=now)
    except CancelTooLate:
        return Answered.TOO_LATE
    return Answered.CANCELLED


@atomic_retrying
def say_late(*, session_id: int, reservation_id: int, now: dt.datetime) -> bool:
    """Tell the instructors that somebody will be late; False when they know."""
    session = ClassSession.objects.select_related("run").get(pk=session_id)
    notice, is_new = SessionNotice.objects.get_or_create(
        class_session=session,
        reservation=Reservation.objects.get(pk=reservation_id),
        kind=NoticeKind.LATE,
        schedule_version=session.schedule_version,
    )
    if is_new:
        _tell_late(notice, session, now)
    return is_new


def _tell_late(notice: SessionNotice, session: ClassSession, now: dt.datetime) -> None:
    for person in session.run.instructors.select_related("user"):
        to = as_recipient(f"teacher-{person.pk}", person)
        news = Notice(
            kind="learner_late",
            subject_kind=messages.NOTICE,
            subject_id=notice.pk,
            tag=str(notice.pk),
            expires_at=session.ends_at,
            concerns_at=session.starts_at,
            version=session.schedule_version,
        )
        if to.phone:
            send(news, to, now=now)


def late_session(reservation: Reservation, now: dt.datetime) -> ClassSession | None:
    """The class session that one may be late for now: it begins soon, or runs."""
    session, _place = _of_place(reservation.pk, now)
    if session is None or not _is_open(session, reservation, now):
        return None
    return session if session.starts_at - LATE_BEFORE <= now else None


TO_REMINDER = Replies(notice_question, answer_notice, invites=True)
TO_NOTICE = Replies(notice_question, answer_notice)
TO_PLACE = Replies(place_question, answer_place)
