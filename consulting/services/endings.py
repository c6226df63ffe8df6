"""Who came to a meeting: said by the consultant or the staff, or by nobody.

When nobody has said anything for some days (HIDAJ_CLOSE_MEETING_DAYS) the appointment
counts as completed.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import STAFF_ROLES
from accounts.models import RoleGrant, User
from booking.models import OVER, OfferingKind, Reservation, ReservationState
from booking.services.endings import end_place
from consulting.exceptions import ConsultingError
from consulting.models import Meeting
from core.transactions import atomic_retrying

# Why an end was written or mended without a sentence.
UNMARKED, SAME_DAYS = "unmarked", "same_days"
# So many days after the day of the meeting the consultant may still say it.
CONSULTANT_DAYS = 1


@atomic_retrying
def mark_came(
    *,
    reservation_id: int,
    came: bool,
    by: User,
    now: dt.datetime,
    reason: str = "",
) -> Reservation:
    """Write whether somebody came to their appointment; the same twice is quiet.

    The consultant may say and mend it from the start to the end of the next day
    (centre's time), staff also later, then with a reason. Raises ConsultingError when
    `by` may not say it, or not at this time, and what `end_place` raises.
    """
    meeting = Meeting.objects.select_related("consultant").get(
        offering__reservations=reservation_id
    )
    if meeting.starts_at > now:
        raise ConsultingError(
            _("This can be said once the meeting has begun."), code="too_early"
        )
    if not _is_staff(by):
        _require_consultant(meeting, by, now)
        reason = reason or SAME_DAYS
    to = ReservationState.COMPLETED if came else ReservationState.NO_SHOW
    return end_place(
        reservation_id=reservation_id, to=to, by=by, now=now, reason=reason
    )


def _is_staff(user: User) -> bool:
    return RoleGrant.objects.filter(user=user, role__in=STAFF_ROLES).exists()


def _require_consultant(meeting: Meeting, by: User, now: dt.datetime) -> None:
    if meeting.consultant.user_id != by.pk:
        raise ConsultingError(_("This is not your meeting."), code="not_yours")
    last_on = meeting.wall_on + dt.timedelta(days=CONSULTANT_DAYS)
    if timezone.localdate(now) > last_on:
        raise ConsultingError(
            _("It is too late to say it here. Reception can still mend it."),
            code="too_late",
        )


def complete_unmarked(now: dt.datetime) -> int:
    """Complete the appointments of which nobody said anything; a step of the tick."""
    over_at = now - dt.timedelta(days=settings.HIDAJ_CLOSE_MEETING_DAYS)
    rows = Reservation.objects.confirmed().filter(
        offering__kind=OfferingKind.MEETING, offering__meeting__ends_at__lte=over_at
    )
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    return sum(_complete(reservation_id=pk, now=now) for pk in pks)


@atomic_retrying
def _complete(*, reservation_id: int, now: dt.datetime) -> bool:
    before = Reservation.objects.get(pk=reservation_id).state
    if before in OVER:
        return False
    end_place(
        reservation_id=reservation_id,
        to=ReservationState.COMPLETED,
        by=None,
        now=now,
        reason=UNMARKED,
    )
    return True
