"""Calendar entries: one for each appointment.

The UID is made of two stored UUIDs and never changes. SEQUENCE is the sum of two
versions that only rise: of the meeting (time) and of the reservation (status).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Person
from booking.models import Reservation, ReservationState, Room
from booking.recipients import attendee_address
from consulting.display import where
from consulting.messages import sequence
from consulting.models import BOOKED_STATES, Meeting, Mode
from notifications.calendars import (
    CalendarEntry,
    invitation_file,
    publish_file,
    uid_domain,
)
from persian.text import localized


def _url(name: str, *args: object) -> str:
    return settings.PUBLIC_BASE_URL.rstrip("/") + reverse(name, args=args)


def _place(meeting: Meeting) -> str:
    if meeting.mode != Mode.IN_PERSON:
        return where(meeting)
    words = (
        where(meeting),
        localized(settings.HIDAJ_CENTRE, "address"),
        localized(settings.HIDAJ_CENTRE, "landmark"),
    )
    return " - ".join(word for word in words if word)


def _meetings(**filters: object) -> Iterable[Meeting]:
    return (
        Meeting.objects.filter(**filters)
        .select_related("service", "room", "consultant", "offering")
        .order_by("starts_at", "pk")
    )


def entry(reservation: Reservation, meeting: Meeting) -> CalendarEntry:
    """One appointment; a cancelled one is marked so."""
    stands = reservation.state in BOOKED_STATES and meeting.is_live
    summary = _("Consultation: %(service)s") % {"service": meeting.service.title}
    lines = [
        _("Consultant: %(name)s") % {"name": meeting.consultant.public_name},
        _("Reference: %(reference)s") % {"reference": reservation.party.reference},
    ]
    if meeting.service.bring:
        lines.append(_("Bring: %(things)s") % {"things": meeting.service.bring})
    return CalendarEntry(
        uid=f"{meeting.uid}.{reservation.uid}@{uid_domain()}",
        sequence=sequence(meeting, reservation),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        summary=summary,
        location=_place(meeting),
        description="\n".join(lines),
        url=_url("consulting:short", reservation.party.reference),
        status="CONFIRMED" if stands else "CANCELLED",
        changed_at=max(meeting.changed_at, reservation.changed_at),
    )


def _was_booked(reservation: Reservation) -> bool:
    """A hold that ran out was never an appointment."""
    if reservation.state in BOOKED_STATES:
        return True
    confirmed = reservation.status_changes.filter(to_state=ReservationState.CONFIRMED)
    is_cancelled = reservation.state == ReservationState.CANCELLED
    return is_cancelled and confirmed.exists()


def person_entries(person: Person) -> list[CalendarEntry]:
    """All appointments of a person, for a feed."""
    found = Reservation.objects.filter(
        person=person, offering__meeting__isnull=False
    ).select_related(
        "party",
        "offering__meeting__service",
        "offering__meeting__room",
        "offering__meeting__consultant",
    )
    return [
        entry(reservation, reservation.offering.meeting)
        for reservation in found.order_by("offering__starts_at", "pk")
        if _was_booked(reservation)
    ]


def consultant_entries(person: Person) -> list[CalendarEntry]:
    """All meetings that somebody booked with a consultant, for a feed."""
    return _plain_entries("consultant", consultant=person)


def room_entries(room: Room) -> list[CalendarEntry]:
    """All booked meetings in a room, for a feed; nobody is named."""
    return _plain_entries("room", room=room)


def _plain_entries(reader: str, **filters: object) -> list[CalendarEntry]:
    booked = Reservation.objects.filter(
        status_changes__to_state=ReservationState.CONFIRMED
    )
    meetings = _meetings(offering__in=booked.values("offering"), **filters)
    return [
        CalendarEntry(
            uid=f"{meeting.uid}.{reader}@{uid_domain()}",
            sequence=meeting.schedule_version + (not meeting.is_live),
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            summary=meeting.service.title,
            location=_place(meeting),
            description=meeting.service.code,
            url=_url("consulting:service", meeting.service.slug),
            status="CONFIRMED" if meeting.is_live else "CANCELLED",
            changed_at=meeting.changed_at,
        )
        for meeting in meetings
    ]


def _appointment(reservation_id: int) -> tuple[Reservation, Meeting]:
    reservation = Reservation.objects.select_related(
        "party__booked_by", "person__user"
    ).get(pk=reservation_id)
    meeting = Meeting.objects.select_related("service", "room", "consultant").get(
        offering=reservation.offering_id
    )
    return reservation, meeting


def appointment_file(reservation: Reservation) -> bytes:
    """A file with one appointment, to be imported."""
    found, meeting = _appointment(reservation.pk)
    return publish_file([entry(found, meeting)], meeting.service.title)


def invitation(reservation_id: int, language: str) -> bytes:
    """The calendar part of an e-mail: the appointment as it stands, or its end."""
    reservation, meeting = _appointment(reservation_id)
    return invitation_file(
        entry(reservation, meeting),
        settings.DEFAULT_FROM_EMAIL,
        attendee_address(reservation),
        attendee_name=reservation.person.name if reservation.person else "",
    )
