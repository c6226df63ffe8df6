"""The texts that staff wrote: which hold, writing new ones, going back.

Rendering asks at the moment of sending, so that a text which is saved now is in every
message that goes out from now on, also in those that were planned before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.languages import Language
from core.transactions import atomic_retrying
from notifications import kinds
from notifications.alarms import Alarm, raise_alarm
from notifications.exceptions import NotificationsError
from notifications.kinds import MessageKind
from notifications.models import OutboxMessage
from notifications.syntax import has_stray_braces, placeholders
from notifications.text_models import TextVersion
from notifications.text_rules import cleaned, problems

Pieces = Mapping[str, str]


@dataclass(frozen=True)
class Wording:
    """The texts of a kind in a language, and whose they are; None for the code's."""

    pieces: Pieces
    version: TextVersion | None


@dataclass(frozen=True)
class Draft:
    """Texts that somebody wrote when the newest version had the number `base`."""

    language: str
    base: int
    pieces: Pieces


def latest(kind: str, language: str) -> TextVersion | None:
    """The version that holds; None as long as nobody wrote one."""
    return TextVersion.objects.of(kind, language).first()


def wording(kind: MessageKind, language: str, version: TextVersion | None) -> Wording:
    """The texts of a version, the code's for what it lacks or cannot be filled."""
    pieces = kind.pieces(language)
    if version is not None and not version.is_default:
        written = version.pieces()
        pieces |= {p: written[p] for p in pieces if _is_usable(kind, written[p])}
    return Wording(pieces, version)


def _is_usable(kind: MessageKind, text: str) -> bool:
    known = placeholders(text) <= set(kind.variables)
    return bool(text) and known and not has_stray_braces(text)


def broken_pieces(kind: MessageKind, version: TextVersion) -> list[str]:
    """What of a version cannot be sent any more: the kind has changed since."""
    if version.is_default:
        return []
    written = version.pieces()
    needed = kind.pieces(version.language)
    return [p for p in needed if not _is_usable(kind, written[p])]


def wording_for(message: OutboxMessage, kind: MessageKind, now: dt.datetime) -> Wording:
    """The texts that a message is rendered with; staff hear of broken ones.

    What may have gone out already is repeated in the same words.
    """
    language = message.language if message.language in Language.values else "fa"
    if message.first_call_at:
        version = message.text_version
    else:
        version = latest(kind.name, language)
    if version is not None and broken_pieces(kind, version):
        raise_alarm(Alarm.TEXT, f"{kind.name}:{language}", now)
    return wording(kind, language, version)


@atomic_retrying
def write_texts(
    *, kind: str, drafts: list[Draft], by: int, now: dt.datetime
) -> list[TextVersion]:
    """Make texts hold from now on; returns the new versions, none for what is the same.

    `by` is the key of the user. All drafts are kept or none. Raises LookupError for an
    unknown kind, and NotificationsError with the code "stale" when somebody else wrote
    in between, "refused" when a text breaks a rule (`text_rules.problems`).
    """
    written = []
    for draft in drafts:
        version = _write(kinds.get(kind), draft, by, now)
        written += [version] if version else []
    return written


def _write(
    kind: MessageKind, draft: Draft, by: int, now: dt.datetime
) -> TextVersion | None:
    if not is_new(kind, draft):
        return None
    _require_newest(latest(kind.name, draft.language), draft.base)
    pieces = cleaned(kind, draft.pieces)
    if found := problems(kind, draft.language, pieces):
        raise NotificationsError(found[0].words, code="refused")
    version = TextVersion(
        kind=kind.name, language=draft.language, written_by_id=by, written_at=now
    )
    for piece, text in pieces.items():
        setattr(version, piece, text)
    return _insert(version, draft.base)


def is_new(kind: MessageKind, draft: Draft) -> bool:
    """Whether a draft says something else than what holds, and than it began from.

    Who did not touch a text does not write it anew, whatever others did meanwhile.
    """
    rows = TextVersion.objects.of(kind.name, draft.language)
    pieces = cleaned(kind, draft.pieces)
    known = (rows.first(), rows.filter(number=draft.base).first())
    return all(
        cleaned(kind, wording(kind, draft.language, version).pieces) != pieces
        for version in known
    )


def _require_newest(newest: TextVersion | None, base: int) -> None:
    if (newest.number if newest else 0) != base:
        raise _stale()


def _stale() -> NotificationsError:
    words = _("Somebody else has changed this text in the meantime.")
    return NotificationsError(words, code="stale")


def _insert(version: TextVersion, base: int) -> TextVersion:
    version.number = base + 1
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError as error:
        raise _stale() from error
    return version


@atomic_retrying
def go_back(
    *, kind: str, language: str, number: int, base: int, by: int, now: dt.datetime
) -> TextVersion | None:
    """Make an earlier version hold again, 0 for the texts of the code.

    `base` is the newest number that the caller saw. Returns None when those texts hold
    already. Raises as `write_texts`, and DoesNotExist for a number that never was.
    """
    known = kinds.get(kind)
    newest = latest(kind, language)
    if number == 0:
        if newest is None or newest.is_default:
            return None
        _require_newest(newest, base)
        version = TextVersion(is_default=True)
    else:
        version = _copy(known, language, number)
        if newest and version.pieces() == newest.pieces():
            return None
        _require_newest(newest, base)
    version.kind, version.language = kind, language
    version.written_by_id, version.written_at = by, now
    return _insert(version, base)


def _copy(kind: MessageKind, language: str, number: int) -> TextVersion:
    """What an earlier version said, held against today's rules."""
    earlier = TextVersion.objects.of(kind.name, language).get(number=number)
    if earlier.is_default:
        return TextVersion(is_default=True)
    if found := problems(kind, language, earlier.pieces()):
        raise NotificationsError(found[0].words, code="refused")
    return TextVersion(restores=number, **earlier.pieces())
