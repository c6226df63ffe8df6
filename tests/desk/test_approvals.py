from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from booking.models import Reservation
from courses.models import CourseRun
from courses.services.enrolment import enrol
from tests.courses.helpers import new_key
from tests.desk.people import applicant_client, planner, query_count, reception
from tests.factories import (
    NOW,
    make_course,
    make_firm,
    make_person,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db

PAGE = "/staff/approvals/"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def run() -> CourseRun:
    return make_run(course=make_course(capacity=9), approval="always")


def ask(run: CourseRun, statement: str = "در کار یاد گرفته‌ام") -> Reservation:
    person = make_person(firm=make_firm())
    return enrol(
        run_id=run.pk,
        booker=make_user(),
        people=[person],
        key=new_key(),
        now=NOW,
        statements={person.pk: statement},
    )[0]


def decide(client: Client, asked: Reservation, decision: str, reason: str = "") -> str:
    data = {"decision": decision, "reason": reason}
    response = client.post(f"{PAGE}{asked.pk}/", data, follow=True)
    asked.refresh_from_db()
    return response.content.decode()


def test_page_has_what_one_needs_to_decide(run: CourseRun) -> None:
    asked = ask(run)

    page = reception().get(PAGE).content.decode()

    person = asked.person
    assert person is not None
    for words in (person.name, run.title, asked.statement, str(person.firm)):
        assert words in page
    assert "این‌جا همه تأیید لازم دارند" in page


def test_board_counts_requests(run: CourseRun) -> None:
    client = reception()
    before = client.get("/staff/").content.decode()
    ask(run)

    assert "در انتظار تصمیم است" not in before
    assert "۱ درخواست در انتظار تصمیم است" in client.get("/staff/").content.decode()


def test_approve_and_refuse_by_one_button(run: CourseRun) -> None:
    client = reception()
    good, bad = ask(run), ask(run)

    approved = decide(client, good, "approve")
    refused = decide(client, bad, "refuse", "تجربه کم است")

    assert (good.state, bad.state) == ("confirmed", "refused")
    assert bad.end_reason == "تجربه کم است"
    assert "پذیرفته شد؛ با پیامک" in approved
    assert "پذیرفته نشد؛ با پیامک" in refused


def test_refusal_without_a_reason_comes_back_at_its_place(run: CourseRun) -> None:
    asked = ask(run)

    page = decide(planner(), asked, "refuse", "  ")

    assert asked.state == "pending"
    assert "دلیل را بنویسید" in page


def test_second_decision_says_what_became_of_the_request(run: CourseRun) -> None:
    client, asked = reception(), ask(run)
    decide(client, asked, "approve")

    page = decide(client, asked, "refuse", "نه")

    assert asked.state == "confirmed"
    assert "دیگر چیزی برای تصمیم نمانده است" in page


def test_applicants_do_not_decide(run: CourseRun) -> None:
    asked = ask(run)

    response = applicant_client().post(f"{PAGE}{asked.pk}/", {"decision": "approve"})

    assert response.status_code == 404


def test_page_takes_a_fixed_number_of_queries(run: CourseRun) -> None:
    client = reception()
    ask(run)
    one = query_count(client, PAGE)
    for _ in range(3):
        ask(run)

    assert query_count(client, PAGE) == one


def test_planner_changes_the_rule_of_a_run(run: CourseRun) -> None:
    planner().post(f"/staff/runs/{run.code}/approval/", {"approval": "none"})

    run.refresh_from_db()
    assert run.approval == "none"
