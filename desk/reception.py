"""What an SMS that came in asks of the people of the centre becomes a task."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from booking.models import OfferingKind, Reservation
from consulting.models import Meeting
from courses.models import ClassSession, RunMessageCopy, SessionNotice
from courses.services.announcements import SUBJECT as RUN_MESSAGE
from desk.messages import SECRET_PART
from desk.models import StaffTask, TaskKind
from desk.tasks import open_task
from notifications.questions import Wish

RESERVATION, NOTICE = "reservation", "session_notice"


@dataclass(frozen=True)
class Subject:
    """What a message was about, as far as it concerns one place."""

    reservation: Reservation | None = None
    class_session: ClassSession | None = None
    meeting: Meeting | None = None

    @property
    def starts_at(self) -> dt.datetime | None:
        """When it begins (aware)."""
        thing = self.class_session or self.meeting
        return thing.starts_at if thing else None


def subject_of(kind: str, pk: int, now: dt.datetime) -> Subject:
    """The place, class session or meeting behind the subject of a message."""
    if kind == NOTICE:
        notice = SessionNotice.objects.select_related(
            "class_session", "reservation"
        ).get(pk=pk)
        return Subject(notice.reservation, notice.class_session)
    if kind == RUN_MESSAGE:
        copy = RunMessageCopy.objects.select_related("reservation__offering")
        return _of_reservation(copy.get(pk=pk).reservation, now)
    if kind != RESERVATION:
        return Subject()
    reservation = Reservation.objects.select_related("offering").get(pk=pk)
    return _of_reservation(reservation, now)


def _of_reservation(reservation: Reservation, now: dt.datetime) -> Subject:
    if reservation.offering.kind == OfferingKind.MEETING:
        meeting = Meeting.objects.get(offering=reservation.offering_id)
        return Subject(reservation, meeting=meeting)
    coming = ClassSession.objects.planned().filter(
        run__offering=reservation.offering_id, ends_at__gt=now
    )
    return Subject(reservation, coming.order_by("starts_at").first())


def receive_wish(wish: Wish, now: dt.datetime) -> None:
    """Put a wish on the list; a second one about the same adds its words."""
    subject = subject_of(wish.subject_kind, wish.subject_id, now)
    task, is_new = open_task(
        kind=wish.kind,
        key=wish.key,
        now=now,
        phone=wish.phone,
        text=_words(wish),
        reservation=subject.reservation,
        class_session=subject.class_session,
        meeting=subject.meeting,
        due_at=None if wish.kind == TaskKind.ANSWER else subject.starts_at,
    )
    if not is_new and _words(wish) not in task.text:
        _add_words(task, _words(wish))


def _words(wish: Wish) -> str:
    """What they wrote, where that says more than the kind of the task.

    What did not arrive is there to be read out, without links that open something.
    """
    if wish.kind == TaskKind.UNREACHED:
        mailed = _("It went by e-mail too.") if wish.was_mailed else ""
        return f"{SECRET_PART.sub('…', wish.text)}\n{mailed}".strip()
    return wish.text if wish.kind == TaskKind.ANSWER or len(wish.text) > 3 else ""


def _add_words(task: StaffTask, words: str) -> None:
    task.text = f"{task.text}\n{words}".strip()
    task.save(update_fields=["text"])
