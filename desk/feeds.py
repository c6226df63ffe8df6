"""Private calendars: what a person attends, and what a teacher gives."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Person
from consulting import calendars as consulting_calendars
from courses import calendars as courses_calendars
from notifications.calendars import CalendarEntry
from notifications.feeds import register_feed
from persian.text import localized

PERSON, TEACHER = "person", "teacher"


def person_entries(person_id: int) -> list[CalendarEntry]:
    """Classes and appointments of a person and of those whom they manage."""
    person = Person.objects.select_related("user").get(pk=person_id)
    people = [person]
    if person.user is not None:
        people += person.user.managed_persons.order_by("pk")
    with translation.override(person.language):
        return [
            entry
            for one in people
            for entry in (
                *courses_calendars.person_entries(one),
                *consulting_calendars.person_entries(one),
            )
        ]


def teacher_entries(person_id: int) -> list[CalendarEntry]:
    """Classes that a person teaches and meetings that they give."""
    person = Person.objects.get(pk=person_id)
    with translation.override(person.language):
        return [
            *courses_calendars.teacher_entries(person),
            *consulting_calendars.consultant_entries(person),
        ]


def _title(person_id: int) -> str:
    person = Person.objects.get(pk=person_id)
    with translation.override(person.language):
        return localized(settings.HIDAJ_CENTRE, "short_name")


def _teacher_title(person_id: int) -> str:
    person = Person.objects.get(pk=person_id)
    with translation.override(person.language):
        centre = localized(settings.HIDAJ_CENTRE, "short_name")
        return _("%(centre)s: my classes") % {"centre": centre}


def register_feeds() -> None:
    """Called once, at start-up."""
    register_feed(PERSON, person_entries, _title)
    register_feed(TEACHER, teacher_entries, _teacher_title)
