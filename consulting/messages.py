"""Who is told what: outbox rows, written in the transaction of what they tell.

A message carries the SEQUENCE of its appointment as its schedule version, so that
whatever changed since makes it out of date. The words are in `consulting.kinds`.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from accounts.models import Person
from booking.models import Reservation, ReservationState
from booking.owners import Event
from booking.recipients import (
    Notice,
    Recipient,
    as_recipient,
    is_told_by_whom,
    recipients,
    send,
)
from consulting.models import Meeting, MeetingChange
from notifications import services as outbox

RESERVATION = "reservation"
CHANGE = "meeting_change"
REMINDER = "appointment_reminder"

# Consultants hear at once of what concerns a meeting this near.
CONSULTANT_NOTICE = dt.timedelta(hours=48)
# News that could not be sent for so long says nothing new any more.
STALE = dt.timedelta(days=3)

KINDS = {
    Event.BOOKED: "appointment_confirmed",
    Event.ASKED: "appointment_asked",
    Event.APPROVED: "appointment_approved",
    Event.REFUSED: "appointment_refused",
    Event.APPROVAL_EXPIRED: "appointment_lapsed",
    Event.NO_SHOW: "appointment_no_show",
    Event.NO_SHOW_LIFTED: "appointment_no_show_lifted",
    Event.CANCELLED_BY_PERSON: "appointment_cancelled",
    Event.CANCELLED_BY_CENTRE: "appointment_cancelled_by_centre",
}

# What the consultant hears of: an appointment that stands now, one that no longer does.
COMES = (Event.BOOKED, Event.APPROVED)
GOES = (Event.CANCELLED_BY_PERSON, Event.CANCELLED_BY_CENTRE)


def sequence(meeting: Meeting, reservation: Reservation) -> int:
    """The SEQUENCE of an appointment: it rises with every change of time or status."""
    return meeting.schedule_version + reservation.version


def get_meeting(reservation: Reservation) -> Meeting:
    """The meeting of an appointment, with what messages read of it."""
    return Meeting.objects.select_related("service", "room", "consultant__user").get(
        offering=reservation.offering_id
    )


def tell(event: Event, reservation: Reservation, now: dt.datetime) -> None:
    """What booking calls when something happened to an appointment."""
    meeting = get_meeting(reservation)
    if event not in KINDS:
        raise LookupError(f"meetings have no {event}")
    if event not in COMES:
        drop_reminders_of(reservation, now=now, state="cancelled")
    for to in _hearers(event, reservation):
        notice = _notice(KINDS[event], meeting, reservation, now)
        if event == Event.BOOKED and is_told_by_whom(reservation, to):
            notice = _notice("appointment_by_other", meeting, reservation, now)
        send(notice, to, now=now)
    if event in COMES or (event in GOES and _was_firm(reservation)):
        _tell_consultant(meeting, reservation, now)


def _hearers(event: Event, reservation: Reservation) -> list[Recipient]:
    """That somebody did not come is between them and the centre."""
    hearers = recipients(reservation)
    is_private = event in (Event.NO_SHOW, Event.NO_SHOW_LIFTED)
    return hearers[:1] if is_private else hearers


def _was_firm(reservation: Reservation) -> bool:
    """Whether this was a confirmed appointment once, not only a request."""
    changes = reservation.status_changes.filter(to_state=ReservationState.CONFIRMED)
    return changes.exists()


def _notice(
    kind: str, meeting: Meeting, reservation: Reservation, now: dt.datetime
) -> Notice:
    version = sequence(meeting, reservation)
    return Notice(
        kind=kind,
        subject_kind=RESERVATION,
        subject_id=reservation.pk,
        tag=f"{reservation.pk}:{version}",
        version=version,
        expires_at=max(now + STALE, meeting.ends_at),
        concerns_at=meeting.starts_at,
    )


def _is_near(moment: dt.datetime, now: dt.datetime) -> bool:
    return now < moment <= now + CONSULTANT_NOTICE


def _tell_consultant(
    meeting: Meeting, reservation: Reservation, now: dt.datetime
) -> None:
    if _is_near(meeting.starts_at, now):
        notice = _notice("consultant_notice", meeting, reservation, now)
        send(notice, as_recipient("consultant", meeting.consultant), now=now)


def booked(meeting: Meeting) -> QuerySet[Reservation]:
    """The appointments of a meeting, with whom they are for and who made them."""
    return (
        Reservation.objects.filter(
            offering=meeting.offering_id,
            state__in=[ReservationState.PENDING, ReservationState.CONFIRMED],
            person__isnull=False,
        )
        .select_related("person__user", "party__booked_by", "offering")
        .order_by("pk")
    )


def tell_moved(meeting: Meeting, change: MeetingChange, *, now: dt.datetime) -> None:
    """Tell everyone with a place, and the consultants, that a meeting moved."""
    concerns_at = min(change.from_starts_at, meeting.starts_at)
    for reservation in booked(meeting):
        drop_reminders_of(reservation, now=now)
        version = sequence(meeting, reservation)
        for to in recipients(reservation):
            notice = Notice(
                kind="appointment_moved",
                subject_kind=RESERVATION,
                subject_id=reservation.pk,
                tag=f"{reservation.pk}:{version}",
                version=version,
                expires_at=meeting.ends_at,
                concerns_at=concerns_at,
            )
            send(notice, to, now=now)
    _tell_consultants_moved(meeting, change, concerns_at, now)


def _tell_consultants_moved(
    meeting: Meeting, change: MeetingChange, concerns_at: dt.datetime, now: dt.datetime
) -> None:
    """Each consultant hears of a change of what is near: the old hour or the new."""
    near: dict[int, bool] = {}
    for person_id, moment in (
        (change.from_consultant_id, change.from_starts_at),
        (meeting.consultant_id, meeting.starts_at),
    ):
        near[person_id] = near.get(person_id, False) or _is_near(moment, now)
    people = Person.objects.select_related("user").filter(
        pk__in=[pk for pk, is_near in near.items() if is_near]
    )
    for person in people.order_by("pk"):
        is_new = person.pk == meeting.consultant_id
        notice = Notice(
            kind="consultant_moved" if is_new else "consultant_relieved",
            subject_kind=CHANGE,
            subject_id=change.pk,
            tag=f"{change.pk}",
            version=meeting.schedule_version,
            expires_at=max(change.from_starts_at, meeting.ends_at),
            concerns_at=concerns_at,
        )
        send(notice, as_recipient("consultant", person), now=now)


def send_reminder(
    meeting: Meeting, reservation: Reservation, *, due_at: dt.datetime, now: dt.datetime
) -> None:
    """Plan one reminder; planning the same one twice changes nothing."""
    version = sequence(meeting, reservation)
    notice = Notice(
        kind=REMINDER,
        subject_kind=RESERVATION,
        subject_id=reservation.pk,
        tag=f"{reservation.pk}:{version}:{due_at:%Y%m%d%H%M}",
        version=version,
        expires_at=meeting.starts_at,
        concerns_at=meeting.starts_at,
        due_at=due_at,
    )
    for to in recipients(reservation)[:1]:
        send(notice, to, now=now)


def drop_reminders_of(
    reservation: Reservation, *, now: dt.datetime, state: str = "superseded"
) -> None:
    """What was planned for the old time is overtaken; the sender asks anyway."""
    outbox.supersede(
        subject_kind=RESERVATION,
        subject_id=reservation.pk,
        kinds=[REMINDER],
        state=state,
        now=now,
    )


def tell_late(meeting: Meeting, reservation: Reservation, *, now: dt.datetime) -> None:
    """Tell the consultant that somebody will be late; the same again is quiet."""
    notice = Notice(
        kind="client_late",
        subject_kind=RESERVATION,
        subject_id=reservation.pk,
        tag=f"{reservation.pk}:{sequence(meeting, reservation)}",
        version=sequence(meeting, reservation),
        expires_at=meeting.ends_at,
        concerns_at=meeting.starts_at,
    )
    send(notice, as_recipient("consultant", meeting.consultant), now=now)
