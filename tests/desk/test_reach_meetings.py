"""The call list of the consultations of a day."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from booking.models import Reservation
from consulting.models import Meeting
from consulting.services.meetings import cancel_meeting, move_appointment
from desk.models import StaffTask, TaskResult
from desk.reach import Reach
from desk.reach_meetings import appointment_lines
from notifications.ladder import climb
from notifications.models import OutboxMessage, State
from tests.consulting.helpers import DAY, at, book_one
from tests.desk.people import query_count, reception
from tests.desk.test_answers import answer, phone_of, send_reminders
from tests.factories import NOW, make_service

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
PATH = f"/staff/meetings/reach/?on={DAY.isoformat()}"
# The evening before: the reminders have gone.
REMINDED = at(9) - 12 * HOUR


def book(count: int) -> list[Reservation]:
    """So many appointments of one day, told of and reminded."""
    service = make_service()
    places = [book_one(service, at(9 + hour)) for hour in range(count)]
    send_reminders(REMINDED)
    return places


def end_all(reservation: Reservation, state: str) -> None:
    rows = OutboxMessage.objects.filter(recipient=phone_of(reservation))
    rows.update(state=state, error_code="", next_check_at=None)


def meeting_of(reservation: Reservation) -> Meeting:
    return Meeting.objects.get(offering=reservation.offering_id)


def reach_of(on: dt.date = DAY) -> dict[int, Reach]:
    return {o.line.reservation.pk: o.line.reach for o in appointment_lines(on)}


def test_everyone_of_the_day_stands_where_the_news_came() -> None:
    failed, silent, answered = book(3)
    end_all(failed, State.UNDELIVERED)
    answer(answered, "1", REMINDED + HOUR)

    assert reach_of() == {
        failed.pk: Reach.FAILED,
        silent.pk: Reach.SILENT,
        answered.pk: Reach.REACHED,
    }
    assert reach_of(DAY + dt.timedelta(days=1)) == {}


def test_call_about_a_consultation_is_noted_by_one_tap() -> None:
    (place,) = book(1)
    end_all(place, State.UNDELIVERED)
    with time_machine.travel(REMINDED, tick=False):
        climb(REMINDED)
        client = reception()
        page = client.get(PATH).content.decode()
        assert f"tel:{phone_of(place)}" in page
        path = f"/staff/meetings/{meeting_of(place).pk}/reach/{place.pk}/"
        client.post(path, {"result": "no_answer"})
        client.post(path, {"result": "nonsense"})
        for _tap in range(2):
            done = client.post(path, {"result": "reached"})

    assert done["Location"] == PATH
    # The task of the ladder and the tap on this page are one.
    task = StaffTask.objects.exclude(tries=0).get()
    assert (task.result, task.meeting) == (TaskResult.REACHED, meeting_of(place))
    assert reach_of() == {place.pk: Reach.REACHED}
    assert not StaffTask.objects.open().exists()


def test_call_before_a_move_told_nothing_of_the_new_time() -> None:
    (place,) = book(1)
    path = f"/staff/meetings/{meeting_of(place).pk}/reach/{place.pk}/"
    with time_machine.travel(NOW, tick=False):
        reception().post(path, {"result": "reached"})
    assert reach_of() == {place.pk: Reach.REACHED}

    move_appointment(
        reservation_id=place.pk,
        starts_at=at(11),
        consultant_id=None,
        by=None,
        now=NOW + HOUR,
    )

    assert reach_of() == {place.pk: Reach.SILENT}


def test_who_has_to_hear_of_an_end_stays_on_the_list() -> None:
    (place,) = book(1)
    meeting = meeting_of(place)

    cancel_meeting(meeting_id=meeting.pk, by=None, reason="برف", now=NOW)

    (one,) = appointment_lines(DAY)
    assert one.line.last is not None
    assert one.line.last.kind == "appointment_cancelled_by_centre"
    with time_machine.travel(NOW, tick=False):
        assert "tag-bad" in reception().get(PATH).content.decode()


def test_place_of_another_meeting_cannot_be_noted() -> None:
    one, other = book(2)

    with time_machine.travel(NOW, tick=False):
        path = f"/staff/meetings/{meeting_of(one).pk}/reach/{other.pk}/"
        assert reception().post(path, {"result": "reached"}).status_code == 404
        assert reception().get("/staff/meetings/reach/?on=x").status_code == 200


def test_list_of_consultations_costs_the_same_for_many() -> None:
    client, costs = reception(), []
    with time_machine.travel(NOW, tick=False):
        service = make_service()
        for hour in (9, 10, 11):
            book_one(service, at(hour))
            costs.append(query_count(client, PATH))

    assert costs[0] == costs[2]
