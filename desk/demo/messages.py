"""What stands on the list of the demo's reception: answers by SMS, and calls."""

from __future__ import annotations

import datetime as dt

from accounts.models import Person
from booking.models import Reservation
from desk.demo.fixture import Fixture
from desk.demo.people import People
from desk.reception import RESERVATION, receive_wish
from notifications import inbox
from notifications.gateways.base import Inbound
from notifications.questions import Wish


def make_answers(fixture: Fixture, people: People) -> None:
    """Each comes in at its moment and is acted upon, as the tick does it."""
    for number, row in enumerate(fixture.rows("answers"), start=1):
        at = fixture.now - dt.timedelta(hours=row["hours_ago"])
        phone = people.named[row["person"]].contact_phone
        sms = Inbound(f"demo-{number}", phone, row["text_fa"], at)
        inbox.keep(gateway="file", found=[sms], now=at)
        inbox.handle_new(at)


def make_calls(fixture: Fixture, people: People) -> None:
    """No SMS reached these people before their appointment: the telephone is left."""
    for row in fixture.rows("unreached"):
        person = people.named[row["person"]]
        at = fixture.now - dt.timedelta(hours=row["hours_ago"])
        appointment = _next_appointment(person, at)
        wish = Wish(
            kind="unreached",
            key=f"unreached:{RESERVATION}:{appointment.pk}:{person.contact_phone}",
            phone=person.contact_phone,
            text="",
            subject_kind=RESERVATION,
            subject_id=appointment.pk,
        )
        receive_wish(wish, at)


def _next_appointment(person: Person, at: dt.datetime) -> Reservation:
    """Raises Reservation.DoesNotExist when there is none."""
    coming = Reservation.objects.confirmed().filter(
        person=person, offering__meeting__starts_at__gt=at
    )
    return coming.earliest("offering__meeting__starts_at")
