"""What staff should know of a text that may well be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from desk.channels import gateway_title
from notifications import samples
from notifications.gateways import routing
from notifications.kinds import MessageKind
from notifications.rendering import hint
from notifications.segments import MOST_PARTS, count_parts, is_cheap
from notifications.syntax import fill, placeholders
from notifications.text_models import Piece
from notifications.text_rules import SMS_PIECES, essential
from persian.text import clean, search_key, to_latin_digits

_WORD = re.compile(r"\w+")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+\b", re.I)
_SHORTENERS = re.compile(
    r"\b(?:bit\.ly|goo\.gl|is\.gd|t\.co|tinyurl\.com|yun\.ir|b2n\.ir)\b", re.I
)
_CARD = re.compile(r"(?:\d[ -]?){16}")
_VALUE = re.compile(r"\{[a-z0-9_]+\}")


def warnings(kind: MessageKind, language: str, piece: str, text: str) -> list[str]:
    """Sentences about one text as it was typed; none of them stands in the way."""
    found = [*_dropped(kind, language, piece, text)]
    if piece in SMS_PIECES:
        filled = fill(text, _values(kind, language, text))
        found += _filtered(filled)
        found += _links(piece, text)
        found += _dear(language, text)
        found += _no_room_for_answers(kind, language, piece, filled)
        found += _approved(kind, language, text)
    return found


def word_warnings(language: str, words: str) -> list[str]:
    """Sentences about what staff write to many in their own words."""
    link = _LINK.search(words)
    linked = [_("An SMS with a link may not arrive.")] if link else []
    return [*_filtered(words), *linked, *_dear(language, words)]


def _values(kind: MessageKind, language: str, text: str) -> dict[str, str]:
    """The longest values, and itself for a name that nobody knows."""
    unknown = {name: f"{{{name}}}" for name in placeholders(text)}
    return unknown | samples.worst(kind, language)


def _dropped(kind: MessageKind, language: str, piece: str, text: str) -> Iterator[str]:
    standard = placeholders(kind.pieces(language)[piece])
    left_out = sorted(standard - placeholders(text) - essential(kind, language, piece))
    if left_out:
        yield _("The standard text also says %(names)s.") % {"names": _named(left_out)}


def _named(names: list[str]) -> str:
    return _(", ").join(f"\u2066{{{name}}}\u2069" for name in names)


def _filtered(filled: str) -> Iterator[str]:
    words = {search_key(word) for word in settings.HIDAJ_SMS_FILTERED_WORDS}
    used = _WORD.findall(to_latin_digits(clean(filled)))
    found = dict.fromkeys(word for word in used if search_key(word) in words)
    if found:
        yield _(
            "Operators are known to hold back SMS with “%(words)s”. Try it on both"
            " large networks."
        ) % {"words": _(", ").join(found)}
    if _CARD.search(to_latin_digits(filled)):
        yield _("Operators hold back SMS with a card number.")


def _links(piece: str, text: str) -> Iterator[str]:
    bare = _VALUE.sub("", text)
    if _SHORTENERS.search(bare):
        yield _("Operators block public link shorteners. Use {link}.")
    elif _LINK.search(bare) and piece == Piece.SMS_LINKED:
        yield _("With {link} everybody gets the address of their own page.")
    elif piece == Piece.SMS and (_LINK.search(bare) or "{link}" in text):
        yield _(
            "This text goes where links are not allowed: an SMS with a link may not"
            " arrive there."
        )


def _dear(language: str, text: str) -> Iterator[str]:
    bare = _VALUE.sub("", text)
    if any(ord(char) > 0xFFFF for char in bare):
        yield _("An emoji counts as two characters, and old phones do not show it.")
    strange = dict.fromkeys(char for char in bare if not is_cheap(char))
    if language == "en" and strange:
        yield _(
            "With “%(characters)s” a part holds 70 characters; with plain letters and"
            " signs 160."
        ) % {"characters": " ".join(strange)}


def _no_room_for_answers(
    kind: MessageKind, language: str, piece: str, filled: str
) -> Iterator[str]:
    invites = kind.replies is not None and kind.replies.invites
    receives = any(routing.receives(name) for name in routing.used())
    if piece != Piece.SMS or not invites or not receives:
        return
    if count_parts(f"{filled}\n{hint(language)}") > MOST_PARTS:
        yield _(
            "With long values no room is left to say which digits can be answered"
            " (“%(hint)s”)."
        ) % {"hint": f"\u2068{hint(language)}\u2069"}


def _approved(kind: MessageKind, language: str, text: str) -> Iterator[str]:
    for name in routing.used():
        template = routing.approved_template(name, kind.name, language)
        if template is None:
            continue
        words = {"gateway": gateway_title(name), "template": template.name}
        yield (
            _(
                "%(gateway)s sends its approved text “%(template)s” instead of this"
                " one. Have the new words approved there too, so that both say the"
                " same."
            )
            % words
        )
        lacking = sorted(placeholders(text) - set(template.variables.values()))
        if lacking:
            words["names"] = _named(lacking)
            yield _("The approved text “%(template)s” is given no %(names)s.") % words
