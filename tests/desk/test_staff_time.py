from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from booking.models import TimeBlock
from booking.services.resources import close_centre
from core.models import Holiday
from tests.consulting.helpers import at, book_one, meeting_of
from tests.desk.people import (
    applicant_client,
    enrol_one,
    planner,
    query_count,
    reception,
)
from tests.factories import NOW, make_run, make_service

pytestmark = pytest.mark.django_db

PATH = "/staff/time/"
DAY = dt.date(2026, 12, 1)


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def _holiday(**overrides: object) -> Holiday:
    fields = {"on": DAY, "title_fa": "مبعث", "status": "estimated"}
    return Holiday.objects.create(**{**fields, **overrides})


def test_holiday_is_confirmed_on_another_date() -> None:
    holiday = _holiday()
    path = f"{PATH}holidays/{holiday.pk}/confirm/"
    client = planner()

    refused = client.post(path, {"on": "روزی"}, follow=True)
    assert "note-bad" in refused.content.decode()
    client.post(path, {"on": "۱۴۰۵/۰۹/۱۱"})

    holiday.refresh_from_db()
    assert (holiday.on, holiday.status) == (dt.date(2026, 12, 2), "confirmed")


def test_day_is_added_once_and_removed() -> None:
    data = {"on": "1405/10/20", "title_fa": "برودت هوا", "kind": "provincial"}
    client = planner()
    client.post(f"{PATH}holidays/", data)

    again = client.post(f"{PATH}holidays/", data)

    assert "on" in again.context["form"].errors
    assert "برودت هوا" in again.content.decode()
    client.post(f"{PATH}holidays/{Holiday.objects.get().pk}/remove/")
    assert not Holiday.objects.exists()


def test_public_holiday_stays() -> None:
    holiday = _holiday(status="confirmed", kind="public")

    planner().post(f"{PATH}holidays/{holiday.pk}/remove/")

    assert Holiday.objects.exists()


def test_closure_shows_who_is_affected_then_closes() -> None:
    run = make_run()
    enrol_one(run)
    client = planner()
    data = {"first_on": "1405/09/07", "whole_day": "on", "reason": "قطع گاز"}

    checked = client.post(f"{PATH}close/", data)
    assert checked.context["people"] == 1
    assert not TimeBlock.objects.filter(kind="closure").exists()
    client.post(f"{PATH}close/", {**data, "seen": checked.context["seen"]})

    block = TimeBlock.objects.get(kind="closure")
    assert "قطع گاز" in client.get(PATH).content.decode()
    client.post(f"{PATH}close/{block.pk}/end/")
    block.refresh_from_db()
    assert block.ended_at == NOW


def test_closure_keeps_the_list_until_everything_is_moved_or_cancelled() -> None:
    run = make_run()
    enrol_one(run)
    client = planner()
    block = close_centre(
        starts_at=NOW + dt.timedelta(days=6),
        ends_at=NOW + dt.timedelta(days=7),
        reason="برف",
        by=None,
        now=NOW,
    )
    path = f"{PATH}close/{block.pk}/"
    session = run.sessions.get(number=1)
    cancel = f"/staff/sessions/{session.pk}/cancel/?next={path}"

    before = client.get(path).content.decode()
    counted = client.get(PATH).content.decode()
    back = client.post(cancel, {"reason": "برف"})
    after = client.get(path)

    assert f'href="{cancel}"' in before
    assert f'href="/staff/sessions/{session.pk}/move/?next={path}"' in before
    assert "tag-warn" in counted
    assert back.headers["Location"] == path
    assert after.context["found"] == []


def test_closure_leads_to_the_acts_of_a_meeting_and_back() -> None:
    meeting = meeting_of(book_one(make_service(), at(10)))
    client = planner()
    block = close_centre(
        starts_at=at(8), ends_at=at(18), reason="برف", by=None, now=NOW
    )
    path = f"{PATH}close/{block.pk}/"
    cancel = f"/staff/consulting/meetings/{meeting.pk}/cancel/?next={path}"

    page = client.get(path).content.decode()
    back = client.post(cancel, {"reason": "برف"})
    away = client.get(f"{PATH}close/{block.pk + 1}/")

    assert f'href="{cancel}"' in page
    assert back.headers["Location"] == path
    assert away.status_code == 404


def test_closure_needs_a_reason() -> None:
    data = {"first_on": "1405/09/07", "whole_day": "on"}

    response = planner().post(f"{PATH}close/", data)

    assert "reason" in response.context["form"].errors


def test_time_page_is_read_by_reception_and_changed_by_planners() -> None:
    holiday = _holiday()
    client = reception()

    assert client.get(PATH).status_code == 200
    assert client.get(f"{PATH}close/").status_code == 404
    assert client.post(f"{PATH}holidays/{holiday.pk}/confirm/").status_code == 404
    assert applicant_client().get(PATH).status_code == 404


def test_time_page_asks_as_often_for_three_holidays() -> None:
    client = planner()
    _holiday()
    count = query_count(client, PATH)
    _holiday(title_fa="دوم")
    _holiday(title_fa="سوم")

    assert query_count(client, PATH) == count
