"""Rules of messages made faulty on purpose, for the process of `faulty_news` alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from consulting import calendars as appointment_calendars
from consulting import messages as appointment_messages
from courses import messages as class_messages
from notifications import (
    channels,
    delivery,
    optouts,
    quiet_hours,
    results,
    services,
    upkeep,
)
from notifications.models import State
from notifications.transitions import move

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}


def fault(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[apply.__name__] = apply
    return apply


def do_nothing(*args: Any, **kwargs: Any) -> int:
    return 0


def say_no(*args: Any, **kwargs: Any) -> bool:
    return False


@fault
def sequence_stands_still(patch: Patch) -> None:
    patch.setattr(appointment_calendars, "sequence", do_nothing)


@fault
def change_tells_nobody(patch: Patch) -> None:
    for module in (class_messages, appointment_messages):
        patch.setattr(module, "_hearers", lambda event, reservation: [])


@fault
def dead_sender_is_forgotten(patch: Patch) -> None:
    patch.setattr(upkeep, "reconcile_leases", do_nothing)


@fault
def nothing_is_asked_before_sending(patch: Patch) -> None:
    patch.setattr(delivery, "_why_not", lambda message, kind, now: "")


@fault
def lost_answer_is_tried_again_anywhere(patch: Patch) -> None:
    for module in (results, channels):
        patch.setattr(module, "repeat_window_of", lambda name: dt.timedelta(hours=12))


@fault
def night_is_like_day(patch: Patch) -> None:
    patch.setattr(quiet_hours, "release_time", lambda urgency, at: at)


@fault
def opt_out_is_not_asked(patch: Patch) -> None:
    patch.setattr(optouts, "is_opted_out", say_no)


@fault
def change_leaves_the_old_reminders(patch: Patch) -> None:
    patch.setattr(class_messages, "drop_reminders", do_nothing)
    patch.setattr(appointment_messages, "drop_reminders_of", do_nothing)


@fault
def doubt_ends_as_unsent(patch: Patch) -> None:
    def end_pending(rows: Any, *, new: str) -> int:
        return move(rows.filter(state=State.PENDING), old=State.PENDING, new=new)

    for module in (delivery, services):
        patch.setattr(module, "end_pending", end_pending)


@fault
def refused_repeat_is_failed(patch: Patch) -> None:
    def give_up(rows: Any, code: str, now: Any, *, is_in_doubt: bool) -> None:
        move(rows, old=State.SENDING, new=State.FAILED, error_code=code)

    patch.setattr(results, "give_up", give_up)


@fault
def repeat_after_twelve_hours(patch: Patch) -> None:
    patch.setattr(delivery, "is_past_repeating", say_no)
