"""Calendar entries: one for each class session and enrolment.

The UID is made of two stored UUIDs and never changes. SEQUENCE is the sum of two
versions that only rise: of the class session (time) and of the reservation (status).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Person
from booking.models import Reservation, ReservationState, Room
from booking.recipients import attendee_address
from courses.models import (
    ClassSession,
    CourseRun,
    NoticeKind,
    RunState,
    SessionNotice,
)
from notifications.calendars import (
    CalendarEntry,
    invitation_file,
    publish_file,
    uid_domain,
)
from persian.text import localized

# States that a calendar shows: a place that is there, was used, or was cancelled.
SHOWN = (
    ReservationState.CONFIRMED,
    ReservationState.COMPLETED,
    ReservationState.INCOMPLETE,
    ReservationState.NO_SHOW,
)


def _url(path: str) -> str:
    return settings.PUBLIC_BASE_URL.rstrip("/") + path


def _place(session: ClassSession) -> str:
    words = (
        session.room.name,
        localized(settings.HIDAJ_CENTRE, "address"),
        localized(settings.HIDAJ_CENTRE, "landmark"),
    )
    return " - ".join(word for word in words if word)


def _reservations() -> QuerySet[Reservation]:
    return Reservation.objects.filter(
        offering__course_run__isnull=False
    ).select_related("party__booked_by", "offering__course_run__course", "person")


def _was_confirmed(reservation: Reservation) -> bool:
    """A cancelled place stays visible as cancelled; a turn in line never was one."""
    if reservation.state in SHOWN:
        return True
    has_ended = reservation.state in (
        ReservationState.CANCELLED,
        ReservationState.TRANSFERRED,
    )
    return (
        has_ended
        and reservation.status_changes.filter(
            to_state=ReservationState.CONFIRMED
        ).exists()
    )


def _entry(reservation: Reservation, session: ClassSession) -> CalendarEntry:
    run = session.run
    stands = reservation.state in SHOWN and session.is_planned
    summary = run.title
    if reservation.person is not None:
        summary = _("%(course)s (%(name)s)") % {
            "course": run.title,
            "name": reservation.person.name,
        }
    return CalendarEntry(
        uid=f"{session.uid}.{reservation.uid}@{uid_domain()}",
        sequence=session.schedule_version + reservation.version,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        summary=summary,
        location=_place(session),
        description=_("Class session %(n)s. Reference: %(reference)s")
        % {"n": session.number, "reference": reservation.party.reference},
        url=_url(reverse("courses:short", args=[reservation.party.reference])),
        status="CONFIRMED" if stands else "CANCELLED",
        changed_at=max(session.changed_at, reservation.changed_at),
    )


def _sessions(runs: Sequence[int]) -> list[ClassSession]:
    return list(
        ClassSession.objects.filter(run__in=runs)
        .select_related("run__course", "room")
        .order_by("starts_at", "pk")
    )


def reservation_entries(reservation: Reservation) -> list[CalendarEntry]:
    """Every class session of one enrolment, cancelled ones marked so."""
    run = CourseRun.objects.get(offering=reservation.offering_id)
    return [_entry(reservation, session) for session in _sessions([run.pk])]


def person_entries(person: Person) -> list[CalendarEntry]:
    """All class sessions of all enrolments of a person, for a feed.

    Who left a run and came back has the old entries as cancelled, beside the new ones:
    a calendar must not keep an old one for want of news.
    """
    shown: dict[int, list[Reservation]] = defaultdict(list)
    for reservation in _reservations().filter(person=person).order_by("pk"):
        if _was_confirmed(reservation):
            shown[reservation.offering.course_run.pk].append(reservation)
    sessions = _sessions(list(shown))
    return [
        _entry(one, session) for session in sessions for one in shown[session.run_id]
    ]


def teacher_entries(person: Person) -> list[CalendarEntry]:
    """All class sessions that a person gives, for a feed."""
    return _plain_entries(ClassSession.objects.filter(instructors=person), "teacher")


def room_entries(room: Room) -> list[CalendarEntry]:
    """All class sessions that are held in a room, for a feed; nobody is named."""
    return _plain_entries(ClassSession.objects.filter(room=room), "room")


def _plain_entries(
    sessions: QuerySet[ClassSession], reader: str
) -> list[CalendarEntry]:
    """Class sessions of published runs, as the centre's own people see them."""
    published = sessions.exclude(run__state=RunState.DRAFT)
    return [
        CalendarEntry(
            uid=f"{session.uid}.{reader}@{uid_domain()}",
            sequence=session.schedule_version,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            summary=session.run.title,
            location=session.room.name,
            description=session.run.code,
            url=_url(reverse("courses:run", args=[session.run.code])),
            status="CONFIRMED" if session.is_planned else "CANCELLED",
            changed_at=session.changed_at,
        )
        for session in published.select_related("run__course", "room").order_by(
            "starts_at", "pk"
        )
    ]


