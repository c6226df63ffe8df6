"""Opening and closing what the centre's people have to do by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from booking.models import Reservation
from consulting.models import Meeting
from core.transactions import atomic_retrying
from courses.models import ClassSession
from desk.exceptions import DeskError
from desk.models import StaffTask, TaskKind, TaskResult
from notifications.alarms import Alarm

# An open task whose time is over leaves the list by itself after so long.
NO_ANSWER = "no_answer"
LAPSES_AFTER = dt.timedelta(hours=12)


@atomic_retrying
def open_task(
    *, kind: str, key: str, now: dt.datetime, **fields: Any
) -> tuple[StaffTask, bool]:
    """The open task with this key, made when there is none; and whether it is new.

    `fields` are those of StaffTask: phone, reservation, class_session, meeting, text,
    due_at.
    """
    return StaffTask.objects.get_or_create(
        key=key,
        closed_at=None,
        defaults={"kind": TaskKind(kind), "created_at": now, **fields},
    )


def open_alarm(alarm: Alarm, about: str, now: dt.datetime) -> None:
    """A fault becomes one task a day, however often it is found."""
    key = f"alarm:{alarm}:{about}"
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0)
    if StaffTask.objects.filter(key=key, created_at__gte=midnight).exists():
        return
    open_task(kind=TaskKind.FAULT, key=key, now=now, text=f"{alarm}:{about}")


@atomic_retrying
def close_task(
    *, task_id: int, result: str, by: User | None, now: dt.datetime
) -> StaffTask:
    """End a task with its result; the same result again is quiet.

    Raises DeskError when somebody else ended it otherwise.
    """
    task = StaffTask.objects.select_for_update().get(pk=task_id)
    if task.closed_at is not None:
        if task.result == result:
            return task
        raise DeskError(_("Somebody has already finished this."), code="closed")
    task.result, task.closed_at, task.closed_by = TaskResult(result), now, by
    task.save(update_fields=["result", "closed_at", "closed_by"])
    return task


@atomic_retrying
def note_try(*, task_id: int, now: dt.datetime) -> StaffTask:
    """Nobody answered the telephone: the task stays, and shows how often.

    Two taps within a minute are one. Raises DeskError for a task that is closed.
    """
    task = StaffTask.objects.select_for_update().get(pk=task_id)
    if task.closed_at is not None:
        raise DeskError(_("Somebody has already finished this."), code="closed")
    if task.tried_at is None or now - task.tried_at > dt.timedelta(minutes=1):
        task.tries, task.tried_at = task.tries + 1, now
        task.save(update_fields=["tries", "tried_at"])
    return task


@atomic_retrying
def note_call(
    *,
    about: ClassSession | Meeting,
    reservation: Reservation,
    result: str,
    by: User | None,
    now: dt.datetime,
) -> StaffTask:
    """What came of calling somebody about a class session or a consultation.

    An open call about the same is used, whoever opened it. `result` is reached,
    wrong_number or no_answer. Raises DeskError when somebody else closed it meanwhile.
    """
    task = _open_call(about, reservation, now)
    if result == NO_ANSWER:
        return note_try(task_id=task.pk, now=now)
    return close_task(task_id=task.pk, result=result, by=by, now=now)


def _open_call(
    about: ClassSession | Meeting, reservation: Reservation, now: dt.datetime
) -> StaffTask:
    is_class = isinstance(about, ClassSession)
    subject = {"class_session" if is_class else "meeting": about}
    known = StaffTask.objects.open().filter(
        kind=TaskKind.UNREACHED, reservation=reservation, **subject
    )
    if task := known.first():
        return task
    person = reservation.person
    word = "session" if is_class else "meeting"
    task, _is_new = open_task(
        kind=TaskKind.UNREACHED,
        key=f"call:{word}:{about.pk}:{reservation.pk}",
        now=now,
        phone=person.contact_phone if person else "",
        reservation=reservation,
        due_at=about.starts_at,
        **subject,
    )
    return task


def close_lapsed(now: dt.datetime) -> int:
    """End calls about what has long begun; returns how many."""
    old = StaffTask.objects.filter(closed_at=None, due_at__lte=now - LAPSES_AFTER)
    return old.update(result=TaskResult.LAPSED, closed_at=now)
