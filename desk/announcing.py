"""The long work that tells everybody in a run what staff wrote, and who heard it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.models import Reservation
from booking.recipients import recipients
from core import work
from core.work_models import Work
from courses.models import RunMessage, RunMessageCopy
from courses.services.announcements import (
    KIND,
    SUBJECT,
    copy_to,
    told_by_message,
)
from desk.messages import why_not_sent
from notifications.models import Channel, OutboxMessage, State

CHUNK = 50
WITH_PEOPLE = ("person__user", "party__booked_by__person")


class Told(models.TextChoices):
    """How far the message came to one place, the worst first."""

    MISSED = "missed", gettext_lazy("Not reached")
    NOT_SENT = "not_sent", gettext_lazy("Not sent")
    WRITTEN = "written", gettext_lazy("Waiting to be sent")
    SENT = "sent", gettext_lazy("Sent, no word yet")
    DELIVERED = "delivered", gettext_lazy("Delivered")


_BY_STATE = {
    State.DELIVERED: Told.DELIVERED,
    State.ACCEPTED: Told.SENT,
    State.UNKNOWN: Told.SENT,
    State.PENDING: Told.WRITTEN,
    State.SENDING: Told.WRITTEN,
    State.UNDELIVERED: Told.MISSED,
    State.FAILED: Told.MISSED,
    State.EXPIRED: Told.MISSED,
}
_ORDER = list(Told)


@dataclass(frozen=True)
class ToldLine:
    """One place, and the SMS that went to its people; several when one failed."""

    place: Reservation
    messages: Sequence[OutboxMessage]

    @cached_property
    def best(self) -> OutboxMessage | None:
        """The one that came farthest."""
        return max(self.messages, key=_how_far, default=None)

    @property
    def told(self) -> Told:
        return _told(self.best) if self.best else Told.MISSED

    @property
    def phone(self) -> str:
        person = self.place.person
        own = person.contact_phone if person else ""
        return own or (self.best.recipient if self.best else "")

    @property
    def why(self) -> str:
        """Why it did not come, in words."""
        return why_not_sent(self.best) if self.best else _("There is no number.")


def _told(message: OutboxMessage) -> Told:
    return _BY_STATE.get(State(message.state), Told.NOT_SENT)


def _how_far(message: OutboxMessage) -> tuple[int, int]:
    return _ORDER.index(_told(message)), message.pk


def told_lines(message: RunMessage) -> list[ToldLine]:
    """Every place that was written to; a fixed number of queries."""
    copies = list(
        message.copies.select_related(
            *(f"reservation__{name}" for name in WITH_PEOPLE)
        ).order_by("reservation__person__search_key", "pk")
    )
    sms = OutboxMessage.objects.filter(
        subject_kind=SUBJECT,
        subject_id__in=message.copies.values("pk"),
        channel=Channel.SMS,
    )
    by_phone: dict[str, list[OutboxMessage]] = {}
    by_copy: dict[int, list[OutboxMessage]] = {}
    for one in sms.order_by("pk"):
        by_phone.setdefault(one.recipient, []).append(one)
        by_copy.setdefault(one.subject_id, []).append(one)
    return [ToldLine(c.reservation, _heard(c, by_phone, by_copy)) for c in copies]


def _heard(
    copy: RunMessageCopy,
    by_phone: Mapping[str, list[OutboxMessage]],
    by_copy: Mapping[int, list[OutboxMessage]],
) -> list[OutboxMessage]:
    """To whom it belongs; a number that several share heard it once for all."""
    person = copy.reservation.person
    own = person.contact_phone if person else ""
    if own in by_phone:
        return by_phone[own]
    phones = [to.phone for to in recipients(copy.reservation)]
    shared = [one for phone in phones for one in by_phone.get(phone, [])]
    return by_copy.get(copy.pk, []) or shared


def message_of(asked: Work) -> RunMessage:
    """What a work of this kind tells."""
    return RunMessage.objects.select_related("run__course", "run__offering").get(
        pk=asked.parameters["message"]
    )


def _count(asked: Work) -> int:
    return told_by_message(message_of(asked).run_id).count()


def _step(asked: Work, now: dt.datetime) -> work.Step:
    message = message_of(asked)
    places = told_by_message(message.run_id).filter(pk__gt=asked.cursor)
    chunk = list(places.select_related(*WITH_PEOPLE)[:CHUNK])
    return work.Step(
        done=len(chunk),
        cursor=chunk[-1].pk if chunk else asked.cursor,
        is_last=len(chunk) < CHUNK,
        write=lambda: copy_to(message, chunk, now=now),
    )


def _title(asked: Work) -> str:
    return _("Message to %(run)s") % {"run": message_of(asked).run.title}


def _origin(asked: Work) -> str:
    return reverse("desk:staff_run", args=[message_of(asked).run.code])


def _facts(asked: Work) -> dict[str, Any]:
    """How many are told, and who has to be called."""
    message = message_of(asked)
    lines = told_lines(message)
    totals = [(told, sum(line.told == told for line in lines)) for told in Told]
    return {
        "message": message,
        "people": len(lines),
        "totals": [(told, number) for told, number in reversed(totals)],
        "missed": [line for line in lines if line.told in (Told.MISSED, Told.NOT_SENT)],
        "is_open": any(line.told in (Told.WRITTEN, Told.SENT) for line in lines),
    }


def register() -> None:
    """Called once, at start-up."""
    work.register(
        work.WorkKind(
            KIND,
            count=_count,
            step=_step,
            title=_title,
            origin=_origin,
            page="desk/staff/_work_told.html",
            facts=_facts,
        )
    )
