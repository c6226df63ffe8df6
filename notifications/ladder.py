"""What follows when an SMS did not arrive: another way, then the telephone.

The e-mail of the same news goes out beside the SMS, where there is an address; it may
be read too late or never, so it does not take a call's place.
"""

from __future__ import annotations

import datetime as dt
import logging

from core.transactions import atomic_retrying
from notifications import kinds, services
from notifications.channels import ways_of
from notifications.models import (
    SENT_STATES,
    Channel,
    OutboxMessage,
    Purpose,
    State,
)
from notifications.questions import Wish, tell_reception
from notifications.rendering import RENDER_ERRORS

logger = logging.getLogger(__name__)

AT_ONCE = 100
# A lost answer is first asked about, and an old failure helps nobody.
DOUBT_WAITS = dt.timedelta(minutes=15)
OLDEST = dt.timedelta(days=3)
WAY = ":way"
# Codes of numbers that do not exist: no other gateway reaches them either.
BAD_NUMBERS = {"411", "104", "21211", "21612", "21614", "30005", "30006"}
NO_LADDER = (Purpose.CODE, Purpose.NEWS)


def climb(now: dt.datetime) -> int:
    """Take every SMS that did not arrive one rung up; returns how many."""
    pks = OutboxMessage.objects.stranded(now, DOUBT_WAITS, OLDEST).values_list(
        "pk", flat=True
    )
    return sum(_climb(pk, now) for pk in list(pks[:AT_ONCE]))


@atomic_retrying
def _climb(pk: int, now: dt.datetime) -> bool:
    rows = OutboxMessage.objects.filter(pk=pk, climbed_at=None)
    message = rows.select_for_update().first()
    if message is None:
        return False
    rows.update(climbed_at=now)
    if not _is_of_use(message, now):
        return False
    if not _take_another_way(message, now):
        _tell_people(message, now)
    return True


def _is_of_use(message: OutboxMessage, now: dt.datetime) -> bool:
    """Whether somebody should still hear of it."""
    if message.expires_at and message.expires_at <= now:
        return False
    try:
        kind = kinds.get(message.kind)
        if kind.purpose in NO_LADDER or message.subject_kind == "inbound":
            return False
        return not kind.still_wanted(message.subject_id, message)
    except RENDER_ERRORS as error:
        logger.error("message %s: %s", message.pk, type(error).__name__)
        return False


def _take_another_way(message: OutboxMessage, now: dt.datetime) -> bool:
    """Send it once more by a gateway that has not tried; never what may be out."""
    is_bad = message.error_code in BAD_NUMBERS
    if message.state == State.UNKNOWN or is_bad or message.error_code == "NoRoute":
        return False
    base = message.dedupe_key.split(WAY)[0]
    family = OutboxMessage.objects.filter(dedupe_key=base)
    family |= OutboxMessage.objects.filter(dedupe_key__startswith=base + WAY)
    tried = set(family.values_list("gateway", flat=True))
    for route, name in enumerate(ways_of(message)):
        if name not in tried:
            _send_by(message, route, f"{base}{WAY}{route}", now)
            return True
    return False


def _send_by(message: OutboxMessage, route: int, key: str, now: dt.datetime) -> None:
    again = services.enqueue(
        kind=message.kind,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        recipient=message.recipient,
        language=message.language,
        dedupe_key=key,
        due_at=now,
        expires_at=message.expires_at,
        now=now,
        schedule_version=message.schedule_version,
    )
    OutboxMessage.objects.filter(pk=again.pk).update(route=route)


def _tell_people(message: OutboxMessage, now: dt.datetime) -> None:
    """The last rung: reception calls, with the words of the message at hand."""
    wish = Wish(
        kind="unreached",
        key=f"unreached:{message.subject_kind}:{message.subject_id}"
        f":{message.recipient}",
        phone=message.recipient,
        text=message.text,
        subject_kind=message.subject_kind,
        subject_id=message.subject_id,
        was_mailed=_was_mailed(message),
    )
    tell_reception(wish, now)


def _was_mailed(message: OutboxMessage) -> bool:
    """Whether the same news went to an e-mail address as well."""
    return (
        OutboxMessage.objects.about(message.subject_kind, message.subject_id)
        .filter(
            kind=message.kind,
            channel=Channel.EMAIL,
            schedule_version=message.schedule_version,
            state__in=SENT_STATES,
        )
        .exists()
    )
