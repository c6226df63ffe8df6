"""From a row to the words that are sent, at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import translation

from notifications.kinds import MessageKind, Texts
from notifications.models import OutboxMessage
from notifications.segments import MOST_PARTS, count_parts
from persian.text import clean

HINT = {
    "fa": "۱ می‌آیم، ۲ نمی‌آیم، ۳ تماس",
    "en": "Reply 1 coming, 2 not, 3 call me",
}

# What an owner's functions raise when the thing is gone or half there: one bad row
# must not stop the others.
RENDER_ERRORS = (
    ObjectDoesNotExist,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
)


def current_values(message: OutboxMessage, kind: MessageKind) -> dict[str, str]:
    """What the owner says now, and what is sealed in the row.

    Raises LookupError when a value is missing (a sealed one that was blanked).
    """
    with translation.override(message.language):
        values = dict(kind.values(message.subject_id, message.language))
    sealed: Any = message.variables
    values |= sealed or {}
    missing = [name for name in kind.variables if name not in values]
    if missing:
        raise LookupError(f"no value for {missing[0]}")
    return values


def wording(texts: Texts, language: str) -> str:
    """The text of this language, or the Persian one."""
    return texts.get(language) or texts["fa"]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its values, cleaned of what costs parts or hides."""
    return clean(text.format_map(values), multiline=True)


def render_sms(
    kind: MessageKind,
    language: str,
    values: Mapping[str, str],
    *,
    with_link: bool,
) -> str:
    """The words of an SMS, with a link only where the route allows one."""
    texts = (kind.sms_linked if with_link else None) or kind.sms
    return fill(wording(texts, language), values)


def invite_reply(text: str, language: str) -> str:
    """The text with the digits that may be answered, where two parts hold both."""
    invited = f"{text}\n{wording(HINT, language)}"
    return invited if count_parts(invited) <= MOST_PARTS else text


def render_email(
    kind: MessageKind, language: str, values: Mapping[str, str]
) -> tuple[str, str]:
    """Subject and plain body; a kind without a wording for e-mail uses its SMS."""
    body = wording(kind.email_body or kind.sms_linked or kind.sms, language)
    filled = fill(body, values)
    if not kind.email_subject:
        return filled.splitlines()[0], filled
    subject = fill(wording(kind.email_subject, language), values)
    return " ".join(subject.split()), filled


def calendar_file(message: OutboxMessage, kind: MessageKind) -> bytes | None:
    """The calendar part of an e-mail, as its owner makes it now."""
    if kind.calendar is None:
        return None
    with translation.override(message.language):
        return kind.calendar(message.subject_id, message.language)
