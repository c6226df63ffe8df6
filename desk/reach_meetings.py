"""Whom the messages about the consultations of a day have reached."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from booking.models import Reservation, ReservationState
from consulting.messages import sequence
from consulting.models import BOOKED_STATES, Meeting
from desk.day import day_bounds
from desk.models import StaffTask
from desk.reach import Reach, ReachLine, answers_to
from desk.reception import RESERVATION
from notifications.models import OutboxMessage


@dataclass(frozen=True)
class AppointmentLine:
    """One appointment, and how far the news of it came."""

    meeting: Meeting
    line: ReachLine


def appointment_lines(on: dt.date) -> list[AppointmentLine]:
    """Everyone with an appointment on a day, whom to call first; few queries.

    Appointments that the centre called off stay: of those people have to hear.
    """
    places = list(_appointments(on))
    messages = _messages(places)
    answers = answers_to(messages)
    calls = _calls(places)
    lines = [
        AppointmentLine(
            place.offering.meeting,
            ReachLine(
                place,
                messages.get(place.pk, []),
                answers.get(place.pk, []),
                calls.get(place.pk),
            ),
        )
        for place in places
    ]
    order = list(Reach)
    return sorted(lines, key=lambda one: order.index(one.line.reach))


def _appointments(on: dt.date) -> list[Reservation]:
    from_at, to_at = day_bounds(on)
    called_off = Q(state=ReservationState.CANCELLED) & ~Q(
        offering__meeting__cancel_reason=""
    )
    return list(
        Reservation.objects.filter(
            Q(state__in=BOOKED_STATES) | called_off,
            offering__meeting__starts_at__gte=from_at,
            offering__meeting__starts_at__lt=to_at,
            person__isnull=False,
        )
        .select_related(
            "person",
            "offering__meeting__service",
            "offering__meeting__consultant__teaching_profile",
        )
        .order_by("offering__meeting__starts_at", "pk")
    )


def _calls(places: list[Reservation]) -> dict[int | None, StaffTask]:
    """The last call about each appointment as it stands now."""
    changed_at: dict[int | None, dt.datetime] = {
        place.pk: place.offering.meeting.changed_at for place in places
    }
    earliest = min(changed_at.values(), default=None)
    if earliest is None:
        return {}
    tasks = StaffTask.objects.calls_since(earliest).filter(
        reservation__in=list(changed_at), meeting__isnull=False
    )
    return {
        task.reservation_id: task
        for task in tasks
        if task.closed_at is None or task.closed_at >= changed_at[task.reservation_id]
    }


def _messages(places: list[Reservation]) -> dict[int, list[OutboxMessage]]:
    """The SMS about each appointment as it stands now, oldest first."""
    versions = {place.pk: sequence(place.offering.meeting, place) for place in places}
    rows = OutboxMessage.objects.filter(
        subject_kind=RESERVATION,
        subject_id__in=versions,
        channel="sms",
        kind__startswith="appointment_",
    )
    found: dict[int, list[OutboxMessage]] = {}
    for message in rows.order_by("pk"):
        if message.schedule_version == versions[message.subject_id]:
            found.setdefault(message.subject_id, []).append(message)
    return found
