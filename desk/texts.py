"""The texts of all messages as staff find them, and what was written when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.languages import Language
from desk.messages import kind_name
from desk.text_words import VALUES, WHEN
from notifications import kinds, samples
from notifications.gateways import routing
from notifications.kinds import MessageKind
from notifications.models import Purpose
from notifications.segments import MOST_PARTS, count_parts
from notifications.syntax import fill
from notifications.text_models import Piece, TextVersion, TextVersionQuerySet
from notifications.text_rules import SMS_PIECES
from notifications.texts import broken_pieces, wording
from persian.phones import display_phone
from persian.text import search_key

Newest = dict[tuple[str, str], TextVersion]


@dataclass(frozen=True)
class LanguageLine:
    """The texts of one kind in one language."""

    language: Language
    version: TextVersion | None
    parts: int
    is_broken: bool

    @property
    def is_own(self) -> bool:
        """Whether staff wrote it."""
        return self.version is not None and not self.version.is_default

    @property
    def is_too_long(self) -> bool:
        return self.parts > MOST_PARTS


@dataclass(frozen=True)
class KindLine:
    """One kind of message in the list."""

    name: str
    title: str
    when: str
    languages: list[LanguageLine]
    is_approved: bool
    text: str


@dataclass(frozen=True)
class Group:
    """The kinds of one purpose."""

    purpose: Purpose
    lines: list[KindLine]


def when_sent(name: str) -> str:
    """When a kind of message goes out, as a sentence; "" for one nobody described."""
    return str(WHEN.get(name, ""))


def versions() -> TextVersionQuerySet:
    """All versions, with who wrote them."""
    return TextVersion.objects.select_related("written_by__person")


def groups(query: str, *, only_own: bool) -> list[Group]:
    """The kinds by purpose; `query` is looked for in names, sentences and texts."""
    rows = versions().order_by("number")
    newest = {(row.kind, row.language): row for row in rows}
    lines = [(kind.purpose, _line(kind, newest)) for kind in kinds.all_kinds()]
    wanted = [
        (purpose, line)
        for purpose, line in lines
        if search_key(query) in search_key(line.text)
        and (not only_own or any(one.is_own for one in line.languages))
    ]
    found = (
        Group(purpose, _sorted(line for of, line in wanted if of == purpose))
        for purpose in Purpose
    )
    return [group for group in found if group.lines]


def _sorted(lines: Iterable[KindLine]) -> list[KindLine]:
    return sorted(lines, key=lambda line: line.title)


def _line(kind: MessageKind, newest: Newest) -> KindLine:
    title, when = kind_name(kind.name), when_sent(kind.name)
    languages, words = [], [title, when, kind.name]
    for language in Language:
        version = newest.get((kind.name, language))
        pieces = wording(kind, language, version).pieces
        longest = samples.worst(kind, language)
        parts = [
            count_parts(fill(pieces[piece], longest))
            for piece in SMS_PIECES
            if piece in pieces
        ]
        is_broken = version is not None and bool(broken_pieces(kind, version))
        languages.append(LanguageLine(language, version, max(parts), is_broken))
        words += pieces.values()
    return KindLine(
        name=kind.name,
        title=title,
        when=when,
        languages=languages,
        is_approved=_is_approved(kind),
        text="\n".join(words),
    )


def _is_approved(kind: MessageKind) -> bool:
    return any(
        routing.approved_template(name, kind.name, language)
        for name in routing.used()
        for language in Language
    )


def values_of(kind: MessageKind) -> list[tuple[str, str]]:
    """What a text of this kind may name, with its meaning."""
    return [(name, str(VALUES.get(name, ""))) for name in sorted(kind.variables)]


@dataclass(frozen=True)
class VersionLine:
    """One version in the history; `newest` is the number that holds."""

    version: TextVersion
    newest: int

    @property
    def holds(self) -> bool:
        return self.version.number == self.newest

    @property
    def who(self) -> str:
        return who_wrote(self.version)

    @property
    def texts(self) -> list[tuple[str, str]]:
        return texts_of(self.version)


def who_wrote(version: TextVersion) -> str:
    """The name of who wrote a version, their number without one."""
    person = getattr(version.written_by, "person", None)
    return person.name if person else display_phone(version.written_by.phone)


def texts_of(version: TextVersion) -> list[tuple[str, str]]:
    """What a version says, with what each text is."""
    pieces = version.pieces()
    return [(str(p.label), pieces[p]) for p in Piece if pieces[p]]


def history(kind: str) -> list[VersionLine]:
    """Every version of a kind in both languages, the newest first."""
    rows = versions().filter(kind=kind).order_by("-written_at", "-pk")
    newest: dict[str, int] = {}
    for row in rows:
        newest[row.language] = max(row.number, newest.get(row.language, 0))
    return [VersionLine(row, newest[row.language]) for row in rows]
