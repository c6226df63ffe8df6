"""What a text must be like before it may be sent."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from notifications import samples
from notifications.kinds import MessageKind
from notifications.segments import MOST_PARTS, measure
from notifications.syntax import cleaned as cleaned_text
from notifications.syntax import fill, has_stray_braces, placeholders
from notifications.text_models import Piece
from persian.text import to_reader_digits

SMS_PIECES = (Piece.SMS, Piece.SMS_LINKED)
# Without these a message does not say what it is for. Each has to stay in a text whose
# standard wording has it; the others may be left out.
ESSENTIAL = frozenset(
    {"centre", "code", "domain", "link", "url"}
    | {"course", "full_course", "service", "full_service", "items", "choices", "what"}
    | {"day", "time", "new", "until", "draw_at", "number", "place"}
    | {"person", "booker", "names", "count", "words"}
)
# These have no greatest length: they are for e-mails.
UNBOUNDED = frozenset(
    {"address", "bring", "dates", "full_course", "full_reason", "full_service"}
    | {"full_where", "landmark", "url"}
)
MOST_CHARACTERS = {Piece.EMAIL_SUBJECT: 120, Piece.EMAIL_BODY: 3000}


@dataclass(frozen=True)
class Problem:
    """Why a text cannot be kept, in a sentence; `piece` is the text in question."""

    piece: str
    words: str


def cleaned(kind: MessageKind, pieces: Mapping[str, str]) -> dict[str, str]:
    """The pieces that the kind has, in the form in which they are stored."""
    return {
        piece: cleaned_text(
            pieces.get(piece, ""), multiline=piece != Piece.EMAIL_SUBJECT
        )
        for piece in kind.pieces("fa")
    }


def essential(kind: MessageKind, language: str, piece: str) -> set[str]:
    """The values that a text has to hold."""
    return placeholders(kind.pieces(language)[piece]) & ESSENTIAL


def problems(
    kind: MessageKind, language: str, pieces: Mapping[str, str]
) -> list[Problem]:
    """Why these texts may not be sent, at most one sentence for each; [] when they may.

    `pieces` are cleaned. Every length is that with the longest values.
    """
    found = (
        (piece, _problem(kind, language, piece, pieces.get(piece, "")))
        for piece in kind.pieces(language)
    )
    return [Problem(piece, words) for piece, words in found if words]


def _problem(kind: MessageKind, language: str, piece: str, text: str) -> str:
    if not text:
        return _("Please write this text.")
    return (
        _wrong_values(kind, text)
        or _unbounded_values(piece, text)
        or _missing_values(kind, language, piece, text)
        or _wrong_last_line(kind, language, piece, text)
        or _too_long(kind, language, piece, text)
    )


def _wrong_values(kind: MessageKind, text: str) -> str:
    if has_stray_braces(text):
        return _(
            "A brace stands alone, or holds more than a name. A value is written like"
            " %(example)s."
        ) % {"example": _braced(kind.variables[0])}
    unknown = sorted(placeholders(text) - set(kind.variables))
    if not unknown:
        return ""
    near = difflib.get_close_matches(unknown[0], kind.variables, n=1)
    if near:
        return _("This message has no value %(name)s. Do you mean %(near)s?") % {
            "name": _braced(unknown[0]),
            "near": _braced(near[0]),
        }
    return _("This message has no value %(name)s.") % {"name": _braced(unknown[0])}


def _unbounded_values(piece: str, text: str) -> str:
    found = sorted(placeholders(text) & UNBOUNDED)
    if piece not in SMS_PIECES or not found:
        return ""
    return _("%(name)s may be of any length, so that only an e-mail can hold it.") % {
        "name": _braced(found[0])
    }


def _missing_values(kind: MessageKind, language: str, piece: str, text: str) -> str:
    missing = sorted(essential(kind, language, piece) - placeholders(text))
    if not missing:
        return ""
    names = _(", ").join(_braced(name) for name in missing)
    return _("This text must hold %(names)s.") % {"names": names}


def _wrong_last_line(kind: MessageKind, language: str, piece: str, text: str) -> str:
    """Phones fill a code in only where the last line names the site."""
    last = kind.pieces(language)[piece].split("\n")[-1]
    if not last.startswith("@") or text.split("\n")[-1] == last:
        return ""
    return _("The last line must be %(line)s: phones read the code from it.") % {
        "line": last
    }


def _too_long(kind: MessageKind, language: str, piece: str, text: str) -> str:
    filled = fill(text, samples.worst(kind, language))
    if piece in SMS_PIECES:
        return _too_many_parts(filled)
    most = MOST_CHARACTERS[Piece(piece)]
    if len(filled) <= most:
        return ""
    return _("This is %(over)s characters too long.") % {
        "over": to_reader_digits(str(len(filled) - most))
    }


def _too_many_parts(filled: str) -> str:
    size = measure(filled)
    if size.parts <= MOST_PARTS:
        return ""
    words = _(
        "With the longest values this takes %(parts)s SMS parts, and two are the most."
        " It is %(over)s characters too long."
    )
    return words % {
        "parts": to_reader_digits(str(size.parts)),
        "over": to_reader_digits(str(max(1, -size.left))),
    }


def _braced(name: str) -> str:
    # A left-to-right island: braces must not turn around in a Persian sentence.
    return f"\u2066{{{name}}}\u2069"
