"""What can be sent: each kind of message, registered at start-up by its owner.

This app never imports what it talks about. The owner gives the values, this app
renders the text at the moment of sending.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from notifications.models import OutboxMessage, Purpose, State, Urgency
from notifications.questions import Replies
from notifications.syntax import has_stray_braces, placeholders
from notifications.text_models import Piece

Texts = Mapping[str, str]
Values = Callable[[int, str], Mapping[str, str]]
StillWanted = Callable[[int, OutboxMessage], str]
Calendar = Callable[[int, str], bytes | None]

URGENCIES: dict[str, Urgency] = {
    "code": Urgency.CODE,
    "now": Urgency.NOW,
    "change": Urgency.CHANGE,
    "normal": Urgency.NORMAL,
    "reminder": Urgency.REMINDER,
}
# What `still_wanted` may answer instead of "".
UNWANTED_STATES = frozenset(
    {State.SUPERSEDED, State.CANCELLED, State.EXPIRED, State.SUPPRESSED}
)


@dataclass(frozen=True)
class MessageKind:
    """A kind of message and its wording in each language.

    `purpose` is code, transactional, reminder or news; `urgency` is code, now,
    change, normal or reminder. `values(subject_id, language)` reads everything anew;
    it and the sealed values of the message together fill `variables`.
    `still_wanted(subject_id, message)` gives "" or the state that the message shall
    end in. `sample` holds the longest values that may occur, `example` usual ones for
    each language. `sms_linked` is used where the route allows links, `sms` elsewhere.
    `calendar(subject_id, language)` gives the bytes of a calendar file for the e-mail.
    `replies` is for kinds that people answer by SMS.

    These wordings hold as long as staff have not written their own
    (`notifications.texts`).
    """

    name: str
    purpose: str
    urgency: str
    variables: tuple[str, ...]
    values: Values
    still_wanted: StillWanted
    sample: Mapping[str, str]
    sms: Texts
    sms_linked: Texts | None = None
    email_subject: Texts | None = None
    email_body: Texts | None = None
    calendar: Calendar | None = None
    replies: Replies | None = None
    example: Mapping[str, Texts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ValueError when the wording asks for what nobody gives."""
        Purpose(self.purpose)
        if (self.purpose == "code") != (URGENCIES[self.urgency] == Urgency.CODE):
            raise ValueError(f"{self.name}: codes, and only codes, have urgency code")
        for texts in self.all_texts():
            self._check_texts(texts)
        missing = set(self.variables) - set(self.sample)
        if missing:
            raise ValueError(f"{self.name}: no sample for {sorted(missing)}")

    def all_texts(self) -> list[Texts]:
        """Every wording that this kind has."""
        texts = (self.sms, self.sms_linked, self.email_subject, self.email_body)
        return [wording for wording in texts if wording]

    def pieces(self, language: str) -> dict[str, str]:
        """The wordings of a language by piece, without what this kind does not have.

        Persian stands in for a language that a wording does not speak.
        """
        wordings = {piece: getattr(self, piece) for piece in Piece.values}
        return {
            piece: texts.get(language) or texts["fa"]
            for piece, texts in wordings.items()
            if texts
        }

    def _check_texts(self, texts: Texts) -> None:
        if "fa" not in texts:
            raise ValueError(f"{self.name}: a Persian wording is missing")
        for text in texts.values():
            unknown = placeholders(text) - set(self.variables)
            if unknown or has_stray_braces(text):
                raise ValueError(f"{self.name}: unknown values {sorted(unknown)}")


@dataclass
class _Registry:
    kinds: dict[str, MessageKind] = field(default_factory=dict)


_registry = _Registry()


def register(kind: MessageKind) -> None:
    """Make a kind known; the last registration of a name holds."""
    _registry.kinds[kind.name] = kind


def get(name: str) -> MessageKind:
    """The kind of this name; raises LookupError when nobody registered it."""
    return _registry.kinds[name]


def all_kinds() -> list[MessageKind]:
    """Every registered kind, by name."""
    return sorted(_registry.kinds.values(), key=lambda kind: kind.name)


def always_wanted(subject_id: int, message: OutboxMessage) -> str:
    """For messages that nothing can overtake."""
    return ""


def no_values(subject_id: int, language: str) -> Mapping[str, str]:
    """For messages whose values are all sealed in the row."""
    return {}
