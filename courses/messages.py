"""Who is told what: outbox rows, written in the transaction of what they tell.

What the messages say is in `courses.kinds` and `courses.values`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import Q, prefetch_related_objects

from accounts.models import Person
from booking.models import (
    Draw,
    EntryState,
    Offer,
    Reservation,
    ReservationState,
    WaitingEntry,
)
from booking.owners import Event
from booking.recipients import (
    PERSON,
    Notice,
    Recipient,
    as_recipient,
    booker_recipient,
    is_told_by_whom,
    recipients,
    send,
    send_all,
)
from courses import several
from courses.models import (
    ClassSession,
    CourseInterest,
    CourseRun,
    NoticeKind,
    RunState,
    SessionChange,
    SessionNotice,
    TeacherChange,
)
from notifications import services as outbox

# What the booker of several places hears instead, about all of them at once.
PARTY_KINDS = {
    "enrolment_confirmed": several.CONFIRMED,
    "registered_by_other": several.CONFIRMED,
    **{
        name: several.PREFIX + name
        for name in (
            "enrolment_cancelled",
            "enrolment_cancelled_by_centre",
            "enrolment_waitlisted",
            "left_waiting_list",
            "moved_to_run",
            "offer_expired",
            "run_cancelled",
        )
    },
}

RESERVATION = "reservation"
OFFER = "offer"
NOTICE = "session_notice"
CHANGE = "session_change"
TEACHER_CHANGE = "teacher_change"
RUN = "course_run"
INTEREST = "course_interest"

# Instructors hear at once of bookings that concern a class this near.
TEACHER_NOTICE = dt.timedelta(hours=48)
# A confirmation that could not be sent for so long says nothing new any more.
STALE = dt.timedelta(days=3)


def _run_of(reservation: Reservation) -> CourseRun:
    # Nothing is read again when the service came from the run.
    prefetch_related_objects([reservation.offering], "course_run__course")
    return reservation.offering.course_run


def tell(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """What booking calls when something happened to a place in a run."""
    run = _run_of(reservation)
    if event in (Event.OFFERED, Event.OFFER_EXTENDED):
        _tell_offered(reservation, run, now)
        return
    kind = _kind(event, reservation, run)
    told = [
        _told(event, kind, reservation, run, to, now)
        for to in _hearers(event, reservation)
    ]
    send_all(told, now=now)
    if event == Event.MOVED:
        _tell_instructors_moved(reservation, run, now)
    else:
        _tell_instructors(event, reservation, run, now)
    _drop_overtaken(event, reservation, now)


def _told(
    event: Event,
    kind: str,
    reservation: Reservation,
    run: CourseRun,
    to: Recipient,
    now: dt.datetime,
) -> tuple[Notice, Recipient]:
    """What one of those who hear is told: of the place, or of the whole party."""
    tag = f"{reservation.pk}:{reservation.version}"
    if event == Event.DRAWN:
        tag += ":drawn"
    if event == Event.OFFER_EXPIRED:
        tag += f":{_entry(reservation).missed_offers}"
    kind = _for_recipient(kind, reservation, to)
    party = several.party_recipient(reservation, to)
    of_party = PARTY_KINDS.get(kind)
    if party and of_party and event not in (Event.NAMED, Event.PASSED_ON):
        to, kind, tag = party, of_party, several.party_tag(reservation, now)
    notice = Notice(
        kind=kind,
        subject_kind=RESERVATION,
        subject_id=reservation.pk,
        tag=tag,
        expires_at=now + STALE,
        concerns_at=run.first_session_at,
        version=reservation.version,
    )
    return notice, to


def _tell_instructors_moved(
    reservation: Reservation, run: CourseRun, now: dt.datetime
) -> None:
    """The instructors of both runs: a place went here and came there."""
    _tell_instructors(Event.BOOKED, reservation, run, now)
    if reservation.previous is not None:
        old = reservation.previous
        _tell_instructors(Event.CANCELLED_BY_PERSON, old, _run_of(old), now)


def _hearers(event: Event, reservation: Reservation) -> list[Recipient]:
    """That somebody did not come is between them and the centre.

    A change of hands is between two people; their booker made it.
    """
    hearers = recipients(reservation)
    if event in (Event.NO_SHOW, Event.NO_SHOW_LIFTED):
        return hearers[:1]
    if event in (Event.NAMED, Event.PASSED_ON):
        return [to for to in hearers if to.role == PERSON]
    return hearers


def _kind(event: Event, reservation: Reservation, run: CourseRun) -> str:
    if event == Event.CANCELLED_BY_CENTRE:
        if run.state == RunState.CANCELLED:
            return "run_cancelled"
        if _was_waiting(reservation):
            return "left_waiting_list"
    is_waiting = reservation.state == ReservationState.WAITING
    return {
        Event.NAMED: "enrolment_waitlisted" if is_waiting else "enrolment_confirmed",
        Event.PASSED_ON: "place_passed_on",
        Event.MOVED: "moved_to_run",
        Event.BOOKED: "enrolment_confirmed",
        Event.ASKED: "enrolment_asked",
        Event.APPROVED: "enrolment_approved",
        Event.REFUSED: "enrolment_refused",
        Event.APPROVAL_EXPIRED: "enrolment_lapsed",
        Event.NO_SHOW: "enrolment_no_show",
        Event.NO_SHOW_LIFTED: "enrolment_no_show_lifted",
        Event.WAITLISTED: "enrolment_waitlisted",
        Event.APPLIED: "draw_applied",
        Event.DRAWN: "draw_result",
        Event.OFFER_EXPIRED: "offer_expired",
        Event.LEFT_LIST: "left_waiting_list",
        Event.CANCELLED_BY_PERSON: "enrolment_cancelled",
        Event.CANCELLED_BY_CENTRE: "enrolment_cancelled_by_centre",
    }[event]


def was_firm(reservation: Reservation) -> bool:
    """Whether this was a confirmed place once: no turn in line, no request."""
    changes = reservation.status_changes.filter(to_state=ReservationState.CONFIRMED)
    return changes.exists()


def _was_waiting(reservation: Reservation) -> bool:
    entry = WaitingEntry.objects.filter(party=reservation.party_id)
    return entry.exclude(state=EntryState.TAKEN).exists()


def _entry(reservation: Reservation) -> WaitingEntry:
    return WaitingEntry.objects.get(party=reservation.party_id)


def _for_recipient(kind: str, reservation: Reservation, to: Recipient) -> str:
    """A learner whom somebody else registered is told by whom."""
    if kind == "enrolment_confirmed" and is_told_by_whom(reservation, to):
        return "registered_by_other"
    return kind


def _drop_overtaken(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """A place that ended needs no reminder; the sender would drop it anyway."""
    ended = (Event.CANCELLED_BY_PERSON, Event.CANCELLED_BY_CENTRE, Event.PASSED_ON)
    gone = reservation.previous if event == Event.MOVED else reservation
    if event in (*ended, Event.MOVED):
        for notice in SessionNotice.objects.filter(reservation=gone):
            outbox.supersede(
                subject_kind=NOTICE,
                subject_id=notice.pk,
                state="cancelled",
                now=now,
            )


def _tell_offered(reservation: Reservation, run: CourseRun, now: dt.datetime) -> None:
    offer = Offer.objects.open().get(entry__party=reservation.party_id)
    is_drawn = Draw.objects.filter(
        offering=run.offering_id, drawn_at=offer.made_at
    ).exists()
    for to in recipients(reservation):
        # The booker of several people has one offer, and one message; a later
        # deadline is news.
        tag = f"{offer.pk}:{offer.expires_at:%Y%m%dT%H%M}"
        if to.role == PERSON:
            tag += f":{reservation.pk}"
        notice = Notice(
            kind="draw_won" if is_drawn else "place_offered",
            subject_kind=OFFER,
            subject_id=offer.pk,
            tag=tag,
            expires_at=offer.expires_at,
            concerns_at=run.first_session_at,
        )
        send(notice, to, now=now)


def _tell_instructors(
    event: Event, reservation: Reservation, run: CourseRun, now: dt.datetime
) -> None:
    """Instructors hear of places that come or go shortly before a class."""
    goes = (Event.CANCELLED_BY_PERSON, Event.CANCELLED_BY_CENTRE)
    if (
        event not in (Event.BOOKED, Event.APPROVED, *goes)
        or run.state != RunState.PUBLISHED
    ):
        return
    if run.first_session_at > now + TEACHER_NOTICE or run.last_session_at <= now:
        return
    if event in goes and not was_firm(reservation):
        return
    coming = run.sessions.planned().filter(
        starts_at__gt=now, starts_at__lte=now + TEACHER_NOTICE
    )
    session = coming.order_by("starts_at").first()
    if session is None:
        return
    for person in session.instructors.select_related("user"):
        to = as_recipient(f"teacher-{person.pk}", person)
        notice = Notice(
            kind="instructor_booking_notice",
            subject_kind=RESERVATION,
            subject_id=reservation.pk,
            tag=f"{reservation.pk}:{reservation.version}",
            expires_at=session.ends_at,
            concerns_at=session.starts_at,
            version=reservation.version,
        )
        send(notice, to, now=now)


def _confirmed(run: CourseRun) -> Iterable[Reservation]:
    return (
        Reservation.objects.filter(
            offering=run.offering_id, state=ReservationState.CONFIRMED
        )
        .select_related("person__user", "party__booked_by")
        .order_by("pk")
    )


def drop_reminders(session: ClassSession, *, now: dt.datetime) -> None:
    """What was planned for the old time of a class session is overtaken."""
    for notice in SessionNotice.objects.filter(class_session=session):
        outbox.supersede(subject_kind=NOTICE, subject_id=notice.pk, now=now)


def tell_session_changed(
    session: ClassSession, change: SessionChange, *, now: dt.datetime
) -> None:
    """Tell everyone enrolled and the instructors of another time or room, or the end.

    A draft tells nobody: its plan is not settled.
    """
    drop_reminders(session, now=now)
    if session.run.state != RunState.PUBLISHED:
        return
    is_moved = change.to_starts_at is not None
    concerns_at = min(change.from_starts_at, change.to_starts_at or session.starts_at)
    for reservation in _confirmed(session.run):
        notice = SessionNotice.objects.create(
            class_session=session,
            reservation=reservation,
            kind=NoticeKind.MOVED if is_moved else NoticeKind.CANCELLED,
            schedule_version=session.schedule_version,
        )
        for to in recipients(reservation):
            party = several.party_recipient(reservation, to)
            news = Notice(
                kind="class_session_moved" if is_moved else "class_session_cancelled",
                subject_kind=NOTICE,
                subject_id=notice.pk,
                tag=_session_tag(notice, reservation) if party else str(notice.pk),
                expires_at=max(change.from_starts_at, session.ends_at),
                concerns_at=concerns_at,
                version=session.schedule_version,
            )
            send(news, party or to, now=now)
    _tell_teachers_changed(session, change, concerns_at, now)


def _session_tag(notice: SessionNotice, reservation: Reservation) -> str:
    """The booker of several places hears once of a change of a class session."""
    version = f"{notice.class_session_id}:{notice.schedule_version}"
    return f"party:{reservation.party_id}:{version}"


def _tell_teachers_changed(
    session: ClassSession,
    change: SessionChange,
    concerns_at: dt.datetime,
    now: dt.datetime,
) -> None:
    swapped = session.teacher_changes.filter(is_on=True, at=change.at).values("person")
    for person in session.instructors.exclude(pk__in=swapped).select_related("user"):
        notice = Notice(
            kind="teaching_changed",
            subject_kind=CHANGE,
            subject_id=change.pk,
            tag=str(change.pk),
            expires_at=max(change.from_starts_at, session.ends_at),
            concerns_at=concerns_at,
            version=session.schedule_version,
        )
        send(notice, as_recipient(f"teacher-{person.pk}", person), now=now)


def tell_teachers_swapped(
    changes: Sequence[TeacherChange], *, now: dt.datetime
) -> None:
    """Tell who gives a class session from now on, and who does not any more."""
    for change in changes:
        session = change.class_session
        if session.run.state != RunState.PUBLISHED:
            continue
        notice = Notice(
            kind="teaching_given" if change.is_on else "teaching_taken",
            subject_kind=TEACHER_CHANGE,
            subject_id=change.pk,
            tag=str(change.pk),
            expires_at=session.ends_at,
            concerns_at=session.starts_at,
        )
        to = as_recipient(f"teacher-{change.person_id}", change.person)
        send(notice, to, now=now)


def tell_session_added(session: ClassSession, *, now: dt.datetime) -> None:
    """Tell everyone enrolled and the instructors of one more class session."""
    if session.run.state != RunState.PUBLISHED:
        return
    for reservation in _confirmed(session.run):
        notice = SessionNotice.objects.create(
            class_session=session,
            reservation=reservation,
            kind=NoticeKind.ADDED,
            schedule_version=session.schedule_version,
        )
        for to in recipients(reservation):
            news = Notice(
                kind="class_session_added",
                subject_kind=NOTICE,
                subject_id=notice.pk,
                tag=str(notice.pk),
                expires_at=session.ends_at,
                concerns_at=session.starts_at,
                version=session.schedule_version,
            )
            send(news, to, now=now)


def tell_instructors_run_cancelled(run: CourseRun, *, now: dt.datetime) -> None:
    """Tell the instructors of a cancelled run, and who was to give a part of it."""
    coming = run.sessions.filter(starts_at__gt=now).values("pk")
    concerned = Person.objects.filter(
        Q(taught_runs=run) | Q(taught_sessions__in=coming)
    )
    for person in concerned.select_related("user").distinct():
        notice = Notice(
            kind="teaching_run_cancelled",
            subject_kind=RUN,
            subject_id=run.pk,
            tag=str(run.pk),
            expires_at=run.last_session_at,
            concerns_at=run.first_session_at,
        )
        send(notice, as_recipient(f"teacher-{person.pk}", person), now=now)


def tell_interested(run: CourseRun, *, now: dt.datetime) -> None:
    """Tell those who asked to hear of the course, each once a wish."""
    interests = CourseInterest.objects.unanswered().filter(course=run.course_id)
    for interest in interests.select_related("person__user").order_by("pk"):
        to = as_recipient(PERSON, interest.person)
        interest.notified_at, interest.notified_run = now, run
        interest.save(update_fields=["notified_at", "notified_run"])
        if to.phone:
            notice = Notice(
                kind="run_opened",
                subject_kind=INTEREST,
                subject_id=interest.pk,
                tag=f"{interest.pk}:{run.pk}",
                expires_at=run.offering.closes_at or run.first_session_at,
            )
            send(notice, to, now=now)


def send_reminder(
    notice: SessionNotice,
    session: ClassSession,
    reservation: Reservation,
    *,
    due_at: dt.datetime,
    now: dt.datetime,
) -> None:
    """Remind the learner of a class session; the booker of an unreachable one."""
    for to in recipients(reservation)[:1]:
        news = Notice(
            kind="class_reminder",
            subject_kind=NOTICE,
            subject_id=notice.pk,
            tag=str(notice.pk),
            due_at=max(due_at, now),
            expires_at=session.starts_at - dt.timedelta(hours=1),
            concerns_at=session.starts_at,
            version=session.schedule_version,
        )
        send(news, to, now=now)


def send_names_reminder(
    reservation: Reservation, *, due_at: dt.datetime, now: dt.datetime
) -> bool:
    """Remind a booker of the names of a party; staff need no reminder of theirs."""
    booker = booker_recipient(reservation.party.booked_by)
    until = reservation.offering.names_until_at
    if booker is None or until is None:
        return False
    notice = Notice(
        kind=several.NAMES_NEEDED,
        subject_kind=RESERVATION,
        subject_id=reservation.pk,
        tag=f"party:{reservation.party_id}:{until:%Y%m%dT%H%M}",
        due_at=max(due_at, now),
        expires_at=until,
        concerns_at=reservation.offering.starts_at,
    )
    send(notice, booker, now=now)
    return True
