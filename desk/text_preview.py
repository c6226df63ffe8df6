"""What a text looks like with the longest and with usual values, and what it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.languages import Language
from desk.channels import gateway_title
from desk.text_warnings import warnings, word_warnings
from notifications import kinds, samples, spending, texts
from notifications.gateways import routing
from notifications.kinds import MessageKind
from notifications.rendering import invite_reply
from notifications.segments import MOST_PARTS, Size, measure
from notifications.syntax import fill, placeholders
from notifications.text_models import Piece
from notifications.text_rules import SMS_PIECES, cleaned, problems


@dataclass(frozen=True)
class Example:
    """A text with values; the size is that of an SMS."""

    title: str
    text: str
    size: Size | None
    part_rial: int

    @property
    def cost_rial(self) -> int:
        """What one message costs."""
        return self.size.parts * self.part_rial if self.size else 0

    @property
    def over(self) -> int:
        """How many characters are too many."""
        return max(0, -self.size.left) if self.size else 0

    @property
    def is_too_long(self) -> bool:
        return self.size is not None and self.size.parts > MOST_PARTS


@dataclass(frozen=True)
class Preview:
    """One text of a message in one language, as it will arrive."""

    piece: Piece
    language: Language
    examples: list[Example]
    problem: str
    warnings: list[str]

    @property
    def direction(self) -> str:
        return "rtl" if self.language == Language.PERSIAN else "ltr"

    @property
    def key(self) -> str:
        """Unique on the page."""
        return f"{self.language}-{self.piece}"


def previews(
    kind: MessageKind, language: str, typed: Mapping[str, str], *, part_rial: int
) -> dict[str, Preview]:
    """Every text of a language by piece, as typed so far; `part_rial` prices a part."""
    pieces = cleaned(kind, typed)
    wrong = {found.piece: found.words for found in problems(kind, language, pieces)}
    return {
        piece: Preview(
            piece=Piece(piece),
            language=Language(language),
            examples=[
                Example(title, words, _size(piece, words), part_rial)
                for title, words in _filled(kind, language, piece, text)
            ],
            problem=wrong.get(piece, ""),
            warnings=warnings(kind, language, piece, text) if text else [],
        )
        for piece, text in pieces.items()
    }


def previews_of_words(
    kind_name: str, typed: Mapping[str, str], *, now: dt.datetime
) -> list[Preview]:
    """What staff write to many, in each language, as its SMS arrives by the text that
    holds now; `typed` has the words of each language that has some."""
    kind, price = kinds.get(kind_name), spending.part_rial(now)
    return [
        _preview_of_words(kind, language, typed.get(language, ""), price)
        for language in Language
    ]


def _preview_of_words(
    kind: MessageKind, language: Language, words: str, part_rial: int
) -> Preview:
    held = texts.wording(kind, language, texts.latest(kind.name, language))
    values = samples.typical(kind, language) | {"words": words}
    sms = fill(held.pieces[Piece.SMS], values)
    example = Example(_("As it arrives"), sms, measure(sms), part_rial)
    return Preview(
        piece=Piece.SMS,
        language=language,
        examples=[example] if words else [],
        problem="",
        warnings=word_warnings(language, words) if words else [],
    )


def _size(piece: str, words: str) -> Size | None:
    return measure(words) if piece in SMS_PIECES else None


def _filled(
    kind: MessageKind, language: str, piece: str, text: str
) -> Iterator[tuple[str, str]]:
    """The text with usual values and, where the length counts, with the longest."""
    if not text:
        return
    # A name that nobody knows stands for itself.
    values = {name: f"{{{name}}}" for name in placeholders(text)}
    answered = piece == Piece.SMS and _is_answered(kind)
    examples = [(_("As a rule"), samples.typical(kind, language))]
    if piece in SMS_PIECES:
        examples.append((_("At its longest"), samples.worst(kind, language)))
    for title, known in examples:
        words = fill(text, values | known)
        yield title, invite_reply(words, language) if answered else words


def _is_answered(kind: MessageKind) -> bool:
    """Whether a way of this kind says which digits to send."""
    invites = kind.replies is not None and kind.replies.invites
    return invites and any(routing.receives(name) for name in routing.used())


def ways_of(kind: MessageKind, piece: str) -> list[str]:
    """The gateways that send this text of a kind, in words."""
    if piece not in SMS_PIECES or Piece.SMS_LINKED not in kind.pieces("fa"):
        return []
    invites = kind.replies is not None and kind.replies.invites
    return [
        gateway_title(name)
        for name in routing.used()
        if (piece == Piece.SMS_LINKED)
        == (routing.allows_links(name) and not (invites and routing.receives(name)))
    ]
