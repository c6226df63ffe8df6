"""How consultants, places and modes are written for the reader."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from accounts.models import Person
from consulting.models import Meeting, Mode
from persian.text import is_persian


def consultant_name(person: Person) -> str:
    """The public name in the reader's language."""
    try:
        return person.teaching_profile.name
    except ObjectDoesNotExist:
        return person.name


def languages_of(person: Person) -> str:
    """The languages that a consultant speaks, as they are stored."""
    try:
        languages = person.teaching_profile.languages_fa
    except ObjectDoesNotExist:
        return ""
    return ("، " if is_persian() else ", ").join(str(name) for name in languages)


def where(meeting: Meeting) -> str:
    """The place of a meeting, or how it takes place without one."""
    if meeting.mode == Mode.IN_PERSON:
        return meeting.room.name if meeting.room else _("in the centre")
    return {
        Mode.PHONE: _("by phone"),
        Mode.VIDEO: _("by video"),
        Mode.ON_SITE: _("in your workshop"),
    }[Mode(meeting.mode)]


def clip(text: str, length: int) -> str:
    """At most so many characters, cut at a word where possible, with «…»."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > length // 2 else head).rstrip(" ،؛,;") + "…"
