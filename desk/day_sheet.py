"""The morning SMS of whoever teaches or consults: one sheet for the whole day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from consulting.display import where
from consulting.models import Meeting
from core.transactions import atomic_retrying
from courses.models import ClassSession
from desk.day import classes_between, day_bounds, meetings_between
from notifications.kinds import MessageKind
from notifications.kinds import register as register_kind
from notifications.models import OutboxMessage
from notifications.services import enqueue
from persian.jalali import format_time
from persian.text import clip, localized, to_reader_digits

KIND = "instructor_day_sheet"
SUBJECT = "teacher_day"
SENT_FROM, SENT_UNTIL = dt.time(7, 30), dt.time(12)
# Characters that the lines may take, so that an SMS stays within two parts.
ROOM_FOR_LINES = 88
TITLE_LENGTH, PLACE_LENGTH = 28, 16


@dataclass(frozen=True)
class Item:
    """One thing of the day; times are aware."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    line: str


def plan_day_sheets(now: dt.datetime) -> int:
    """Write the sheets of the day from 07:30 centre's time on; a step of the tick."""
    local = timezone.localtime(now)
    if not SENT_FROM <= local.time() < SENT_UNTIL:
        return 0
    _start, end = day_bounds(local.date())
    busy = {
        *classes_between(now, end).values_list("instructors", flat=True),
        *meetings_between(now, end).values_list("consultant", flat=True),
    }
    people = Person.objects.filter(pk__in=busy).select_related("user").order_by("pk")
    return sum(_write(person.pk, now=now) for person in people)


@atomic_retrying
def _write(person_id: int, *, now: dt.datetime) -> bool:
    """One sheet for a person and day; a second call finds the first."""
    person = Person.objects.select_related("user").get(pk=person_id)
    phone = person.contact_phone or (person.user.phone if person.user else "")
    today = timezone.localdate(now)
    key = f"{KIND}:{person.pk}:{today.isoformat()}"
    if not phone or OutboxMessage.objects.filter(dedupe_key=key).exists():
        return False
    enqueue(
        kind=KIND,
        subject_kind=SUBJECT,
        subject_id=person.pk,
        recipient=phone,
        language=person.language,
        dedupe_key=key,
        due_at=now,
        expires_at=max(item.ends_at for item in items_of(person, now)),
        now=now,
    )
    return True


def items_of(person: Person, now: dt.datetime) -> list[Item]:
    """The classes and meetings of the day of `now`, by time, in the active language."""
    bounds = day_bounds(timezone.localdate(now))
    items = [_class_item(s) for s in classes_between(*bounds, person)]
    items += [_meeting_item(m) for m in meetings_between(*bounds, person)]
    return sorted(items, key=lambda item: item.starts_at)


def _class_item(session: ClassSession) -> Item:
    expected: int = session.expected  # type: ignore[attr-defined]
    words = (
        f"{format_time(session.starts_at)} {clip(session.run.title, TITLE_LENGTH)}",
        clip(session.room.name, PLACE_LENGTH),
        to_reader_digits(
            ngettext("%(n)s person", "%(n)s people", expected) % {"n": expected}
        ),
    )
    return Item(session.starts_at, session.ends_at, _joined(words))


def _meeting_item(meeting: Meeting) -> Item:
    words = (
        f"{format_time(meeting.starts_at)} {clip(meeting.service.title, TITLE_LENGTH)}",
        clip(where(meeting), PLACE_LENGTH),
    )
    return Item(meeting.starts_at, meeting.ends_at, _joined(words))


def _joined(words: tuple[str, ...]) -> str:
    # Translators: between the parts of a line.
    return _(", ").join(words)


def fit(lines: list[str]) -> str:
    """As many lines as an SMS holds, and how many more there are."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        if kept and sum(map(len, kept)) + len(line) > ROOM_FOR_LINES:
            rest = len(lines) - number
            more = ngettext("and %(n)s more", "and %(n)s more", rest) % {"n": rest}
            return "\n".join([*kept, to_reader_digits(more)])
        kept.append(line)
    return "\n".join(kept)


def values(person_id: int, language: str) -> dict[str, str]:
    """What the sheet says; raises LookupError for a day without anything."""
    items = items_of(Person.objects.get(pk=person_id), timezone.now())
    if not items:
        raise LookupError("nothing today")
    return {
        "items": fit([item.line for item in items]),
        "centre": localized(settings.HIDAJ_CENTRE, "short_name"),
    }


def still_wanted(person_id: int, message: OutboxMessage) -> str:
    """Only while something of the day is still to come."""
    now = timezone.now()
    items = items_of(Person.objects.get(pk=person_id), now)
    return "" if any(item.ends_at > now for item in items) else "cancelled"


def register() -> None:
    """Called once, at start-up."""
    register_kind(
        MessageKind(
            name=KIND,
            purpose="transactional",
            urgency="now",
            variables=("items", "centre"),
            values=values,
            still_wanted=still_wanted,
            sample={
                "items": (
                    "۱۶:۰۰ الگوسازی پیشرفتهٔ نیم‌بوت…، کارگاه پستایی‌س…، ۱۲ نفر\n"
                    "۱۶:۰۰ انتخاب و سفارش قالب، تلفنی\nو ۱۲ مورد دیگر"
                ),
                "centre": "مرکز کفش هیدج",
            },
            example={
                "fa": {"items": "۱۶:۰۰ الگوسازی دستی، کارگاه الگوسازی، ۸ نفر"},
                "en": {"items": "16:00 Pattern making, Pattern workshop, 8 people"},
            },
            sms={
                "fa": "امروز شما:\n{items}\n{centre}",
                "en": "Your day:\n{items}\n{centre}",
            },
        )
    )
