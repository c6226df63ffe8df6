"""Staff: services, hours, the week's meetings, moving and cancelling."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from accounts.models import Role
from consulting.addresses import write_moment
from consulting.models import AvailabilityOverride, Service, WeeklyAvailability
from tests.consulting.helpers import at, book_one, make_booker, meeting_of, violations
from tests.desk.people import query_count
from tests.factories import NOW, make_consultant, make_service
from tests.signing import make_staff, sign_in, sign_in_staff

pytestmark = pytest.mark.django_db
HOME = "/staff/consulting/"


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def staff_client(role: str) -> Client:
    client = Client()
    user, _secret = make_staff(role)
    sign_in_staff(client, user)
    return client


@pytest.fixture
def planner() -> Client:
    return staff_client(Role.PLANNER)


def service_form(**overrides: object) -> dict[str, object]:
    fields = {
        "title_fa": "برگهٔ قیمت",
        "title_en": "Cost sheet",
        "problem_fa": "نمی‌دانم جفتی چقدر تمام می‌شود",
        "code": "C-X",
        "is_active": "on",
        "duration_minutes": "۶۰",
        "start_step_minutes": "15",
        "buffer_before_minutes": "0",
        "buffer_after_minutes": "10",
        "notice_hours": "24",
        "horizon_days": "30",
        "cancel_notice_hours": "24",
        "fee_rial": "۱٬۲۰۰٬۰۰۰",
        "support_percent": "100",
        "max_people": "2",
        "group_size": "1",
        "modes": ["phone", "on_site"],
        "travel_minutes": "45",
        "questions-TOTAL_FORMS": "2",
        "questions-INITIAL_FORMS": "0",
        "questions-0-text_fa": "نام مدل",
        "questions-0-is_required": "on",
        "questions-1-text_fa": "",
    }
    return {**fields, **overrides}


def test_a_service_is_written(planner: Client) -> None:
    person = make_consultant()
    data = service_form(consultants=[person.pk])
    assert planner.post(f"{HOME}services/new/", data).status_code == 302
    service = Service.objects.get()
    assert (service.slug, service.fee_rial) == ("cost-sheet", 12_000_000)
    assert dict(service.modes.values_list("mode", "travel_minutes")) == {
        "phone": 0,
        "on_site": 45,
    }
    assert service.questions.get().is_required
    assert list(service.consultants.all()) == [person]


@pytest.mark.parametrize(
    "wrong",
    [{"duration_minutes": "50"}, {"modes": []}, {"title_fa": ""}, {"code": "C-OLD"}],
)
def test_a_wrong_service_keeps_what_was_typed(
    planner: Client, wrong: dict[str, object]
) -> None:
    make_service(code="C-OLD")
    answer = planner.post(f"{HOME}services/new/", service_form(**wrong))
    assert answer.status_code == 200
    assert "نام مدل" in answer.content.decode()
    assert Service.objects.count() == 1


def test_a_service_is_changed(planner: Client) -> None:
    service = make_service(code="C-X")
    path = f"{HOME}services/{service.pk}/"
    assert planner.get(path).status_code == 200
    assert planner.post(path, service_form(title_fa="تازه")).status_code == 302
    service.refresh_from_db()
    assert service.title_fa == "تازه"
    assert "تازه" in planner.get(f"{HOME}services/").content.decode()


def week_form(**overrides: object) -> dict[str, object]:
    fields = {
        "hours-TOTAL_FORMS": "2",
        "hours-INITIAL_FORMS": "0",
        "hours-0-weekday": "5",
        "hours-0-start": "۸:۳۰",
        "hours-0-end": "13",
        "hours-0-valid_from": "۱۴۰۵/۰۹/۰۱",
        "hours-0-valid_to": "1405/12/29",
    }
    return {**fields, **overrides}


def test_the_week_of_a_consultant_is_written(planner: Client) -> None:
    person = make_consultant()
    path = f"{HOME}hours/{person.pk}/"
    assert planner.get(path).status_code == 200
    assert planner.post(path, week_form()).status_code == 302
    rule = WeeklyAvailability.objects.get(person=person)
    assert (rule.weekday, rule.start_time, rule.end_time) == (
        5,
        dt.time(8, 30),
        dt.time(13),
    )
    assert rule.valid_from == dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours-0-end": "8"},
        {"hours-0-end": ""},
        {"hours-0-end": "25"},
        {"hours-0-valid_to": "1405/01/01"},
    ],
)
def test_a_wrong_week_changes_nothing(
    planner: Client, wrong: dict[str, object]
) -> None:
    person = make_consultant()
    answer = planner.post(f"{HOME}hours/{person.pk}/", week_form(**wrong))
    assert answer.status_code == 200
    assert WeeklyAvailability.objects.filter(person=person).count() == 7


def test_a_booked_meeting_outside_the_hours_is_shown(planner: Client) -> None:
    service = make_service()
    person = service.consultants.get()
    meeting = meeting_of(book_one(service, at(10)))
    planner.post(f"{HOME}hours/{person.pk}/", week_form())
    page = planner.get(f"{HOME}hours/{person.pk}/").content.decode()
    assert f"{HOME}meetings/{meeting.pk}/" in page


def test_exceptions_come_and_go(planner: Client) -> None:
    person = make_consultant()
    data = {"on": "۱۴۰۵/۰۹/۰۳", "start": "9", "end": "10", "is_available": "no"}
    path = f"{HOME}hours/{person.pk}/exceptions/"
    assert planner.post(path, data).status_code == 302
    override = AvailabilityOverride.objects.get()
    assert (override.on, override.is_available) == (dt.date(2026, 11, 24), False)
    assert planner.post(path, {**data, "on": "1404/01/01"}).status_code == 200
    planner.post(f"{HOME}exceptions/{override.pk}/remove/")
    assert not AvailabilityOverride.objects.exists()


def test_the_week_shows_meetings_and_people(planner: Client) -> None:
    reservation = book_one(make_service(), at(10))
    page = planner.get(HOME).content.decode()
    assert reservation.person.name in page
    assert (
        reservation.person.name
        not in planner.get(f"{HOME}?from=2026-12-05").content.decode()
    )


def test_the_week_costs_the_same_for_more_meetings(planner: Client) -> None:
    service = make_service()
    book_one(service, at(9))
    planner.get(HOME)
    few = query_count(planner, HOME)
    for hour in (10, 11):
        book_one(service, at(hour))
    assert query_count(planner, HOME) == few


def test_a_meeting_is_moved_and_cancelled_by_reception() -> None:
    reception = staff_client(Role.RECEPTION)
    reservation = book_one(make_service(), at(10))
    meeting = meeting_of(reservation)
    path = f"{HOME}meetings/{meeting.pk}/"
    assert reservation.person.name in reception.get(path).content.decode()
    assert write_moment(at(11)) in reception.get(f"{path}move/").content.decode()
    reception.post(f"{path}move/", {"slot": write_moment(at(11)), "reason": "خواهش"})
    assert meeting_of(reservation).changes.get().reason == "خواهش"
    assert reception.post(f"{path}cancel/", {"reason": ""}).status_code == 200
    assert reception.post(f"{path}cancel/", {"reason": "بیماری"}).status_code == 302
    assert not meeting_of(reservation).is_live
    assert violations() == []


def test_a_meeting_cannot_move_to_a_taken_time(planner: Client) -> None:
    service = make_service()
    book_one(service, at(11))
    meeting = meeting_of(book_one(service, at(9)))
    path = f"{HOME}meetings/{meeting.pk}/move/"
    assert "wanted=" in planner.post(path, {"slot": write_moment(at(11))}).url


def pages() -> list[str]:
    service = make_service()
    meeting = meeting_of(book_one(service, at(10)))
    person = service.consultants.get()
    return [
        HOME,
        f"{HOME}meetings/{meeting.pk}/",
        f"{HOME}meetings/{meeting.pk}/move/",
        f"{HOME}meetings/{meeting.pk}/cancel/",
        f"{HOME}services/",
        f"{HOME}services/new/",
        f"{HOME}services/{service.pk}/",
        f"{HOME}hours/",
        f"{HOME}hours/{person.pk}/",
    ]


def test_applicants_find_no_staff_page(client: Client) -> None:
    user, _person = make_booker()
    paths = pages()
    assert {client.get(path).status_code for path in paths} == {302}
    sign_in(client, user)
    assert {client.get(path).status_code for path in paths} == {404}


def test_reception_plans_nothing() -> None:
    reception = staff_client(Role.RECEPTION)
    codes = {path: reception.get(path).status_code for path in pages()}
    assert [path for path, code in codes.items() if code == 404] == [
        path for path in codes if "/services/" in path or "/hours/" in path
    ]
