"""Who is told what: outbox rows, written in the transaction of what they tell.

What the messages say is in `courses.kinds` and `courses.values`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import Language, Person, Role, RoleGrant, User
from booking.models import (
    EntryState,
    Offer,
    Reservation,
    ReservationState,
    WaitingEntry,
)
from booking.owners import Event
from courses.models import (
    ClassSession,
    CourseInterest,
    CourseRun,
    NoticeKind,
    RunState,
    SessionChange,
    SessionNotice,
)
from notifications import services as outbox
from notifications.models import Channel

RESERVATION = "reservation"
OFFER = "offer"
NOTICE = "session_notice"
CHANGE = "session_change"
RUN = "course_run"
INTEREST = "course_interest"

STAFF = (Role.RECEPTION, Role.PLANNER, Role.MANAGER)
# Instructors hear at once of bookings that concern a class this near.
TEACHER_NOTICE = dt.timedelta(hours=48)
# A confirmation that could not be sent for so long says nothing new any more.
STALE = dt.timedelta(days=3)


@dataclass(frozen=True)
class Recipient:
    """One who is reached: `role` keeps the rows of several apart."""

    role: str
    phone: str
    email: str
    language: str


def _as_recipient(role: str, person: Person) -> Recipient:
    phone = person.contact_phone or (person.user.phone if person.user else "")
    return Recipient(role, phone, person.email, person.language)


def booker_recipient(user: User) -> Recipient | None:
    """How the booker is reached; None for staff, who book for callers."""
    if RoleGrant.objects.filter(user=user, role__in=STAFF).exists():
        return None
    person = Person.objects.filter(user=user).first()
    language = person.language if person else Language.PERSIAN
    email = (person.email if person else "") or user.email
    return Recipient("booker", user.phone, email, language)


def recipients(reservation: Reservation) -> list[Recipient]:
    """The learner, and the booker when that is somebody on another number."""
    booker = booker_recipient(reservation.party.booked_by)
    found = []
    if reservation.person is not None:
        found.append(_as_recipient("learner", reservation.person))
    phones = {r.phone for r in found}
    if booker is not None and booker.phone not in phones:
        found.append(booker)
    return [r for r in found if r.phone]


def is_for_another(reservation: Reservation) -> bool:
    """Whether somebody else than the learner (and the staff) booked the place."""
    person, booker = reservation.person, reservation.party.booked_by
    if person is None or person.user_id == booker.pk:
        return False
    return booker_recipient(booker) is not None


def _send(
    kind: str,
    subject_kind: str,
    subject_id: int,
    to: Recipient,
    tag: str,
    *,
    now: dt.datetime,
    due_at: dt.datetime | None = None,
    expires_at: dt.datetime | None = None,
    concerns_at: dt.datetime | None = None,
    version: int = 0,
) -> None:
    """One SMS, and an e-mail when there is an address; `tag` makes the pair unique."""
    for channel, address in ((Channel.SMS, to.phone), (Channel.EMAIL, to.email)):
        if not address:
            continue
        outbox.enqueue(
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject_id,
            channel=channel,
            recipient=address,
            language=to.language,
            dedupe_key=f"{kind}:{tag}:{to.role}:{channel}",
            due_at=due_at or now,
            expires_at=expires_at,
            now=now,
            schedule_version=version,
            concerns_at=concerns_at,
        )


def _run_of(reservation: Reservation) -> CourseRun:
    return CourseRun.objects.select_related("course", "offering").get(
        offering=reservation.offering_id
    )


def tell(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """What booking calls when something happened to a place in a run."""
    run = _run_of(reservation)
    if event == Event.OFFERED:
        _tell_offered(reservation, run, now)
        return
    kind = _kind(event, reservation, run)
    tag = f"{reservation.pk}:{reservation.version}"
    if event == Event.OFFER_EXPIRED:
        tag += f":{_entry(reservation).missed_offers}"
    for to in recipients(reservation):
        _send(
            _for_recipient(kind, reservation, to),
            RESERVATION,
            reservation.pk,
            to,
            tag,
            now=now,
            expires_at=now + STALE,
            concerns_at=run.first_session_at,
            version=reservation.version,
        )
    _tell_instructors(event, reservation, run, now)
    _drop_overtaken(event, reservation, now)


def _kind(event: Event, reservation: Reservation, run: CourseRun) -> str:
    if event == Event.CANCELLED_BY_CENTRE:
        if run.state == RunState.CANCELLED:
            return "run_cancelled"
        if _was_waiting(reservation):
            return "left_waiting_list"
    return {
        Event.BOOKED: "enrolment_confirmed",
        Event.WAITLISTED: "enrolment_waitlisted",
        Event.OFFER_EXPIRED: "offer_expired",
        Event.LEFT_LIST: "left_waiting_list",
        Event.CANCELLED_BY_PERSON: "enrolment_cancelled",
        Event.CANCELLED_BY_CENTRE: "enrolment_cancelled_by_centre",
    }[event]


def _was_waiting(reservation: Reservation) -> bool:
    entry = WaitingEntry.objects.filter(party=reservation.party_id)
    return entry.exclude(state=EntryState.TAKEN).exists()


def _entry(reservation: Reservation) -> WaitingEntry:
    return WaitingEntry.objects.get(party=reservation.party_id)


def _for_recipient(kind: str, reservation: Reservation, to: Recipient) -> str:
    """A learner whom somebody else registered is told by whom."""
    is_news = kind == "enrolment_confirmed" and to.role == "learner"
    if is_news and is_for_another(reservation):
        booker = booker_recipient(reservation.party.booked_by)
        if booker is not None and booker.phone != to.phone:
            return "registered_by_other"
    return kind


def _drop_overtaken(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """A place that ended needs no reminder; the sender would drop it anyway."""
    if event in (Event.CANCELLED_BY_PERSON, Event.CANCELLED_BY_CENTRE):
        for notice in SessionNotice.objects.filter(reservation=reservation):
            outbox.supersede(
                subject_kind=NOTICE,
                subject_id=notice.pk,
                state="cancelled",
                now=now,
            )


def _tell_offered(reservation: Reservation, run: CourseRun, now: dt.datetime) -> None:
    offer = Offer.objects.open().get(entry__party=reservation.party_id)
    for to in recipients(reservation):
        # The booker of several people has one offer, and one message.
        tag = str(offer.pk)
        if to.role == "learner":
            tag += f":{reservation.pk}"
        _send(
            "place_offered",
            OFFER,
            offer.pk,
            to,
            tag,
            now=now,
            expires_at=offer.expires_at,
            concerns_at=run.first_session_at,
        )


def _tell_instructors(
    event: Event, reservation: Reservation, run: CourseRun, now: dt.datetime
) -> None:
    """Instructors hear of places that come or go shortly before a class."""
    told = {Event.BOOKED, Event.CANCELLED_BY_PERSON, Event.CANCELLED_BY_CENTRE}
    if event not in told or run.state != RunState.PUBLISHED:
        return
    if event == Event.CANCELLED_BY_CENTRE and _was_waiting(reservation):
        return
    coming = run.sessions.planned().filter(
        starts_at__gt=now, starts_at__lte=now + TEACHER_NOTICE
    )
    session = coming.order_by("starts_at").first()
    if session is None:
        return
    for person in run.instructors.select_related("user"):
        to = _as_recipient(f"teacher-{person.pk}", person)
        _send(
            "instructor_booking_notice",
            RESERVATION,
            reservation.pk,
            to,
            f"{reservation.pk}:{reservation.version}",
            now=now,
            expires_at=session.ends_at,
            concerns_at=session.starts_at,
            version=reservation.version,
        )


def _confirmed(run: CourseRun) -> Iterable[Reservation]:
    return (
        Reservation.objects.filter(
            offering=run.offering_id,
            state=ReservationState.CONFIRMED,
            person__isnull=False,
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
    """Tell everyone enrolled and the instructors that a class session moved or ended.

    A draft has nobody to tell but its instructors, who are told at its publication.
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
            _send(
                "class_session_moved" if is_moved else "class_session_cancelled",
                NOTICE,
                notice.pk,
                to,
                str(notice.pk),
                now=now,
                expires_at=max(change.from_starts_at, session.ends_at),
                concerns_at=concerns_at,
                version=session.schedule_version,
            )
    _tell_teachers_changed(session, change, concerns_at, now)


