from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from booking.models import Offer, WaitingEntry
from booking.services.parties import cancel_reservation
from courses.models import CourseRun
from courses.services.enrolment import enrol, join_waiting_list
from notifications.models import OutboxMessage
from tests.desk.people import applicant_client, reception, user_of
from tests.factories import NOW, make_course, make_person, make_run, make_user

pytestmark = pytest.mark.django_db

AT_WORK = NOW + dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(AT_WORK, tick=False):
        yield


def line(*, freed: bool = True) -> tuple[CourseRun, list[WaitingEntry]]:
    """A full run of one place with two in line; the place may have become free."""
    run = make_run(course=make_course(capacity=1))
    taken = enrol(
        run_id=run.pk, booker=make_user(), people=[make_person()], key=uuid4(), now=NOW
    )[0]
    entries = [
        join_waiting_list(
            run_id=run.pk,
            booker=make_user(),
            people=[make_person()],
            key=uuid4(),
            now=NOW,
        )
        for _ in range(2)
    ]
    if freed:
        cancel_reservation(reservation_id=taken.pk, by=None, by_centre=True, now=NOW)
    return run, entries


def states(entries: list[WaitingEntry]) -> list[str]:
    keys = [entry.pk for entry in entries]
    rows = WaitingEntry.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.values_list("state", flat=True))


def test_run_page_says_why_the_line_stands_and_leads_to_each_turn() -> None:
    run, (first, second) = line()

    page = reception().get(f"/staff/runs/{run.code}/", HTTP_ACCEPT_LANGUAGE="en")

    text = page.content.decode()
    assert f"/staff/turns/{first.pk}/" in text
    assert f"/staff/turns/{second.pk}/" in text
    assert len(page.context["line"]) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("accept", ["taken", "waiting"]),
        ("decline", ["declined", "offered"]),
        ("pass", ["waiting", "offered"]),
    ],
)
def test_answer_of_a_caller(answer: str, expected: list[str]) -> None:
    run, entries = line()

    done = reception().post(f"/staff/turns/{entries[0].pk}/answer/", {"answer": answer})

    assert done.url == f"/staff/runs/{run.code}/"
    assert states(entries) == expected


def test_answer_without_an_offer_is_refused() -> None:
    _run, entries = line(freed=False)

    done = reception().post(
        f"/staff/turns/{entries[0].pk}/answer/", {"answer": "accept"}
    )

    assert done.url == f"/staff/turns/{entries[0].pk}/"
    assert states(entries) == ["waiting", "waiting"]


def test_more_time_is_given_and_told() -> None:
    _run, entries = line()
    offer = Offer.objects.get()
    client = reception()
    later = timezone.localtime(offer.expires_at + dt.timedelta(days=1))

    refused = client.post(
        f"/staff/turns/{entries[0].pk}/extend/", {"on": "1405/09/01", "at": "08:00"}
    )
    done = client.post(
        f"/staff/turns/{entries[0].pk}/extend/",
        {"on": "۱۴۰۵/۰۹/۰۳", "at": f"{later:%H:%M}"},
    )

    assert refused.status_code == 200
    assert refused.context["deadline"].errors["on"]
    assert done.status_code == 302
    offer.refresh_from_db()
    assert offer.expires_at == later
    # To the person and to the booker, the old deadline and the new one.
    assert OutboxMessage.objects.filter(kind="place_offered").count() == 4


def test_turn_is_ended_with_a_reason() -> None:
    _run, entries = line()
    client = reception()

    refused = client.post(f"/staff/turns/{entries[0].pk}/withdraw/", {"reason": " "})
    client.post(f"/staff/turns/{entries[0].pk}/withdraw/", {"reason": "تماس گرفت"})

    assert refused.context["reason"].errors["reason"]
    assert states(entries) == ["withdrawn", "offered"]
    assert OutboxMessage.objects.filter(kind="left_waiting_list").exists()


def test_one_of_a_waiting_party_leaves_on_the_page() -> None:
    run = make_run(course=make_course(capacity=2))
    pair = [make_person(), make_person()]
    enrol(run_id=run.pk, booker=make_user(), people=pair, key=uuid4(), now=NOW)
    client = applicant_client()
    user = user_of(client)
    entry = join_waiting_list(
        run_id=run.pk,
        booker=user,
        people=[user.person, make_person()],
        key=uuid4(),
        now=NOW,
    )
    reference = entry.party.reference
    gone, left = entry.party.reservations.order_by("pk")

    page = client.get(f"/bookings/{reference}/").content.decode()
    client.post(f"/bookings/{reference}/leave/{left.pk}/")

    assert f"/bookings/{reference}/leave/{left.pk}/" in page
    left.refresh_from_db(), gone.refresh_from_db()
    assert (gone.state, left.state) == ("waiting", "cancelled")
    entry.refresh_from_db()
    assert (entry.state, entry.places) == ("waiting", 1)