def reservation_file(reservation: Reservation) -> bytes:
    """One file with every class session of an enrolment."""
    run = CourseRun.objects.select_related("course").get(
        offering=reservation.offering_id
    )
    return publish_file(reservation_entries(reservation), run.title)


def reservation_file_by_id(reservation_id: int, language: str) -> bytes:
    """The calendar part of an e-mail about an enrolment.

    A run of one day is an invitation that follows its changes; one mail may hold only
    one, so that a longer run is a file to import.
    """
    reservation = _reservations().get(pk=reservation_id)
    sessions = _sessions([reservation.offering.course_run.pk])
    if len(sessions) == 1:
        return _invitation(reservation, sessions[0])
    return reservation_file(reservation)


def moved_file_by_id(reservation_id: int, language: str) -> bytes:
    """The new class sessions of a moved enrolment, and the old ones as cancelled."""
    reservation = _reservations().get(pk=reservation_id)
    entries = reservation_entries(reservation)
    if reservation.previous_id:
        old = _reservations().get(pk=reservation.previous_id)
        entries = [*reservation_entries(old), *entries]
    run = CourseRun.objects.select_related("course").get(
        offering=reservation.offering_id
    )
    return publish_file(entries, run.title)


def notice_file_by_id(notice_id: int, language: str) -> bytes:
    """The calendar part of an e-mail about one class session of an enrolment.

    Who was invited to each class session gets the update of that invitation.
    """
    notice = SessionNotice.objects.get(pk=notice_id)
    if is_invited(notice.reservation_id, notice.class_session_id):
        return session_invitation(notice_id, language)
    return reservation_file_by_id(notice.reservation_id, language)


def is_invited(reservation_id: int, session_id: int) -> bool:
    """Whether an invitation to this class session was sent and not taken back."""
    notices = SessionNotice.objects.filter(
        reservation=reservation_id, class_session=session_id
    )
    kinds = set(notices.values_list("kind", flat=True))
    return NoticeKind.INVITED in kinds and NoticeKind.UNINVITED not in kinds


def session_invitation(notice_id: int, language: str) -> bytes:
    """The calendar part of an e-mail that invites to one class session, or ends it."""
    notice = SessionNotice.objects.select_related(
        "class_session__run__course", "class_session__room"
    ).get(pk=notice_id)
    reservation = _reservations().get(pk=notice.reservation_id)
    return _invitation(reservation, notice.class_session)


def _invitation(reservation: Reservation, session: ClassSession) -> bytes:
    return invitation_file(
        _entry(reservation, session),
        settings.DEFAULT_FROM_EMAIL,
        attendee_address(reservation),
        attendee_name=reservation.person.name if reservation.person else "",
    )


def party_file(reservations: Sequence[Reservation]) -> bytes:
    """One file with the class sessions of several places of one run."""
    run = CourseRun.objects.select_related("course").get(
        offering=reservations[0].offering_id
    )
    entries = [e for r in reservations for e in reservation_entries(r)]
    return publish_file(entries, run.title)
