"""Private calendars: what a person attends, what a teacher gives, who is in a room."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Person
from booking import calendars as booking_calendars
from booking.models import Room
from consulting import calendars as consulting_calendars
from courses import calendars as courses_calendars
from notifications.calendars import CalendarEntry
from notifications.feeds import register_feed
from persian.text import localized

PERSON, TEACHER, ROOM = "person", "teacher", "room"


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
    """Classes that a person teaches, meetings that they give, and their leave."""
    person = Person.objects.get(pk=person_id)
    with translation.override(person.language):
        return [
            *courses_calendars.teacher_entries(person),
            *consulting_calendars.consultant_entries(person),
            *booking_calendars.person_entries(person),
        ]


def room_entries(room_id: int) -> list[CalendarEntry]:
    """What happens in a room, without a name: the screen beside its door shows it."""
    room = Room.objects.get(pk=room_id)
    return [
        *courses_calendars.room_entries(room),
        *consulting_calendars.room_entries(room),
        *booking_calendars.room_entries(room),
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


def _room_title(room_id: int) -> str:
    return Room.objects.get(pk=room_id).name


def register_feeds() -> None:
    """Called once, at start-up."""
    register_feed(PERSON, person_entries, _title)
    register_feed(TEACHER, teacher_entries, _teacher_title)
    register_feed(ROOM, room_entries, _room_title)
