"""Closing a run that is over: how each place ended.

The rule, for the page of the staff and for the tick alike. What counts are the class
sessions that have a roll, and a person's minutes in them:

* no class session has a roll: everyone has completed it, because nobody said otherwise;
* there for at least 80 % of those minutes (HIDAJ_COMPLETE_PERCENT): completed;
* marked absent each time, and never there or excused: did not come;
* everybody else, and a place without a name: not completed.

What somebody attended in a run that they moved from counts here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import User
from booking.models import OVER, Reservation, ReservationState
from booking.services.endings import end_place
from core.transactions import atomic_retrying
from courses.exceptions import CoursesError
from courses.models import THERE, Attendance, CourseRun, Mark, RunState
from courses.services.placing import lock_run

# Why an end was written that no person chose.
BY_RULE = "by_rule"


@dataclass(frozen=True)
class Proposal:
    """How a place ended by the rule, and from what that follows."""

    reservation: Reservation
    end: ReservationState
    minutes: int
    of_minutes: int
    there: int
    of_sessions: int

    @property
    def percent(self) -> int:
        """Of the class time that has a roll; 100 when there is none."""
        return self.minutes * 100 // self.of_minutes if self.of_minutes else 100


def proposals(run: CourseRun) -> list[Proposal]:
    """For each place that has no end yet, by name; three queries."""
    rolls = list(
        run.sessions.planned().filter(
            Exists(Attendance.objects.filter(class_session=OuterRef("pk")))
        )
    )
    marks: dict[int, list[tuple[str, int]]] = {}
    places = list(_without_end(run))
    before = _moved_from(places)
    rows = Attendance.objects.filter(
        Q(class_session__in=rolls) | Q(reservation__in=before)
    )
    for pk, mark, minutes in rows.values_list("reservation", "mark", "minutes"):
        marks.setdefault(before.get(pk, pk), []).append((mark, minutes))
    of_minutes = sum(session.minutes for session in rolls)
    return [
        _proposal(reservation, marks.get(reservation.pk, []), of_minutes, len(rolls))
        for reservation in places
    ]


def _moved_from(places: Iterable[Reservation]) -> dict[int, int]:
    """The place of the same person in another run that each one was before, if any.

    What somebody attended there follows them here.
    """
    return {
        old.pk: place.pk
        for place in places
        if (old := place.previous) is not None
        and old.person_id == place.person_id
        and old.offering_id != place.offering_id
    }


def _without_end(run: CourseRun) -> Iterable[Reservation]:
    return (
        Reservation.objects.confirmed()
        .filter(offering=run.offering_id)
        .select_related("person__firm", "previous")
        .order_by("person__search_key", "pk")
    )


def _proposal(
    reservation: Reservation,
    marks: list[tuple[str, int]],
    of_minutes: int,
    of_sessions: int,
) -> Proposal:
    minutes = sum(minutes for _mark, minutes in marks)
    names = [mark for mark, _minutes in marks]
    end = ReservationState.INCOMPLETE
    if reservation.person_id is not None:
        end = end_by_rule(names, minutes, of_minutes)
    there = sum(mark in THERE for mark in names)
    return Proposal(reservation, end, minutes, of_minutes, there, of_sessions)


def end_by_rule(marks: list[str], minutes: int, of_minutes: int) -> ReservationState:
    """The rule of this module for one person; `of_minutes` 0 means no roll at all."""
    if minutes * 100 >= settings.HIDAJ_COMPLETE_PERCENT * of_minutes:
        return ReservationState.COMPLETED
    if marks and set(marks) == {Mark.ABSENT}:
        return ReservationState.NO_SHOW
    return ReservationState.INCOMPLETE


@atomic_retrying
def close_run(
    *,
    run_id: int,
    by: User | None,
    now: dt.datetime,
    ends: Mapping[int, str] | None = None,
) -> CourseRun:
    """Write how every place of a run ended, and that it is closed.

    `ends` are states by the key of the reservation, where staff chose; the rule decides
    about the others. Closing twice ends only what was left. Raises CoursesError before
    the end and for a run that did not take place.
    """
    run = lock_run(run_id)
    if run.state != RunState.PUBLISHED:
        raise CoursesError(_("This run did not take place."), code="not_published")
    if run.last_session_at > now:
        raise CoursesError(_("This run is not over yet."), code="not_over")
    chosen = {pk: end for pk, end in (ends or {}).items() if end in OVER}
    for proposal in proposals(run):
        pk = proposal.reservation.pk
        end_place(
            reservation_id=pk,
            to=chosen.get(pk, proposal.end),
            by=by,
            now=now,
            reason="" if pk in chosen else BY_RULE,
        )
    if run.closed_at is None:
        run.closed_at, run.closed_by = now, by
        run.save(update_fields=["closed_at", "closed_by"])
    return run


def close_runs_over(now: dt.datetime) -> int:
    """Close by the rule what nobody closed in some days; a step of the tick."""
    over = CourseRun.objects.to_close(
        now - dt.timedelta(days=settings.HIDAJ_CLOSE_RUN_DAYS)
    )
    pks = list(over.values_list("pk", flat=True))
    for pk in pks:
        close_run(run_id=pk, by=None, now=now)
    return len(pks)
