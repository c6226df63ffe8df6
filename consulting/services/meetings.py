"""Moving and ending meetings."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from booking import ledger, seats
from booking.exceptions import BookingError
from booking.models import Reservation, ReservationState
from booking.overlaps import require_no_overlap
from booking.services import offerings
from booking.services.parties import may_cancel
from consulting import messages, slots
from consulting.exceptions import ConsultingError, MoveTooLate, SlotTaken
from consulting.models import Meeting, MeetingChange
from consulting.services.appointments import (
    expired_around,
    place_meeting,
    release_expired,
)
from consulting.services.choosing import choose
from consulting.services.claims import meeting_wants
from consulting.services.earlier.offers import close_with_hold, pass_on
from consulting.slots import Slot, SlotQuery
from core.transactions import atomic_retrying


@atomic_retrying
def move_appointment(
    *,
    reservation_id: int,
    starts_at: dt.datetime,
    consultant_id: int | None,
    by: User | None,
    now: dt.datetime,
    mode: str = "",
    accepts_overlap: bool = False,
) -> Meeting:
    """Give a person's appointment another time: never both, never none.

    `consultant_id` None takes whoever is free; an empty mode keeps the mode. A person
    may do so until the window of the offering closes (`offering.cancel_until_at`).
    Raises MoveTooLate, SlotTaken, booking's Overlapping unless the person accepts
    that, and ConsultingError when others share the hour or the appointment has ended.
    """
    meeting = _locked(_meeting_id(reservation_id), towards=starts_at, now=now)
    reservation = Reservation.objects.select_related("person").get(pk=reservation_id)
    if reservation.state == ReservationState.PENDING:
        raise ConsultingError(
            _(
                "The centre has not decided yet. Take the request back and choose"
                " another time, or wait for the answer."
            ),
            code="pending",
        )
    if reservation.state != ReservationState.CONFIRMED:
        raise ConsultingError(_("This appointment has ended."), code="ended")
    if not may_cancel(meeting.offering, now):
        raise MoveTooLate
    _require_alone(meeting, reservation_id)
    if starts_at != meeting.starts_at:
        length = dt.timedelta(minutes=meeting.service.duration_minutes)
        require_no_overlap(
            person=reservation.person,
            seen_by=by,
            intervals=[(starts_at, starts_at + length)],
            ignoring_offering=meeting.offering_id,
            is_accepted=accepts_overlap,
        )
    return _move(meeting, starts_at, consultant_id, mode, by=by, now=now)


@atomic_retrying
def move_meeting(
    *,
    meeting_id: int,
    starts_at: dt.datetime,
    consultant_id: int | None,
    by: User | None,
    now: dt.datetime,
    mode: str = "",
    reason: str = "",
) -> Meeting:
    """The centre gives a meeting another time or consultant; everyone is told.

    The notice does not bind the centre, the hours of the consultant do. Raises
    SlotTaken, and ConsultingError for a meeting that has ended or begun.
    """
    meeting = _locked(meeting_id, towards=starts_at, now=now)
    return _move(
        meeting,
        starts_at,
        consultant_id,
        mode,
        by=by,
        now=now,
        reason=reason,
        by_centre=True,
    )


def _meeting_id(reservation_id: int) -> int:
    return Meeting.objects.values_list("pk", flat=True).get(
        offering__reservations=reservation_id
    )


def _locked(
    meeting_id: int, *, now: dt.datetime, towards: dt.datetime | None = None
) -> Meeting:
    """The meeting as it is now, under the lock of its offering.

    What expired holds keep around the time `towards` is freed under the same locks.
    """
    offering_id = Meeting.objects.values_list("offering_id", flat=True).get(
        pk=meeting_id
    )
    expired = expired_around(towards, now=now) if towards else []
    seats.lock([offering_id, *expired])
    release_expired(expired, now=now)
    return Meeting.objects.select_related(
        "block", "offering", "service__room", "consultant"
    ).get(pk=meeting_id)


def _move(
    meeting: Meeting,
    starts_at: dt.datetime,
    consultant_id: int | None,
    mode: str,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
    by_centre: bool = False,
) -> Meeting:
    mode = mode or meeting.mode
    _require_movable(meeting, now)
    if _is_there_already(meeting, starts_at, consultant_id, mode):
        return meeting
    freed = ledger.extent(meeting.block)
    change = _change_of(meeting, by=by, now=now, reason=reason, by_centre=by_centre)
    _take_other_time(meeting, starts_at, consultant_id, mode, now, by_centre=by_centre)
    _write_move(meeting, change)
    # Who gave the old time up shall not be offered it back.
    mover = meeting.live_reservations.values_list("pk", flat=True).first()
    pass_on(freed, now=now, passing_over=mover)
    return meeting


def move_to_kept_time(
    *, reservation_id: int, kept: Meeting, by: User | None, now: dt.datetime
) -> Meeting:
    """Give an appointment the time of an hour that ended in this transaction.

    The caller holds the locks of both offerings. Raises SlotTaken when the time went to
    leave or a closure, and ConsultingError when others share the appointment's hour.
    """
    meeting = _locked(_meeting_id(reservation_id), now=now)
    _require_movable(meeting, now)
    _require_alone(meeting, reservation_id)
    freed = ledger.extent(meeting.block)
    change = _change_of(meeting, by=by, now=now, reason="", by_centre=False)
    slot = Slot(kept.starts_at, kept.ends_at, kept.consultant_id)
    if not _try_move(meeting, kept.mode, slot, now=now):
        raise SlotTaken
    _write_move(meeting, change)
    pass_on(freed, now=now, passing_over=reservation_id)
    return meeting


def _require_alone(meeting: Meeting, reservation_id: int) -> None:
    if meeting.live_reservations.exclude(pk=reservation_id).exists():
        raise ConsultingError(
            _("Others share this hour. Please cancel and book another time."),
            code="shared",
        )


def _change_of(
    meeting: Meeting,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str,
    by_centre: bool,
) -> MeetingChange:
    """The (unsaved) history row of a move, while the meeting has its old time."""
    return MeetingChange(
        meeting=meeting,
        schedule_version=meeting.schedule_version + 1,
        at=now,
        by=by,
        is_by_centre=by_centre,
        from_starts_at=meeting.starts_at,
        from_consultant_id=meeting.consultant_id,
        reason=reason,
    )


def _write_move(meeting: Meeting, change: MeetingChange) -> None:
    meeting.schedule_version = change.schedule_version
    meeting.changed_at = change.at
    meeting.save()
    _move_offering(meeting, now=change.at)
    change.to_starts_at = meeting.starts_at
    change.to_consultant_id = meeting.consultant_id
    change.save()
    messages.tell_moved(meeting, change, now=change.at)


def _is_there_already(
    meeting: Meeting, starts_at: dt.datetime, consultant_id: int | None, mode: str
) -> bool:
    is_same_time = (meeting.starts_at, meeting.mode) == (starts_at, mode)
    return is_same_time and consultant_id in (None, meeting.consultant_id)


def _require_movable(meeting: Meeting, now: dt.datetime) -> None:
    if not meeting.is_live:
        raise ConsultingError(_("This appointment has ended."), code="ended")
    if meeting.starts_at <= now:
        raise ConsultingError(_("This meeting has already begun."), code="begun")


def _take_other_time(
    meeting: Meeting,
    starts_at: dt.datetime,
    consultant_id: int | None,
    mode: str,
    now: dt.datetime,
    *,
    by_centre: bool,
) -> None:
    """The first of the free consultants whose time can be taken; raises SlotTaken."""
    query: SlotQuery = {
        "service": meeting.service,
        "mode": mode,
        "consultant": consultant_id,
        "now": now,
        "ignoring_block": meeting.block_id,
        "by_centre": by_centre,
    }
    taken = meeting.block.claims.filter(ended_at=None)
    found = choose(starts_at, query, also=taken.values_list("resource", flat=True))
    for slot in found:
        if slot.meeting_id is None and _try_move(meeting, mode, slot, now=now):
            return
    raise SlotTaken(slots.nearest_slots(starts_at, **query))


def _try_move(meeting: Meeting, mode: str, slot: Slot, *, now: dt.datetime) -> bool:
    """Free the old time first: the new one may touch it, and need its machines."""
    try:
        with transaction.atomic():
            ledger.release(meeting.block, now=now)
            ledger.move(
                meeting.block,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                wants=meeting_wants(meeting.service, mode, slot, now=now),
                now=now,
            )
    except (BookingError, IntegrityError):
        return False
    place_meeting(meeting, mode, slot)
    return True


def _move_offering(meeting: Meeting, *, now: dt.datetime) -> None:
    offerings.set_start(
        offering_id=meeting.offering_id, starts_at=meeting.starts_at, now=now
    )
    meeting.offering.refresh_from_db()
    meeting.offering.closes_at = meeting.starts_at
    meeting.offering.save(update_fields=["closes_at"])


@atomic_retrying
def cancel_meeting(
    *, meeting_id: int, by: User | None, reason: str, now: dt.datetime
) -> Meeting:
    """The centre calls a meeting off: everyone is told why, its time is free again.

    Cancelling twice is quiet. Raises ConsultingError without a reason and for one
    that has begun.
    """
    meeting = _locked(meeting_id, now=now)
    if not meeting.is_live:
        return meeting
    if not reason.strip():
        raise ConsultingError(
            _("Write the reason; everyone will be told."), code="no_reason"
        )
    _require_movable(meeting, now)
    freed = ledger.extent(meeting.block)
    offerings.cancel_offering(
        offering_id=meeting.offering_id, by=by, reason=reason, now=now
    )
    end_meeting(meeting, reason=reason, now=now)
    close_with_hold(meeting.offering_id, now=now)
    pass_on(freed, now=now)
    return meeting


def end_meeting(meeting: Meeting, *, now: dt.datetime, reason: str = "") -> None:
    """Give the time of a meeting back; the caller holds the lock of its offering."""
    ledger.release(meeting.block, now=now)
    meeting.block.ended_at = now
    meeting.block.save(update_fields=["ended_at"])
    meeting.cancelled_at = meeting.changed_at = now
    meeting.cancel_reason = reason
    meeting.save(update_fields=["cancelled_at", "changed_at", "cancel_reason"])
