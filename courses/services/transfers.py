"""Moving enrolments to another run of the same course."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from booking.models import ApprovalReason, Reservation
from booking.overlaps import require_no_overlap
from booking.services import transfers
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import CourseRun, RunState
from courses.services.eligibility import require_audience, require_no_need


def runs_to_move_to(
    run: CourseRun, *, places: int, now: dt.datetime, by_centre: bool = False
) -> list[CourseRun]:
    """Other runs of the course with so many free places, nearest first.

    A person sees those that can be booked; the centre all that are published and not
    over.
    """
    rows = CourseRun.objects.with_details(now).published().upcoming(now)
    others = rows.filter(course=run.course_id).exclude(pk=run.pk)
    return [
        other
        for other in others
        if other.places_left >= places
        and (by_centre or other.offering.is_bookable(now))
    ]


@atomic_retrying
def move_enrolments(
    *,
    reservation_ids: Sequence[int],
    to_run_id: int,
    by: User | None,
    now: dt.datetime,
    by_centre: bool = False,
    reason: str = "",
    accepts_overlap: bool = False,
) -> list[Reservation]:
    """Move places of one party to another run of the course, all or none.

    Never neither, never both; everyone is told once. Raises CoursesError for another
    course, a run that is not open to the public or over, its audience and approval,
    and a missing reason of the centre; booking's Overlapping, unless the person
    accepts that or the centre moves; and what `booking.services.transfers.transfer`
    raises.
    """
    to = CourseRun.objects.select_related("offering").get(pk=to_run_id)
    places = Reservation.objects.filter(pk__in=reservation_ids)
    _require_same_course(places.values_list("offering", flat=True)[0], to)
    if to.state != RunState.PUBLISHED or to.last_session_at <= now:
        raise CoursesError(_("This run is not open to the public."), code="closed")
    require_audience(to, [place.person for place in places.select_related("person")])
    if not by_centre:
        _require_decided(to, places.select_related("person__firm"), now)
        _require_no_overlap(
            to, places.select_related("person"), by, now, accepts_overlap
        )
    if by_centre and not reason.strip():
        raise CoursesError(
            _("Write the reason; everyone will be told."), code="no_reason"
        )
    return transfers.transfer(
        reservation_ids=list(reservation_ids),
        to_offering_id=to.offering_id,
        by=by,
        now=now,
        by_centre=by_centre,
        reason=reason,
    )


def _require_decided(
    to: CourseRun, places: Iterable[Reservation], now: dt.datetime
) -> None:
    """A move is no new booking, but no way around the approval of the other run."""
    for place in places:
        decided = {*place.approval_reasons, ApprovalReason.NO_SHOWS}
        if place.person is not None:
            require_no_need(to, place.person, now, decided=decided)


def _require_no_overlap(
    to: CourseRun,
    places: Iterable[Reservation],
    by: User | None,
    now: dt.datetime,
    is_accepted: bool,
) -> None:
    for place in places:
        require_no_overlap(
            person=place.person,
            seen_by=by,
            intervals=to.intervals_after(now),
            ignoring_offering=place.offering_id,
            is_accepted=is_accepted,
        )


def _require_same_course(offering_id: int, to: CourseRun) -> None:
    run = CourseRun.objects.get(offering=offering_id)
    if run.course_id != to.course_id:
        raise CoursesError(
            _("A place can be moved to another run of the same course only."),
            code="other_course",
        )
