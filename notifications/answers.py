"""Acting upon one SMS that came in.

It belongs to the latest open question to its number. When several are open, the answer
asks which one is meant. Each SMS is confirmed at most once, and a number that writes
without end (an answering machine) gets no more confirmations.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction

from core import limits
from core.exceptions import HidajError
from core.transactions import atomic_retrying
from notifications import kinds, optouts, services
from notifications.models import (
    SENT_STATES,
    Channel,
    InboundMessage,
    InboundState,
    Meaning,
    OutboxMessage,
    Purpose,
    State,
)
from notifications.questions import Answered, Question, Wish, tell_reception
from notifications.understanding import chosen_number, understand

logger = logging.getLogger(__name__)

# A question that was sent longer ago is not what somebody answers.
ASKED_WITHIN = dt.timedelta(days=7)
# "Which one?" waits so long for its number.
CHOICE_WITHIN = dt.timedelta(hours=12)
MAX_CHOICES = 3
CONFIRMATIONS = [(6, 3600), (15, 24 * 3600)]
USEFUL_FOR = dt.timedelta(hours=3)
STOPPED = (Purpose.REMINDER, Purpose.NEWS)
WISH_OF = {Answered.TOO_LATE: "cannot_come", Answered.LATE: "late"}


@dataclass(frozen=True)
class Open:
    """An open question, and the message that asked it last."""

    message: OutboxMessage
    question: Question


@atomic_retrying
def handle(*, inbound_id: int, now: dt.datetime) -> bool:
    """Act upon a new SMS; False when somebody else has done so."""
    new = InboundMessage.objects.filter(pk=inbound_id, state=InboundState.NEW)
    inbound = new.select_for_update().first()
    if inbound is None:
        return False
    inbound.meaning, inbound.handled_at = understand(inbound.text), now
    asked = _asked_which(inbound)
    number = chosen_number(inbound.text)
    if asked is not None and 0 < number <= len(asked.choices):
        _choose(inbound, asked, number, now)
    else:
        _act(inbound, now)
    inbound.save()
    return True


def _act(inbound: InboundMessage, now: dt.datetime) -> None:
    meaning = Meaning(inbound.meaning)
    if meaning in (Meaning.STOP, Meaning.START):
        _stop_or_start(inbound, meaning, now)
    elif meaning == Meaning.OTHER:
        _to_people(inbound, now)
    elif meaning == Meaning.CALL:
        found = open_questions(inbound.sender, now)
        inbound.about = found[0].message if found else None
        _call(inbound, now)
    else:
        _answer(inbound, open_questions(inbound.sender, now), now)


def _stop_or_start(inbound: InboundMessage, meaning: Meaning, now: dt.datetime) -> None:
    """11 stops what is not needed for a booking; 12 starts it again."""
    for purpose in STOPPED:
        if meaning == Meaning.STOP:
            optouts.opt_out(recipient=inbound.sender, purpose=purpose, now=now)
        else:
            optouts.opt_in(recipient=inbound.sender, purpose=purpose)
    outcome = "stopped" if meaning == Meaning.STOP else "started"
    _done(inbound, outcome, now)


def _to_people(inbound: InboundMessage, now: dt.datetime) -> None:
    inbound.state = InboundState.INBOX
    _wish("answer", inbound, now)


def _call(inbound: InboundMessage, now: dt.datetime) -> None:
    _wish("call_back", inbound, now)
    _done(inbound, "call", now)


def _answer(inbound: InboundMessage, found: list[Open], now: dt.datetime) -> None:
    if not found:
        _to_people(inbound, now)
    elif len(found) == 1:
        _answer_one(inbound, found[0].message, now)
    elif len(found) > MAX_CHOICES:
        _call(inbound, now)
    else:
        inbound.choices = [one.message.pk for one in found]
        inbound.about = found[0].message
        _done(inbound, "which", now, state=InboundState.ASKED)


def _asked_which(inbound: InboundMessage) -> InboundMessage | None:
    """The "which one?" to this number, when nothing came in since."""
    before = InboundMessage.objects.filter(
        sender=inbound.sender,
        handled_at__gte=inbound.received_at - CHOICE_WITHIN,
    ).exclude(pk=inbound.pk)
    last = before.order_by("-handled_at", "-pk").first()
    return last if last and last.state == InboundState.ASKED else None


def _choose(
    inbound: InboundMessage, asked: InboundMessage, number: int, now: dt.datetime
) -> None:
    """The number that followed "which one?": the first answer is meant for that."""
    asked.state = InboundState.DONE
    asked.save(update_fields=["state"])
    inbound.meaning = asked.meaning
    message = OutboxMessage.objects.get(pk=asked.choices[number - 1])
    is_open = any(
        one.message.pk == message.pk for one in open_questions(inbound.sender, now)
    )
    if is_open:
        _answer_one(inbound, message, now)
    else:
        _to_people(inbound, now)


def _answer_one(
    inbound: InboundMessage, message: OutboxMessage, now: dt.datetime
) -> None:
    """Let the owner act; what it refuses goes to people."""
    inbound.about = message
    replies = kinds.get(message.kind).replies
    assert replies is not None  # noqa: S101 - open_questions asks only those
    try:
        with transaction.atomic():
            answered = replies.answer(message.subject_id, Meaning(inbound.meaning), now)
    except HidajError as refusal:
        logger.warning("answer %s was refused: %s", inbound.pk, refusal.code)
        _to_people(inbound, now)
        return
    if answered in WISH_OF:
        _wish(WISH_OF[answered], inbound, now)
    _done(inbound, answered, now)


def open_questions(sender: str, now: dt.datetime) -> list[Open]:
    """What a number may be answering, the latest first, one for each topic.

    Where a text invited answers, only such are meant: a confirmation of something else
    does not make the answer to a reminder ambiguous.
    """
    asking = {kind.name: kind for kind in kinds.all_kinds() if kind.replies}
    sent = OutboxMessage.objects.filter(
        recipient=sender,
        channel=Channel.SMS,
        kind__in=asking,
        state__in=[*SENT_STATES, State.UNKNOWN],
        first_call_at__gte=now - ASKED_WITHIN,
    ).order_by("-first_call_at", "-pk")
    found: dict[str, Open] = {}
    for message in sent[:50]:
        replies = asking[message.kind].replies
        question = replies and replies.question(
            message.subject_id, message.language, now
        )
        if question:
            found.setdefault(question.topic, Open(message, question))
    invited = [one for one in found.values() if _invites(one.message)]
    return invited or list(found.values())


def _invites(message: OutboxMessage) -> bool:
    replies = kinds.get(message.kind).replies
    return replies is not None and replies.invites


def _wish(kind: str, inbound: InboundMessage, now: dt.datetime) -> None:
    about = inbound.about
    key = f"{kind}:{inbound.sender}"
    if kind != "call_back" and about is not None:
        key += f":{about.subject_kind}:{about.subject_id}"
    if kind == "answer":
        key = f"answer:{inbound.pk}"
    wish = Wish(
        kind=kind,
        key=key,
        phone=inbound.sender,
        text=inbound.text,
        subject_kind=about.subject_kind if about else "",
        subject_id=about.subject_id if about else 0,
    )
    tell_reception(wish, now)


def _done(
    inbound: InboundMessage,
    outcome: str,
    now: dt.datetime,
    *,
    state: InboundState = InboundState.DONE,
) -> None:
    """Note what happened, and confirm it by SMS unless the owner has told so."""
    inbound.outcome, inbound.state = outcome, state
    # The text of the confirmation is read from this row.
    inbound.save()
    if outcome == Answered.CANCELLED or not _may_confirm(inbound.sender, now):
        return
    services.enqueue(
        kind=f"reply_{outcome}",
        subject_kind="inbound",
        subject_id=inbound.pk,
        recipient=inbound.sender,
        language=inbound.about.language if inbound.about else "fa",
        dedupe_key=f"reply:{inbound.pk}",
        due_at=now,
        expires_at=now + USEFUL_FOR,
        now=now,
    )


def _may_confirm(sender: str, now: dt.datetime) -> bool:
    return limits.hit(scope="reply", key=sender, limits=CONFIRMATIONS, now=now)
