"""Whom the messages about a class session or a consultation have reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.models import Reservation
from courses.models import ClassSession, SessionNotice
from courses.services.attendance import enrolled
from desk.messages import kind_name
from desk.models import StaffTask, TaskResult
from desk.reception import NOTICE
from notifications.models import InboundMessage, OutboxMessage, State


class Reach(models.TextChoices):
    """How far the news came, the worst first."""

    FAILED = "failed", _("Not reached")
    SILENT = "silent", _("Sent, no word yet")
    NONE = "none", _("No message yet")
    REACHED = "reached", _("The news arrived")


TONES = {Reach.FAILED: "bad", Reach.SILENT: "warn", Reach.REACHED: "good"}
_OPEN = (State.PENDING, State.SENDING, State.ACCEPTED)
# Not sent because it was no news any more; nobody has missed anything.
_TAKEN_BACK = {State.SUPERSEDED, State.CANCELLED}


@dataclass(frozen=True)
class ReachLine:
    """One person: the last news of what they come for, and what came of it."""

    reservation: Reservation
    messages: list[OutboxMessage]
    answers: list[InboundMessage]
    call: StaffTask | None

    @cached_property
    def reach(self) -> Reach:
        """The best that is known: an answer or a call, a receipt, silence."""
        if self.answers or (self.call and self.call.result == TaskResult.REACHED):
            return Reach.REACHED
        states = {message.state for message in self.messages} - _TAKEN_BACK
        if State.DELIVERED in states:
            return Reach.REACHED
        if states & set(_OPEN):
            return Reach.SILENT
        is_on_list = self.call is not None and not self.call.result
        return Reach.FAILED if states or is_on_list else Reach.NONE

    @property
    def tone(self) -> str:
        return TONES.get(self.reach, "")

    @property
    def last(self) -> OutboxMessage | None:
        """The newest message."""
        return self.messages[-1] if self.messages else None

    @property
    def news(self) -> str:
        """What kind of message that was, in words."""
        return kind_name(self.last.kind) if self.last else ""

    @property
    def phone(self) -> str:
        person = self.reservation.person
        return person.contact_phone if person else ""


def reach_lines(session: ClassSession) -> list[ReachLine]:
    """Everyone enrolled, whom to call first; a fixed number of queries."""
    notices = dict(
        SessionNotice.objects.filter(
            class_session=session, schedule_version=session.schedule_version
        ).values_list("pk", "reservation")
    )
    messages = _by_reservation(notices)
    answers = answers_to(messages)
    calls = {
        task.reservation_id: task
        for task in StaffTask.objects.calls_since(session.changed_at).filter(
            class_session=session
        )
    }
    lines = [
        ReachLine(
            place,
            messages.get(place.pk, []),
            answers.get(place.pk, []),
            calls.get(place.pk),
        )
        for place in enrolled(session)
    ]
    order = list(Reach)
    return sorted(lines, key=lambda line: order.index(line.reach))


def _by_reservation(notices: dict[int, int]) -> dict[int, list[OutboxMessage]]:
    rows = OutboxMessage.objects.filter(
        subject_kind=NOTICE, subject_id__in=notices, channel="sms"
    ).exclude(kind="learner_late")
    found: dict[int, list[OutboxMessage]] = {}
    for message in rows.order_by("pk"):
        found.setdefault(notices[message.subject_id], []).append(message)
    return found


def answers_to(
    messages: dict[int, list[OutboxMessage]],
) -> dict[int, list[InboundMessage]]:
    """What came in as an answer to these messages, by the same keys."""
    whose = {m.pk: place for place, rows in messages.items() for m in rows}
    found: dict[int, list[InboundMessage]] = {}
    for answer in InboundMessage.objects.filter(about__in=whose).order_by("pk"):
        if answer.about_id is not None:
            found.setdefault(whose[answer.about_id], []).append(answer)
    return found


def totals(lines: Iterable[ReachLine]) -> list[tuple[Reach, int]]:
    """How many of each, only what occurs."""
    counted = Counter(line.reach for line in lines)
    return [(reach, counted[reach]) for reach in Reach if counted[reach]]
