from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject

from notifications.calendars import (
    CalendarEntry,
    cancel_file,
    feed_file,
    method_of,
    publish_file,
    request_file,
)

TEHRAN = ZoneInfo("Asia/Tehran")
START = dt.datetime(2026, 11, 28, 16, 0, tzinfo=TEHRAN)
ENTRY = CalendarEntry(
    uid="session-1.booking-2@kafsh.example",
    sequence=3,
    starts_at=START,
    ends_at=START + dt.timedelta(hours=2),
    summary="الگوسازی دستی؛ جلسهٔ ۱, می\u200cآییم",
    location="کارگاه الگوسازی، هیدج",
    description="کفش کار بیاورید;\nبرای تغییر به سایت بروید.\u202e\x07",
    url="https://kafsh.example/my",
    changed_at=dt.datetime(2026, 11, 20, 8, 0, 0, 123, tzinfo=dt.UTC),
)
SECOND = replace(
    ENTRY,
    uid="session-2.booking-2@kafsh.example",
    starts_at=START + dt.timedelta(days=2),
    ends_at=START + dt.timedelta(days=2, hours=2),
)
CANCELLED = replace(SECOND, status="CANCELLED", sequence=4)
ORGANIZER = "booking@kafsh.example"
ATTENDEE = "sara@kafsh.example"
NAME = 'سارا; "محمدی"'

FILES = {
    "publish": publish_file([ENTRY, SECOND], "الگوسازی"),
    "publish-cancelled": publish_file([ENTRY, CANCELLED], "الگوسازی"),
    "feed": feed_file([ENTRY, CANCELLED], "برنامهٔ من"),
    "feed-empty": feed_file([], "برنامهٔ من"),
    "request": request_file(ENTRY, ORGANIZER, ATTENDEE, attendee_name=NAME),
    "cancel": cancel_file(ENTRY, ORGANIZER, ATTENDEE, attendee_name=NAME),
}
every_file = pytest.mark.parametrize("content", FILES.values(), ids=FILES)


def unfolded(content: bytes) -> str:
    return content.decode().replace("\r\n ", "")


@every_file
def test_lines_end_with_crlf_and_are_short(content: bytes) -> None:
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    content.decode()


@every_file
def test_independent_reader_finds_it_valid(content: bytes) -> None:
    calendar = vobject.readOne(content.decode())
    if content == FILES["feed-empty"]:
        assert list(calendar.getChildren())
        return
    assert calendar.validate(raiseException=True)


@every_file
def test_every_zone_that_is_named_is_there(content: bytes) -> None:
    text = unfolded(content)

    named = set(re.findall(r"TZID=([^:;]+):", text))

    assert named <= set(re.findall(r"^TZID:(.+?)\r?$", text, re.MULTILINE))
    assert "RDATE" not in text
    assert "DAYLIGHT" not in text


@pytest.mark.parametrize("name", ["request", "cancel"])
def test_invitation_holds_one_event_for_one_person(name: str) -> None:
    text = unfolded(FILES[name])

    assert text.count("BEGIN:VEVENT") == 1
    assert method_of(FILES[name]) == name.upper()
    assert f"mailto:{ATTENDEE}" in text
    assert f"mailto:{ORGANIZER}" in text
    assert "SEQUENCE:3" in text
    assert "UID:session-1.booking-2@kafsh.example" in text
    assert 'CN="سارا محمدی"' in text
    assert 'ORGANIZER;CN="مرکز طراحی' in text
    assert ("STATUS:CANCELLED" in text) is (name == "cancel")
    assert ("BEGIN:VALARM" in text) is (name == "request")


@pytest.mark.parametrize("name", ["publish", "publish-cancelled", "feed"])
def test_published_file_has_no_attendee(name: str) -> None:
    text = unfolded(FILES[name])

    assert method_of(FILES[name]) == "PUBLISH"
    assert "ATTENDEE" not in text
    assert text.count("ORGANIZER") == 2


def test_feed_says_when_to_come_back() -> None:
    text = unfolded(FILES["feed"])

    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H" in text
    assert "X-PUBLISHED-TTL:PT6H" in text
    assert "X-WR-CALNAME:برنامهٔ من" in text
    assert "STATUS:CANCELLED" in text
    assert "VALARM" not in text


def test_events_are_at_the_right_time_with_their_text() -> None:
    calendar = icalendar.Calendar.from_ical(FILES["publish"])
    window = (START.date(), START.date() + dt.timedelta(days=7))

    events = recurring_ical_events.of(calendar).between(*window)

    starts = [event["DTSTART"].dt.astimezone(dt.UTC) for event in events]
    assert starts == [ENTRY.starts_at, SECOND.starts_at]
    first = events[0]
    assert first["SUMMARY"] == ENTRY.summary
    assert first["LOCATION"] == ENTRY.location
    assert first["DESCRIPTION"] == "کفش کار بیاورید;\nبرای تغییر به سایت بروید."


def test_bytes_depend_on_nothing_else() -> None:
    assert FILES["publish"] == publish_file([ENTRY, SECOND], "الگوسازی")
    assert b"DTSTAMP:20261120T080000Z" in FILES["publish"]


def test_zone_block_is_right_for_what_is_planned() -> None:
    days = (dt.datetime(2026, month, 1, tzinfo=TEHRAN) for month in range(1, 13))

    offsets = {day.utcoffset() for day in days}

    assert offsets == {dt.timedelta(hours=3, minutes=30)}


def test_times_before_the_fixed_offset_are_written_in_utc() -> None:
    at = dt.datetime(2021, 6, 1, 16, 0, tzinfo=TEHRAN)
    old = replace(ENTRY, starts_at=at, ends_at=at + dt.timedelta(hours=1))

    content = publish_file([old], "")

    assert b"DTSTART:20210601T113000Z" in content
    assert b"VTIMEZONE" not in content


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        replace(ENTRY, starts_at=START.replace(tzinfo=None))
