from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import icalendar
import pytest
import time_machine
from django.test import Client

from notifications import feeds
from notifications.calendars import CalendarEntry
from notifications.models import FeedToken
from tests.factories import NOW
from tests.notifications.test_calendars import CANCELLED, ENTRY, SECOND

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


@pytest.fixture
def entries() -> Iterator[list[CalendarEntry]]:
    """The bookings of person 7."""
    entries = [SECOND, ENTRY]
    before = dict(feeds._feeds)
    feeds.register_feed("test_person", lambda pk: entries, lambda pk: "برنامهٔ من")
    yield entries
    feeds._feeds.clear()
    feeds._feeds.update(before)


@pytest.fixture
def url(entries: list[CalendarEntry]) -> str:
    _, secret = feeds.create_feed(subject_kind="test_person", subject_id=7, now=NOW)
    return f"/calendar/{secret}.ics"


def test_feed_gives_the_entries(client: Client, url: str) -> None:
    response = client.get(url)

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, max-age=900"
    assert response["Last-Modified"] == "Sun, 22 Nov 2026 06:30:00 GMT"
    calendar = icalendar.Calendar.from_ical(response.content)
    assert [str(event["UID"]) for event in calendar.events] == [ENTRY.uid, SECOND.uid]


def test_feed_that_did_not_change_is_not_sent_again(client: Client, url: str) -> None:
    etag = client.get(url)["ETag"]

    again = client.get(url, headers={"If-None-Match": etag})
    since = client.get(
        url, headers={"If-Modified-Since": client.get(url)["Last-Modified"]}
    )

    assert etag.startswith('"')
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == etag
    assert since.status_code == 304


def test_feed_that_changed_is_sent_with_another_tag(
    client: Client, url: str, entries: list[CalendarEntry]
) -> None:
    etag = client.get(url)["ETag"]
    entries[0] = CANCELLED

    response = client.get(url, headers={"If-None-Match": etag})

    assert response.status_code == 200
    assert response["ETag"] != etag


def test_feed_leaves_out_the_distant_past(
    client: Client, url: str, entries: list[CalendarEntry]
) -> None:
    past = NOW - 91 * DAY
    entries.append(replace(ENTRY, uid="old", starts_at=past, ends_at=past))
    long_cancelled = replace(CANCELLED, uid="gone", changed_at=NOW - 61 * DAY)
    entries.append(long_cancelled)

    with time_machine.travel(NOW, tick=False):
        content = client.get(url).content

    assert content.count(b"BEGIN:VEVENT") == 2


def test_feed_answers_404_when_revoked_or_unknown(client: Client, url: str) -> None:
    feeds.revoke_feeds(subject_kind="test_person", subject_id=7, now=NOW)

    assert client.get(url).status_code == 404
    assert client.get("/calendar/0123456789abcdef.ics").status_code == 404


def test_new_address_silences_the_old_one(client: Client, url: str) -> None:
    _, secret = feeds.create_feed(subject_kind="test_person", subject_id=7, now=NOW)

    assert client.get(url).status_code == 404
    assert client.get(f"/calendar/{secret}.ics").status_code == 200


def test_open_feed_shows_the_same_address_again(url: str) -> None:
    token, secret = feeds.open_feed(subject_kind="test_person", subject_id=7, now=NOW)

    assert feeds.feed_url(secret).endswith(url)
    assert len(secret) == 32
    assert FeedToken.objects.get() == token
    assert secret not in str(FeedToken.objects.values().get())


def test_feeds_of_two_subjects_have_two_addresses(url: str) -> None:
    _, other = feeds.open_feed(subject_kind="test_person", subject_id=8, now=NOW)

    assert other not in url
    assert FeedToken.objects.active().count() == 2


def test_feed_that_is_asked_all_the_time_is_slowed_down(
    client: Client, url: str
) -> None:
    with time_machine.travel(NOW, tick=False):
        codes = [client.get(url).status_code for _ in range(61)]
        answer = client.get(url)

    assert codes == [200] * 60 + [429]
    assert answer["Retry-After"] == "900"


def test_feed_remembers_its_last_use(client: Client, url: str) -> None:
    with time_machine.travel(NOW, tick=False):
        client.get(url)
    with time_machine.travel(NOW + DAY / 48, tick=False):
        client.get(url)

    assert FeedToken.objects.get().last_used_at == NOW


def test_feed_is_only_read(client: Client, url: str) -> None:
    assert client.post(url).status_code == 405
    assert client.head(url).status_code == 200
