"""«Send it again»: the confirmation of a booking, once more, as it stands now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from booking.models import OfferingKind, ReservationState
from consulting.messages import sequence
from core import limits
from core.transactions import atomic_retrying
from desk.bookings import Booking
from desk.exceptions import DeskError
from notifications.models import Channel
from notifications.services import enqueue

LIMITS = [(3, 3600), (6, 24 * 3600)]
USEFUL_FOR = dt.timedelta(days=1)
# Two taps within a minute are one wish.
SAME_WISH_SECONDS = 60


@dataclass(frozen=True)
class _Subject:
    kind: str
    subject_kind: str
    subject_id: int


def may_resend(booking: Booking) -> bool:
    """Whether there is something to say that still matters."""
    return _subject(booking) is not None


def _subject(booking: Booking) -> _Subject | None:
    reservation = booking.reservation
    if booking.is_past:
        return None
    if reservation.offering.kind == OfferingKind.MEETING:
        if not booking.is_confirmed:
            return None
        return _Subject("appointment_confirmed", "reservation", reservation.pk)
    if booking.offer is not None:
        return _Subject("place_offered", "offer", booking.offer.pk)
    if booking.is_applied:
        return _Subject("draw_applied", "reservation", reservation.pk)
    kind = {
        ReservationState.CONFIRMED: "enrolment_confirmed",
        ReservationState.WAITING: "enrolment_waitlisted",
        ReservationState.PENDING: "enrolment_asked",
    }.get(ReservationState(reservation.state))
    return _Subject(kind, "reservation", reservation.pk) if kind else None


def _version(booking: Booking) -> int:
    """What the owner of the message compares; a moved appointment has a higher one."""
    reservation, meeting = booking.reservation, booking.meeting
    return sequence(meeting, reservation) if meeting else reservation.version


@atomic_retrying
def resend_confirmation(
    *, booking: Booking, phone: str, language: str, now: dt.datetime
) -> None:
    """Write the confirmation once more, for this number (E.164).

    Raises DeskError when nothing is left to confirm, and after a few times.
    """
    subject = _subject(booking)
    if subject is None:
        raise DeskError(_("There is nothing to send for this booking."), code="ended")
    reservation = booking.reservation
    if not limits.hit(
        scope="resend_booking", key=str(reservation.pk), limits=LIMITS, now=now
    ):
        raise DeskError(
            _("This was sent several times already. Please look at your messages."),
            code="too_many",
        )
    version = _version(booking)
    wish = int(now.timestamp()) // SAME_WISH_SECONDS
    enqueue(
        kind=subject.kind,
        subject_kind=subject.subject_kind,
        subject_id=subject.subject_id,
        channel=Channel.SMS,
        recipient=phone,
        language=language,
        dedupe_key=f"{subject.kind}:{subject.subject_id}:{version}:asked:{wish}",
        due_at=now,
        expires_at=min(now + USEFUL_FOR, booking.offer.expires_at)
        if booking.offer
        else now + USEFUL_FOR,
        now=now,
        schedule_version=version,
    )
