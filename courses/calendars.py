"""Calendar entries: one for each class session and enrolment.

The UID is made of two stored UUIDs and never changes. SEQUENCE is the sum of two
versions that only rise: of the class session (time) and of the reservation (status).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Person
from booking.models import Reservation, ReservationState
from courses.models import ClassSession, CourseRun, RunState, SessionNotice
from notifications.calendars import CalendarEntry, publish_file
from persian.text import localized

# States that a calendar shows: a place that is there, was used, or was cancelled.
SHOWN = (
    ReservationState.CONFIRMED,
    ReservationState.COMPLETED,
    ReservationState.INCOMPLETE,
    ReservationState.NO_SHOW,
)


def _domain() -> str:
    return urlsplit(settings.PUBLIC_BASE_URL).hostname or "localhost"


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
    ).select_related("party", "offering__course_run__course", "person")


def _was_confirmed(reservation: Reservation) -> bool:
    """A cancelled place stays visible as cancelled; a turn in line never was one."""
    if reservation.state in SHOWN:
        return True
    is_cancelled = reservation.state == ReservationState.CANCELLED
    return (
        is_cancelled
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
        uid=f"{session.uid}.{reservation.uid}@{_domain()}",
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
    """All class sessions of all enrolments of a person, for a feed."""
    found = _reservations().filter(person=person)
    shown = {
        r.offering.course_run.pk: r for r in found.order_by("pk") if _was_confirmed(r)
    }
    return [_entry(shown[s.run_id], s) for s in _sessions(list(shown))]


def teacher_entries(person: Person) -> list[CalendarEntry]:
    """All class sessions that a person gives, for a feed."""
    own = ClassSession.objects.filter(instructors=person)
    return [
        CalendarEntry(
            uid=f"{session.uid}.teacher@{_domain()}",
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
        for session in own.exclude(run__state=RunState.DRAFT)
        .select_related("run__course", "room")
        .order_by("starts_at", "pk")
    ]


def reservation_file(reservation: Reservation) -> bytes:
    """One file with every class session of an enrolment."""
    run = CourseRun.objects.select_related("course").get(
        offering=reservation.offering_id
    )
    return publish_file(reservation_entries(reservation), run.title)


def reservation_file_by_id(reservation_id: int, language: str) -> bytes:
    """The calendar part of an e-mail about an enrolment."""
    return reservation_file(_reservations().get(pk=reservation_id))


def notice_file_by_id(notice_id: int, language: str) -> bytes:
    """The calendar part of an e-mail about one class session of an enrolment."""
    notice = SessionNotice.objects.get(pk=notice_id)
    return reservation_file_by_id(notice.reservation_id, language)


def party_file(reservations: Sequence[Reservation]) -> bytes:
    """One file with the class sessions of several places of one run."""
    run = CourseRun.objects.select_related("course").get(
        offering=reservations[0].offering_id
    )
    entries = [e for r in reservations for e in reservation_entries(r)]
    return publish_file(entries, run.title)
