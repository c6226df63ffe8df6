"""Invariants 8, 11 and 12 for courses, and what runs and class sessions add to 3."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from booking.audit_history import SLACK
from booking.models import (
    Claim,
    OfferingKind,
    Reservation,
    ReservationState,
    StatusChange,
)
from booking.recipients import recipients
from courses import messages, several
from courses.messages import PARTY_KINDS
from courses.models import (
    ClassSession,
    CourseRun,
    NoticeKind,
    RunState,
    SessionChange,
    SessionNotice,
    SessionState,
)
from notifications.models import OutboxMessage

CONFIRMED_KINDS = (
    "enrolment_confirmed",
    "registered_by_other",
    "enrolment_approved",
    "moved_to_run",
)
PASSED_KINDS = ("place_passed_on",)
# What a person hears when a place came into a state.
STATE_KINDS = {
    ReservationState.PENDING: ("enrolment_asked", "request not told"),
    ReservationState.REFUSED: ("enrolment_refused", "refusal not told"),
    ReservationState.NO_SHOW: ("enrolment_no_show", "no-show not told"),
}
LAPSED_KINDS = ("enrolment_lapsed",)
WAITING_KINDS = ("enrolment_waitlisted", "draw_applied")
ENDED_KINDS = (
    "enrolment_cancelled",
    "enrolment_cancelled_by_centre",
    "run_cancelled",
    "left_waiting_list",
)
# Ends of a turn that the person chose on the page need no message.
QUIET_ENDS = ("left", "declined")


def _told(kinds: tuple[str, ...]) -> Q:
    """There is a message about the place, or one about its party to the booker."""
    of_party = {PARTY_KINDS[kind] for kind in kinds if kind in PARTY_KINDS}
    about = OutboxMessage.objects.filter(subject_kind=messages.RESERVATION)
    together = Reservation.objects.filter(party=OuterRef(OuterRef("party")))
    return Q(Exists(about.filter(subject_id=OuterRef("pk"), kind__in=kinds))) | Q(
        Exists(about.filter(subject_id__in=together.values("pk"), kind__in=of_party))
    )


def _untold(
    rows: QuerySet[Reservation], kinds: tuple[str, ...], what: str
) -> list[str]:
    missing = rows.exclude(_told(kinds)).select_related("person__user", "party")
    return [f"reservation {r.pk}: {what}" for r in missing if recipients(r)]


def changes_were_told() -> list[str]:
    """Every place taken, awaited or ended has its outbox row."""
    rows = Reservation.objects.filter(offering__kind=OfferingKind.COURSE_RUN)
    history = StatusChange.objects.filter(reservation=OuterRef("pk"))
    was = {state: Exists(history.filter(to_state=state)) for state in ReservationState}
    booked = rows.without_holds()
    ended = booked.filter(state=ReservationState.CANCELLED).exclude(
        Exists(
            history.filter(
                from_state=ReservationState.WAITING,
                to_state=ReservationState.CANCELLED,
                reason__in=QUIET_ENDS,
            )
        )
    )
    return [
        *_untold(
            rows.filter(was[ReservationState.CONFIRMED]),
            CONFIRMED_KINDS,
            "not told",
        ),
        *_untold(
            rows.filter(was[ReservationState.WAITING]), WAITING_KINDS, "turn not told"
        ),
        *_untold(ended, ENDED_KINDS, "end not told"),
        *_untold(
            rows.filter(was[ReservationState.EXPIRED], was[ReservationState.PENDING]),
            LAPSED_KINDS,
            "lapse not told",
        ),
        *(
            line
            for state, (kind, words) in STATE_KINDS.items()
            for line in _untold(rows.filter(was[state]), (kind,), words)
        ),
        *_untold(
            rows.filter(
                state=ReservationState.TRANSFERRED, successors__party=F("party")
            ),
            PASSED_KINDS,
            "not told that it was given on",
        ),
    ]


def session_changes_were_told() -> list[str]:
    """Whoever had a place when a class session changed has a notice with its row."""
    told = Exists(
        OutboxMessage.objects.filter(
            subject_kind=messages.NOTICE, subject_id=OuterRef("pk")
        )
    )
    notices = SessionNotice.objects.exclude(told).select_related(
        "reservation__person__user", "reservation__party"
    )
    return [
        f"notice {notice.pk}: no message" for notice in notices if _is_reached(notice)
    ] + _missing_notices()


def _is_reached(notice: SessionNotice) -> bool:
    """Whether somebody should have a message about this very notice.

    The booker of several places has one for all of them.
    """
    party = several.party_recipient
    place = notice.reservation
    reached = recipients(place)
    if any(party(place, to) is None for to in reached):
        return True
    siblings = SessionNotice.objects.filter(
        class_session=notice.class_session_id,
        kind=notice.kind,
        schedule_version=notice.schedule_version,
        reservation__party=place.party_id,
    )
    told = OutboxMessage.objects.filter(
        subject_kind=messages.NOTICE, subject_id__in=siblings.values("pk")
    )
    return bool(reached) and not told.exists()


def _missing_notices() -> list[str]:
    """Who had a place at the newest change of a class session and has no notice.

    A booking takes no lock: one that began just before may have been committed just
    after. Its confirmation, written when it is sent, says the new dates.
    """
    current = SessionChange.objects.filter(
        schedule_version=F("class_session__schedule_version"),
        class_session__run__state=RunState.PUBLISHED,
    ).select_related("class_session__run")
    lines = []
    for change in current:
        session = change.class_session
        noticed = session.notices.filter(
            kind__in=(NoticeKind.MOVED, NoticeKind.CANCELLED),
            schedule_version=change.schedule_version,
        )
        missing = Reservation.objects.filter(
            offering=session.run.offering_id,
            state=ReservationState.CONFIRMED,
            changed_at__lt=change.at - SLACK,
        ).exclude(pk__in=noticed.values("reservation"))
        lines += [f"session {session.pk} reservation {r.pk}: not told" for r in missing]
    return lines


def closed_runs_have_ends() -> list[str]:
    """In a run that was closed no place is left without an end."""
    left = Reservation.objects.confirmed().filter(
        offering__course_run__closed_at__isnull=False
    )
    return [f"reservation {r.pk}: its run is closed, it has no end" for r in left]


def versions_match_history() -> list[str]:
    """The schedule version of a class session is the number of its changes."""
    newest = Coalesce(Max("changes__schedule_version"), 0)
    wrong = ClassSession.objects.annotate(newest=newest).exclude(
        schedule_version=F("newest")
    )
    return [
        f"session {s.pk}: version {s.schedule_version}, history {s.newest}"
        for s in wrong
    ]


def times_match_walls() -> list[str]:
    """UTC is what the promised wall time and zone give today."""
    lines = []
    for session in ClassSession.objects.order_by("pk"):
        zone = ZoneInfo(session.zone)
        start, end = (
            dt.datetime.combine(session.wall_on, wall, zone).astimezone(dt.UTC)
            for wall in (session.wall_start, session.wall_end)
        )
        if (start, end) != (session.starts_at, session.ends_at):
            lines.append(
                f"class session {session.pk}: {session.wall_on} {session.wall_start}"
                f" {session.zone} is {start:%Y-%m-%dT%H:%MZ},"
                f" stored {session.starts_at:%Y-%m-%dT%H:%MZ}"
            )
    return lines


def runs_match_sessions() -> list[str]:
    """A run and its offering begin and end with its class sessions."""
    runs = CourseRun.objects.exclude(state=RunState.CANCELLED).annotate(
        first=Min("sessions__starts_at", filter=_planned()),
        last=Max("sessions__ends_at", filter=_planned()),
    )
    wrong = runs.filter(
        Q(first=None)
        | Q(offering__starts_at=None)
        | ~Q(first=F("first_session_at"))
        | ~Q(last=F("last_session_at"))
        | ~Q(offering__starts_at=F("first_session_at"))
    )
    return [f"run {run.pk}: dates do not match its class sessions" for run in wrong]


def _planned() -> Q:
    return Q(sessions__state=SessionState.PLANNED)


def sessions_have_their_claims() -> list[str]:
    """A planned class session takes its room and instructors; a cancelled one none."""
    taken: dict[int, set[int]] = defaultdict(set)
    claims = Claim.objects.filter(ended_at=None, block__class_session__isnull=False)
    for block_id, resource_id in claims.values_list("block_id", "resource_id"):
        taken[block_id].add(resource_id)
    sessions = ClassSession.objects.select_related("block", "room__resource")
    lines = []
    for session in sessions.prefetch_related("instructors__resource"):
        teachers = session.instructors.all()
        needed = {session.room.resource.pk, *(p.resource.pk for p in teachers)}
        has = taken[session.block_id]
        if session.is_planned and not needed <= has:
            lines.append(f"session {session.pk}: its time is not taken")
        if not session.is_planned and has:
            lines.append(f"session {session.pk}: cancelled, but takes time")
        if (session.block.starts_at, session.block.ends_at) != (
            session.starts_at,
            session.ends_at,
        ):
            lines.append(f"session {session.pk}: its block has another time")
    return lines
