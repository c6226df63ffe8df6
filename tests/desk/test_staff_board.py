from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from booking.models import Offering
from courses.planner import PlannedSession
from desk.site_audit import audit_and_keep, last_audit
from notifications.models import OutboxMessage, State
from tests.desk.people import (
    applicant_client,
    enrol_one,
    make_teacher,
    query_count,
    reception,
    teacher_client,
)
from tests.factories import NOW, make_course, make_run

pytestmark = pytest.mark.django_db

PATH = "/staff/"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def _today() -> list[PlannedSession]:
    return [PlannedSession(dt.date(2026, 11, 22), dt.time(16), dt.time(18))]


def test_board_shows_today_runs_and_what_ends_soon() -> None:
    run = make_run(course=make_course(capacity=10, min_to_run=4), sessions=_today())
    enrol_one(run)

    context = reception().get(PATH).context

    assert [row.session.run for row in context["day"].classes] == [run]
    assert [row.run for row in context["rows"]] == [run]
    assert [row.run for row in context["soon"].below_minimum] == [run]
    assert context["soon"].closing == [run]


def test_board_shows_messages_in_trouble() -> None:
    enrol_one(make_run())
    OutboxMessage.objects.update(state=State.FAILED, error_code="411")

    response = reception().get(PATH)

    assert response.context["troubled_count"] == OutboxMessage.objects.count()
    assert "411" in response.content.decode()


def test_audit_says_in_plain_words_what_is_wrong() -> None:
    run = make_run()
    client = reception()
    assert last_audit() is None
    client.post("/staff/audit/")
    result = last_audit()
    assert result is not None
    assert result.findings == []
    Offering.objects.filter(pk=run.offering_id).update(seats_taken=1)

    assert audit_and_keep(NOW) == 1

    assert "note-bad" in client.get(PATH).content.decode()


def test_board_is_not_there_for_others() -> None:
    assert applicant_client().get(PATH).status_code == 404
    assert teacher_client(make_teacher()).get(PATH).status_code == 404
    assert applicant_client().post("/staff/audit/").status_code == 404
    assert reception().get("/staff/audit/").status_code == 405


def test_board_asks_as_often_for_three_runs() -> None:
    client = reception()
    enrol_one(make_run(sessions=_today()))
    count = query_count(client, PATH)
    for _number in range(2):
        enrol_one(make_run(sessions=_today()))

    assert query_count(client, PATH) == count
