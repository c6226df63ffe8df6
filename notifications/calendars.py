"""Calendar files: the bytes depend on nothing but what goes in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText
from icalendar.prop import vDuration

from persian.text import localized

TEHRAN = ZoneInfo("Asia/Tehran")
OFFSET = dt.timedelta(hours=3, minutes=30)
REFRESH = dt.timedelta(hours=6)
ALARM_BEFORE = dt.timedelta(hours=2)

# Iran has had one offset since 2022-09-22. The block of the library holds RDATE parts
# that Outlook ignores; this one every client reads.
VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Asia/Tehran
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0330
TZOFFSETTO:+0330
TZNAME:+0330
END:STANDARD
END:VTIMEZONE
"""

# Control characters and bidi overrides, which the library lets pass.
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# Quoted or escaped names are shown raw or cut by many clients.
_NOT_IN_NAMES = re.compile(r'[";,:^\n]')


@dataclass(frozen=True)
class CalendarEntry:
    """One event; times are aware. The UID never changes, SEQUENCE never falls."""

    uid: str
    sequence: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    summary: str
    location: str
    description: str
    url: str
    changed_at: dt.datetime
    status: str = "CONFIRMED"

    def __post_init__(self) -> None:
        """Raises ValueError for naive times: they would float with the reader."""
        for at in (self.starts_at, self.ends_at, self.changed_at):
            if at.tzinfo is None:
                raise ValueError("naive time in a calendar entry")


def uid_domain() -> str:
    """What the UIDs end with: the host of the site, so that no other makes the same."""
    return urlsplit(settings.PUBLIC_BASE_URL).hostname or "localhost"


def publish_file(entries: Sequence[CalendarEntry], name: str) -> bytes:
    """A file to import: all class sessions of a course, without attendees."""
    calendar = _calendar("PUBLISH", entries, name)
    for entry in entries:
        calendar.add_component(_event(entry, with_alarm=True))
    return bytes(calendar.to_ical())


def feed_file(entries: Sequence[CalendarEntry], name: str) -> bytes:
    """What a subscribed calendar fetches; it asks again after six hours."""
    calendar = _calendar("PUBLISH", entries, name)
    calendar.add("refresh-interval", vDuration(REFRESH), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for entry in entries:
        calendar.add_component(_event(entry, with_alarm=False))
    return bytes(calendar.to_ical())


def request_file(
    entry: CalendarEntry, organizer: str, attendee: str, *, attendee_name: str = ""
) -> bytes:
    """An invitation, or its update, for one person; addresses may carry names."""
    return _itip("REQUEST", entry, organizer, attendee, attendee_name)


def cancel_file(
    entry: CalendarEntry, organizer: str, attendee: str, *, attendee_name: str = ""
) -> bytes:
    """The cancellation of an invitation; its SEQUENCE is higher than before."""
    return _itip("CANCEL", entry, organizer, attendee, attendee_name)


def invitation_file(
    entry: CalendarEntry, organizer: str, attendee: str, *, attendee_name: str = ""
) -> bytes:
    """What an entry is to its guest now: an invitation, or its end."""
    make = cancel_file if entry.status == "CANCELLED" else request_file
    return make(entry, organizer, attendee, attendee_name=attendee_name)


def _itip(
    method: str, entry: CalendarEntry, organizer: str, attendee: str, name: str
) -> bytes:
    calendar = _calendar(method, [entry], "")
    is_cancelled = method == "CANCEL"
    event = _event(entry, with_alarm=False)
    event["organizer"] = _organizer(organizer)
    event["status"] = vText("CANCELLED" if is_cancelled else "CONFIRMED")
    guest = _address(attendee, name)
    guest.params["CUTYPE"] = "INDIVIDUAL"
    guest.params["ROLE"] = "REQ-PARTICIPANT"
    guest.params["PARTSTAT"] = "ACCEPTED"
    guest.params["RSVP"] = "FALSE"
    event.add("attendee", guest)
    if not is_cancelled:
        event.add_component(_alarm(entry))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _calendar(method: str, entries: Sequence[CalendarEntry], name: str) -> Calendar:
    # Calendar.new() would add a random UID: the bytes would change every time.
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Hidaj//Booking//FA")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("name", _text(name))
        calendar.add("x-wr-calname", _text(name))
    if any(_has_our_offset(e.starts_at) for e in entries) or not entries:
        calendar.add_component(Timezone.from_ical(VTIMEZONE))
    return calendar


def _has_our_offset(at: dt.datetime) -> bool:
    return at.astimezone(TEHRAN).utcoffset() == OFFSET


def _event(entry: CalendarEntry, *, with_alarm: bool) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", _utc(entry.changed_at))
    event.add("last-modified", _utc(entry.changed_at))
    event.add("sequence", entry.sequence)
    event.add("dtstart", _wall(entry.starts_at, entry))
    event.add("dtend", _wall(entry.ends_at, entry))
    event.add("summary", _text(entry.summary))
    # A property without a value is an error to libical, and it drops it.
    if entry.location:
        event.add("location", _text(entry.location))
    if entry.description:
        event.add("description", _text(entry.description))
    if entry.url:
        event.add("url", entry.url)
    event.add("status", entry.status)
    event.add("transp", "OPAQUE")
    event.add("organizer", _organizer(settings.DEFAULT_FROM_EMAIL))
    if with_alarm and entry.status != "CANCELLED":
        event.add_component(_alarm(entry))
    return event


def _alarm(entry: CalendarEntry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _text(entry.summary))
    alarm.add("trigger", -ALARM_BEFORE)
    return alarm


def _utc(at: dt.datetime) -> dt.datetime:
    return at.astimezone(dt.UTC).replace(microsecond=0)


def _wall(at: dt.datetime, entry: CalendarEntry) -> dt.datetime:
    """Tehran time where our fixed zone block is right, else UTC (before 2022)."""
    if _has_our_offset(entry.starts_at) and _has_our_offset(entry.ends_at):
        return at.astimezone(TEHRAN).replace(microsecond=0)
    return _utc(at)


def _text(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def _organizer(mailbox: str) -> vCalAddress:
    return _address(mailbox, localized(settings.HIDAJ_CENTRE, "name"))


def _address(mailbox: str, name: str = "") -> vCalAddress:
    given_name, mail = parseaddr(mailbox)
    address = vCalAddress(f"mailto:{mail}")
    shown = name or given_name
    if shown:
        address.params["CN"] = " ".join(_NOT_IN_NAMES.sub(" ", _text(shown)).split())
    return address


def method_of(content: bytes) -> str:
    """The METHOD of a calendar file, which its MIME part must repeat."""
    found = re.search(rb"^METHOD:(\w+)\r$", content, re.MULTILINE)
    return found[1].decode() if found else ""
