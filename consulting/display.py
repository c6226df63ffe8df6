"""How consultants, places and modes are written for the reader."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from consulting.models import Meeting, Mode
from persian.text import is_persian

# Profiles hold the Persian names; these are the ones of the region.
LANGUAGES = {
    "فارسی": _("Persian"),
    "ترکی آذربایجانی": _("Azerbaijani"),
    "انگلیسی": _("English"),
    "کردی": _("Kurdish"),
    "عربی": _("Arabic"),
}


def languages_of(person: Person) -> str:
    """The languages that a consultant speaks, in the reader's language."""
    try:
        languages = person.teaching_profile.languages_fa
    except ObjectDoesNotExist:
        return ""
    if is_persian():
        return "، ".join(languages)
    return ", ".join(str(LANGUAGES.get(name, name)) for name in languages)


def where(meeting: Meeting) -> str:
    """The place of a meeting, or how it takes place without one."""
    if meeting.mode == Mode.IN_PERSON:
        return meeting.room.name if meeting.room else gettext("in the centre")
    return {
        Mode.PHONE: gettext("by phone"),
        Mode.VIDEO: gettext("by video"),
        Mode.ON_SITE: gettext("in your workshop"),
    }[Mode(meeting.mode)]