def _tell_teachers_changed(
    session: ClassSession,
    change: SessionChange,
    concerns_at: dt.datetime,
    now: dt.datetime,
) -> None:
    for person in session.run.instructors.select_related("user"):
        _send(
            "teaching_changed",
            CHANGE,
            change.pk,
            _as_recipient(f"teacher-{person.pk}", person),
            str(change.pk),
            now=now,
            expires_at=max(change.from_starts_at, session.ends_at),
            concerns_at=concerns_at,
            version=session.schedule_version,
        )


def tell_instructors_run_cancelled(run: CourseRun, *, now: dt.datetime) -> None:
    """Tell the instructors of a cancelled run."""
    for person in run.instructors.select_related("user"):
        _send(
            "teaching_run_cancelled",
            RUN,
            run.pk,
            _as_recipient(f"teacher-{person.pk}", person),
            str(run.pk),
            now=now,
            expires_at=run.last_session_at,
            concerns_at=run.first_session_at,
        )


def tell_interested(run: CourseRun, *, now: dt.datetime) -> None:
    """Tell those who asked to hear of the course, each once a wish."""
    interests = CourseInterest.objects.unanswered().filter(course=run.course_id)
    for interest in interests.select_related("person__user").order_by("pk"):
        to = _as_recipient("learner", interest.person)
        interest.notified_at, interest.notified_run = now, run
        interest.save(update_fields=["notified_at", "notified_run"])
        if to.phone:
            _send(
                "run_opened",
                INTEREST,
                interest.pk,
                to,
                f"{interest.pk}:{run.pk}",
                now=now,
                expires_at=run.offering.closes_at or run.first_session_at,
            )


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
        _send(
            "class_reminder",
            NOTICE,
            notice.pk,
            to,
            str(notice.pk),
            now=now,
            due_at=max(due_at, now),
            expires_at=session.starts_at - dt.timedelta(hours=1),
            concerns_at=session.starts_at,
            version=session.schedule_version,
        )
