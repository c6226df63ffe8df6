"""Open tasks as staff read them: who, about what, and what to press."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Person
from desk.channels import gateway_title
from desk.messages import kind_name
from desk.models import StaffTask, StaffTaskQuerySet, TaskKind
from notifications.alarms import Alarm

CALLS = (TaskKind.CALL_BACK, TaskKind.CANNOT_COME, TaskKind.UNREACHED)


@dataclass(frozen=True)
class TaskLine:
    """One task; `who` is the person as far as the number tells."""

    task: StaffTask
    who: list[Person]
    is_too_late: bool

    @property
    def is_call(self) -> bool:
        """Whether the telephone settles it."""
        return self.task.kind in CALLS

    @property
    def about(self) -> str:
        """The course or service, in the reader's language."""
        if self.task.class_session:
            return str(self.task.class_session.run.title)
        return self.task.meeting.service.title if self.task.meeting else ""

    @property
    def starts_at(self) -> dt.datetime | None:
        """When that begins (aware)."""
        thing = self.task.class_session or self.task.meeting
        return thing.starts_at if thing else None

    @property
    def words(self) -> str:
        """What a person wrote, or what is wrong."""
        if self.task.kind != TaskKind.FAULT:
            return self.task.text
        alarm, _colon, about = self.task.text.partition(":")
        return alarm_words(alarm, about)


def alarm_words(alarm: str, about: str) -> str:
    """A fault as a sentence for staff."""
    gateway, _colon, code = about.partition(":")
    words = {
        Alarm.CHANNEL: _("%(gateway)s refuses us and rests; look at “Channels”."),
        Alarm.MESSAGE: _(
            "%(gateway)s refused a message as wrong (code %(code)s)."
            " Please tell the administrator."
        ),
        Alarm.CREDIT: _("Little money is left at %(gateway)s."),
        Alarm.BUDGET: _("%(about)s percent of this month's money for SMS is spent."),
        Alarm.DAY_FULL: _(
            "Today's SMS are used up. Codes and urgent news still go; the rest waits"
            " for tomorrow."
        ),
        Alarm.TEXT: _(
            "The text of “%(kind)s” cannot be sent as it was written; the standard one"
            " goes instead. Look at “Texts”."
        ),
        Alarm.CODES: _(
            "Very many sign-in codes are being asked for. Somebody may be abusing the"
            " page; no more are sent for a while."
        ),
    }
    sentence = words.get(Alarm(alarm), about) if alarm in set(Alarm) else about
    return sentence % {
        "gateway": gateway_title(gateway),
        "kind": kind_name(gateway),
        "code": code,
        "about": about,
    }


def task_lines(rows: StaffTaskQuerySet, now: dt.datetime) -> list[TaskLine]:
    """Rows with what is shown of them, in a fixed number of queries."""
    tasks = list(
        rows.select_related(
            "reservation__person",
            "class_session__run__course",
            "meeting__service",
            "closed_by__person",
        )
    )
    by_phone = _people_by_phone(task.phone for task in tasks if task.phone)
    return [
        TaskLine(task, _who(task, by_phone), task.is_too_late(now)) for task in tasks
    ]


def _who(task: StaffTask, by_phone: dict[str, list[Person]]) -> list[Person]:
    if task.reservation and task.reservation.person:
        return [task.reservation.person]
    return by_phone.get(task.phone, [])


def _people_by_phone(phones: Iterable[str]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    people = Person.objects.filter(contact_phone__in=set(phones), erased_at=None)
    for person in people.order_by("search_key"):
        found.setdefault(person.contact_phone, []).append(person)
    return found
