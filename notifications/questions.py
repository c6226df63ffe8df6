"""What a message asks, and who acts on the answer.

This app reads the answer; the owner of the kind says what is asked, whether it is
still open, and does what the answer means.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass

from notifications.models import Meaning


class Answered(enum.StrEnum):
    """What an answer led to."""

    COMES = "comes"
    CANCELLED = "cancelled"  # the owner has told so itself
    EXCUSED = "excused"
    LATE = "late"
    TOO_LATE = "too_late"  # only the centre can still do it


@dataclass(frozen=True)
class Question:
    """Something open: `topic` is the same for all messages about the same meeting of
    the same person. `label` names it in the reader's language within 44 characters;
    `name` and `when` are its parts, the second one short.
    """

    topic: str
    label: str
    name: str
    when: str


@dataclass(frozen=True)
class Replies:
    """What a kind of message takes as answers.

    `question(subject_id, language, now)` is None when nothing is open (any more);
    `answer(subject_id, meaning, now)` acts on yes, no or late inside the caller's
    transaction. `invites`: the text says which digits to send, where the route can
    receive.
    """

    question: Callable[[int, str, dt.datetime], Question | None]
    answer: Callable[[int, Meaning, dt.datetime], Answered]
    invites: bool = False


@dataclass(frozen=True)
class Wish:
    """What staff have to see to because of an SMS that came in, or did not arrive.

    `kind` is call_back, cannot_come, late, answer or unreached. The subject is that of
    the message in question, "" and 0 when there was none; `was_mailed` tells that the
    same news went by e-mail.
    """

    kind: str
    key: str
    phone: str
    text: str
    subject_kind: str = ""
    subject_id: int = 0
    was_mailed: bool = False


Reception = Callable[[Wish, dt.datetime], None]
_receptions: list[Reception] = []


def on_wish(reception: Reception) -> None:
    """Have `reception(wish, now)` called inside the transaction of the answer."""
    if reception not in _receptions:
        _receptions.append(reception)


def tell_reception(wish: Wish, now: dt.datetime) -> None:
    """Hand something to the people of the centre."""
    for reception in _receptions:
        reception(wish, now)
