"""Telling everybody who has a place in a run something in the staff's own words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User
from booking.models import Reservation, ReservationQuerySet, ReservationState
from booking.recipients import Notice, Recipient, recipients, send_all
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import CourseRun, RunMessage, RunMessageCopy, RunState
from courses.models.announcements import WORDS_LENGTH
from persian.text import to_reader_digits

KIND = "run_message"
SUBJECT = "run_message_copy"
# Who has a place, or had one until the run was over and came.
TOLD = (
    ReservationState.CONFIRMED,
    ReservationState.COMPLETED,
    ReservationState.INCOMPLETE,
)
# What could not be sent for so long is no news any more.
STALE = dt.timedelta(days=3)
ANYONE = "anyone"


def told_by_message(run_id: int) -> ReservationQuerySet:
    """The places whose people hear it; those without a name reach their booker."""
    return Reservation.objects.filter(
        offering__course_run=run_id, state__in=TOLD
    ).order_by("pk")


@atomic_retrying
def write_message(
    *, run_id: int, text_fa: str, text_en: str, by: User, now: dt.datetime
) -> RunMessage:
    """Keep what staff want to say; telling each one is `copy_to`.

    Raises CoursesError for no words or too many, for a cancelled run, and when nobody
    has a place.
    """
    _require_words(text_fa, text_en)
    run = CourseRun.objects.get(pk=run_id)
    if run.state == RunState.CANCELLED:
        raise CoursesError(
            _("The run is cancelled; everyone has been told."), code="cancelled"
        )
    if not told_by_message(run_id).exists():
        raise CoursesError(_("Nobody has a place in this run."), code="nobody")
    return RunMessage.objects.create(
        run=run, text_fa=text_fa, text_en=text_en, written_by=by, created_at=now
    )


def _require_words(*texts: str) -> None:
    if not any(texts):
        raise CoursesError(_("Please write the message."), code="empty")
    if any(len(text) > WORDS_LENGTH for text in texts):
        raise CoursesError(
            _("The message has more than %(most)s characters.")
            % {"most": to_reader_digits(str(WORDS_LENGTH))},
            code="long",
        )


@atomic_retrying
def copy_to(
    message: RunMessage, places: Sequence[Reservation], *, now: dt.datetime
) -> None:
    """Tell these places; whoever was told before is left alone.

    One number hears it once, however many people it stands for.
    """
    RunMessageCopy.objects.bulk_create(
        [RunMessageCopy(message=message, reservation=place) for place in places],
        ignore_conflicts=True,
    )
    copies = message.copies.filter(reservation__in=places)
    pks = dict(copies.values_list("reservation", "pk"))
    send_all(_notices(message, places, pks, now), now=now)


def _notices(
    message: RunMessage,
    places: Iterable[Reservation],
    copies: dict[int, int],
    now: dt.datetime,
) -> Iterator[tuple[Notice, Recipient]]:
    concerns_at = _next_class(message.run, now) or now + STALE
    for place in places:
        for to in recipients(place):
            notice = Notice(
                kind=KIND,
                subject_kind=SUBJECT,
                subject_id=copies[place.pk],
                tag=f"{message.pk}:{_digest(to.phone)}",
                expires_at=now + STALE,
                concerns_at=concerns_at,
            )
            yield notice, replace(to, role=ANYONE)


def _next_class(run: CourseRun, now: dt.datetime) -> dt.datetime | None:
    coming = run.sessions.planned().filter(starts_at__gt=now).order_by("starts_at")
    return coming.values_list("starts_at", flat=True).first()


def _digest(phone: str) -> str:
    """Tells numbers apart without being one."""
    return salted_hmac("courses.RunMessage", phone).hexdigest()[:20]
