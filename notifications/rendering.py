"""From a row to the words that are sent, at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import translation

from notifications.kinds import MessageKind
from notifications.models import OutboxMessage
from notifications.segments import MOST_PARTS, count_parts
from notifications.syntax import fill
from notifications.text_models import Piece

Pieces = Mapping[str, str]

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


def render_sms(pieces: Pieces, values: Mapping[str, str], *, with_link: bool) -> str:
    """The words of an SMS, with a link only where the route allows one.

    A long address of the site may take more parts than we send: then the words without
    it go.
    """
    if with_link and Piece.SMS_LINKED in pieces:
        linked = fill(pieces[Piece.SMS_LINKED], values)
        if count_parts(linked) <= MOST_PARTS:
            return linked
    return fill(pieces[Piece.SMS], values)


def hint(language: str) -> str:
    """Which digits may be answered."""
    return HINT.get(language, HINT["fa"])


def invite_reply(text: str, language: str) -> str:
    """The text with the digits that may be answered, where two parts hold both."""
    invited = f"{text}\n{hint(language)}"
    return invited if count_parts(invited) <= MOST_PARTS else text


def render_email(pieces: Pieces, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and plain body; a kind without a wording for e-mail uses its SMS."""
    body = (
        pieces.get(Piece.EMAIL_BODY)
        or pieces.get(Piece.SMS_LINKED)
        or pieces[Piece.SMS]
    )
    filled = fill(body, values)
    subject = pieces.get(Piece.EMAIL_SUBJECT)
    if not subject:
        return filled.splitlines()[0], filled
    return " ".join(fill(subject, values).split()), filled


def calendar_file(message: OutboxMessage, kind: MessageKind) -> bytes | None:
    """The calendar part of an e-mail, as its owner makes it now."""
    if kind.calendar is None:
        return None
    with translation.override(message.language):
        return kind.calendar(message.subject_id, message.language)
