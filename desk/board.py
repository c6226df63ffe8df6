"""What the board shows: runs ahead, troubled messages, what ends soon."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from booking.models import Offer
from courses.models import ClassSession, CourseRun, Phase, RunState
from notifications.models import OutboxMessage, OutboxQuerySet, State

TROUBLED = (State.FAILED, State.UNKNOWN, State.UNDELIVERED)
TROUBLE_SHOWN_FOR = dt.timedelta(days=7)
SOON = dt.timedelta(days=3)
STARTS_SOON = dt.timedelta(days=7)
RUNS_SHOWN = 40


@dataclass(frozen=True)
class RunRow:
    """A run in a list: where it stands and its next class session."""

    run: CourseRun
    phase: Phase
    next: ClassSession | None

    @property
    def is_below_minimum(self) -> bool:
        """Whether fewer people have a place than the run needs."""
        is_on = self.phase not in (Phase.CANCELLED, Phase.DRAFT, Phase.FINISHED)
        return is_on and self.run.offering.seats_taken < self.run.min_to_run


def run_row(run: CourseRun, now: dt.datetime) -> RunRow:
    """A row from what `with_details` has read."""
    ahead = (s for s in run.planned_sessions if s.starts_at > now)
    return RunRow(run, run.phase(now), next(ahead, None))


def runs_ahead(now: dt.datetime) -> list[RunRow]:
    """Runs that are not over, nearest first, without cancelled ones."""
    rows = CourseRun.objects.upcoming(now).exclude(state=RunState.CANCELLED)
    return [run_row(run, now) for run in rows.with_details(now)[:RUNS_SHOWN]]


def troubled_messages(now: dt.datetime) -> OutboxQuerySet:
    """Messages of the last days that did not go through, or perhaps did not."""
    return OutboxMessage.objects.filter(
        state__in=TROUBLED, created_at__gte=now - TROUBLE_SHOWN_FOR
    ).order_by("-created_at", "-pk")


@dataclass(frozen=True)
class EndingSoon:
    """Things with a deadline in the next days."""

    closing: list[CourseRun]
    below_minimum: list[RunRow]
    offers: list[Offer]
    to_close: list[CourseRun]

    @property
    def is_empty(self) -> bool:
        ends = (self.closing, self.below_minimum, self.offers, self.to_close)
        return not any(ends)


def ending_soon(rows: list[RunRow], now: dt.datetime) -> EndingSoon:
    """Booking windows that close, runs too small that start, offers that lapse."""
    bookable = [row.run for row in rows if row.phase in (Phase.OPEN, Phase.FULL)]
    offers = (
        Offer.objects.open()
        .filter(offering__course_run__isnull=False)
        .select_related("offering__course_run__course", "entry__party")
        .order_by("expires_at")
    )
    return EndingSoon(
        closing=[
            run
            for run in bookable
            if run.offering.closes_at and run.offering.closes_at <= now + SOON
        ],
        below_minimum=[
            row
            for row in rows
            if row.is_below_minimum
            and now < row.run.first_session_at <= now + STARTS_SOON
        ],
        offers=list(offers[:20]),
        to_close=list(CourseRun.objects.to_close(now).select_related("course")[:20]),
    )
