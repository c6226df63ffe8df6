"""What several tests of consulting ask."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Person, User
from booking.models import Reservation
from consulting.models import Meeting, Service
from consulting.services.appointments import book_appointment
from consulting.slots import Slot, free_slots
from core.audit import run_audit
from notifications.models import OutboxMessage
from tests.factories import NOW, make_person, make_user

TEHRAN = ZoneInfo("Asia/Tehran")
# The day after tomorrow of NOW, by the wall of the centre.
DAY = dt.date(2026, 11, 24)


def at(hour: int, minute: int = 0, day: dt.date = DAY) -> dt.datetime:
    """A wall time of the centre, in UTC."""
    return dt.datetime.combine(day, dt.time(hour, minute), TEHRAN).astimezone(dt.UTC)


def slots_of(service: Service, **overrides: Any) -> list[Slot]:
    """Free times of one day (DAY), by phone, with anyone."""
    from_on = overrides.pop("from_on", DAY)
    days = overrides.pop("days", 1)
    query = {"service": service, "mode": "phone", "consultant": None, "now": NOW}
    return free_slots(from_on, days, **{**query, **overrides})


def starts_of(service: Service, **overrides: Any) -> list[dt.datetime]:
    return [slot.starts_at for slot in slots_of(service, **overrides)]


def make_booker(**overrides: Any) -> tuple[User, Person]:
    """Somebody who books for themselves."""
    user = make_user()
    person = make_person(user=user, contact_phone=user.phone, **overrides)
    return user, person


def book_one(service: Service, starts_at: dt.datetime, **overrides: Any) -> Reservation:
    """A confirmed appointment of somebody new."""
    user, person = make_booker()
    fields = {
        "service_id": service.pk,
        "mode": "phone",
        "consultant_id": None,
        "starts_at": starts_at,
        "booker": user,
        "person": person,
        "key": uuid.uuid4(),
        "now": NOW,
    }
    return book_appointment(**{**fields, **overrides})


def meeting_of(reservation: Reservation) -> Meeting:
    return Meeting.objects.get(offering=reservation.offering_id)


def kinds_to(recipient: str) -> list[str]:
    """Kinds of the messages to one address, in order."""
    rows = OutboxMessage.objects.filter(recipient=recipient).order_by("pk")
    return list(rows.values_list("kind", flat=True))


def violations() -> list[str]:
    """What the audit finds; it should find nothing."""
    return [f"{r.name}: {line}" for r in run_audit() for line in r.violations]
