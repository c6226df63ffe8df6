from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Firm, Gender, Person, Role, RoleGrant, User
from booking.models import (
    OVER,
    MachineKind,
    Reservation,
    ReservationState,
    Resource,
    Room,
)
from consulting.models import (
    ConsultantCaps,
    EarlierWish,
    Meeting,
    Service,
    WeeklyAvailability,
)
from core.audit import run_audit
from core.tick import run_tick
from courses.models import Attendance, Course, CourseRun, Mark, Phase
from desk.demo.fixture import DEMO_PREFIX, Fixture
from desk.demo.people import password_of
from desk.demo.seed import seed
from desk.demo.signins import as_table, sign_ins
from desk.models import StaffTask
from notifications.models import OutboxMessage, State
from tests.factories import NOW

pytestmark = pytest.mark.django_db

FIXTURE = Fixture(NOW)
PHASES = {
    "open": Phase.OPEN,
    "full": Phase.FULL,
    "draw": Phase.DRAW,
    "announced": Phase.ANNOUNCED,
    "running": Phase.RUNNING,
    "finished": Phase.FINISHED,
    "cancelled": Phase.CANCELLED,
}


@pytest.fixture(scope="module")
def _demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo centre, written once for the tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOW, tick=False):
            assert seed(now=NOW)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(_demo: None, db: None) -> Iterator[None]:
    """The demo centre at NOW; what a test changes is undone."""
    with time_machine.travel(NOW, tick=False):
        yield


def _rows(name: str) -> list[Any]:
    return [pytest.param(row, id=row["code"]) for row in FIXTURE.rows(name)]


@pytest.mark.parametrize("row", _rows("runs"))
def test_seed_gives_each_run_its_people_and_state(
    demo: None, row: dict[str, Any]
) -> None:
    run = CourseRun.objects.with_details(NOW).get(code=row["code"])

    states = Counter(run.offering.reservations.values_list("state", flat=True))
    ended = row["state"] == "cancelled"
    seated = [ReservationState.CONFIRMED, *OVER]
    seated = [ReservationState.CANCELLED] if ended else seated
    assert run.phase(NOW) == PHASES[row["state"]]
    assert sum(states[state] for state in seated) == row["confirmed"]
    assert states[ReservationState.PENDING] == len(row.get("asks", ()))
    assert (run.closed_at is not None) == (row["state"] == "finished")
    applied = row.get("applied", 0)
    assert states[ReservationState.WAITING] == row.get("waiting", 0) + applied
    drawn = run.offering.waiting_entries.drawn().count()
    left = max(0, drawn - run.offering.capacity)
    assert run.offering.waiting_parties == row.get("waiting", 0) + left
    assert drawn == (applied if row["state"] == "full" else 0)
    assert run.room.code == row["room"]


def test_seed_writes_the_whole_catalogue(demo: None) -> None:
    sections = {
        "rooms": Room,
        "courses": Course,
        "consulting_services": Service,
        "firms": Firm,
    }
    for name, model in sections.items():
        assert model.objects.count() == len(FIXTURE.rows(name)), name
    bookable = [row for row in FIXTURE.rows("equipment") if row["bookable"]]
    assert MachineKind.objects.count() == len(bookable)
    machines = Resource.objects.filter(kind="machine").count()
    assert machines == sum(row["quantity"] for row in bookable)
    assert WeeklyAvailability.objects.count() == sum(
        len(row["weekly_availability"]) for row in FIXTURE.rows("instructors")
    )
    assert Meeting.objects.count() == len(FIXTURE.rows("appointments"))


def test_seed_converts_toman_to_rial(demo: None) -> None:
    course = Course.objects.get(code="PT-101")

    assert course.fee_rial == 78_000_000
    assert course.price_rial == 39_000_000


def test_seed_fills_the_english_site(demo: None) -> None:
    empty = [
        f"{thing} {field.name}"
        for model in (Room, Course, Service)
        for thing in model.objects.all()
        for field in model._meta.get_fields()
        if field.name.endswith("_en") and not getattr(thing, field.name)
    ]

    assert empty == []


def test_seed_gives_only_demo_numbers_and_no_national_id(demo: None) -> None:
    users = User.objects.exclude(phone__startswith=DEMO_PREFIX)
    persons = Person.objects.exclude(contact_phone__startswith=DEMO_PREFIX)

    assert not users.exists()
    assert not persons.exists()
    assert all("national_id" not in row for row in FIXTURE.rows("people"))


def test_seed_lets_people_book_before_the_start(demo: None) -> None:
    rows = Reservation.objects.select_related("offering")

    assert all(row.created_at < NOW for row in rows)
    assert all(
        row.created_at < (row.offering.starts_at or NOW) - dt.timedelta(hours=20)
        for row in rows
    )


def test_seed_keeps_the_run_for_women_to_women(demo: None) -> None:
    run = CourseRun.objects.get(code="R-1405-22")

    genders = run.offering.reservations.values_list("person__gender", flat=True)

    assert run.is_women_only
    assert set(genders) == {Gender.WOMAN}


def test_seed_writes_the_rolls_of_the_past(demo: None) -> None:
    run = CourseRun.objects.get(code="R-1405-15")
    marks = Attendance.objects.filter(class_session__run=run)

    absent = set(
        marks.filter(mark=Mark.ABSENT).values_list("reservation_id", flat=True)
    )

    assert marks.count() == 18 * run.sessions.count()
    assert 18 - len(absent) == 15


def test_seed_leaves_requests_to_decide_and_somebody_on_the_ladder(demo: None) -> None:
    asked = Reservation.objects.pending().order_by("pk")
    reasons = sorted(asked.values_list("approval_for", flat=True))

    assert reasons == ["no_shows", "prerequisite", "prerequisite"]
    assert all(r.approval_until and r.approval_until > NOW for r in asked)


def test_seed_lets_an_employer_bring_workers(demo: None) -> None:
    employer = Person.objects.get(name="حسین قدم‌زن")

    workers = Person.objects.filter(managed_by=employer.user)

    party = employer.reservations.get(offering__course_run__code="R-1405-23").party
    assert party.size == 4
    assert workers.count() == 2
    assert party.reservations.filter(person=None).count() == 1


def test_seed_shows_limits_of_a_consultant_and_a_wish_for_an_earlier_time(
    demo: None,
) -> None:
    caps = ConsultantCaps.objects.get()
    wish = EarlierWish.objects.get()

    assert (caps.per_day, caps.per_week) == (3, 5)
    assert (wish.state, wish.reservation.state) == ("waiting", "confirmed")


def test_seed_leaves_something_to_call_and_to_read(demo: None) -> None:
    tasks = Counter(StaffTask.objects.open().values_list("kind", flat=True))

    assert tasks == {"answer": 2, "call_back": 2, "unreached": 2}
    assert all(task.phone for task in StaffTask.objects.all())
    unreached = StaffTask.objects.filter(kind="unreached")
    assert all(task.meeting and task.meeting.starts_at > NOW for task in unreached)


def test_seed_leaves_no_message_waiting(demo: None) -> None:
    waiting = OutboxMessage.objects.exclude(state=State.CANCELLED)

    assert not waiting.exists()
    assert not OutboxMessage.objects.due(NOW).exists()


def test_tick_after_seeding_only_plans_what_lies_ahead(demo: None) -> None:
    run_tick(NOW)

    planned = OutboxMessage.objects.exclude(state=State.CANCELLED)
    assert {message.created_at for message in planned} <= {NOW}
    assert planned.count() < 30


def test_audit_is_clean_after_seeding(demo: None) -> None:
    broken = {r.name: r.violations for r in run_audit() if r.violations}

    assert broken == {}


def test_second_seed_does_nothing(demo: None) -> None:
    before = (User.objects.count(), Reservation.objects.count())

    with CaptureQueriesContext(connection) as captured:
        assert not seed(now=NOW + dt.timedelta(days=30))

    # The rest are the savepoint's own.
    assert len([q for q in captured if "SAVEPOINT" not in q["sql"]]) == 1
    assert (User.objects.count(), Reservation.objects.count()) == before


@pytest.mark.parametrize("role", ["reception", "planner", "manager"])
def test_staff_sign_in_with_password_and_fixed_secret(demo: None, role: str) -> None:
    user = RoleGrant.objects.get(role=role).user

    assert user.check_password(password_of(role))
    assert user.authenticator_set.filter(type="totp").exists()


def test_table_of_sign_ins_shows_secrets_of_staff_only(demo: None) -> None:
    lines = sign_ins(NOW)

    with_secret = {line.role for line in lines if line.totp_secret}
    assert with_secret == {str(role.label) for role in Role if role.value in _STAFF}
    phones = {"+98" + line.mobile[1:] for line in lines}
    assert User.objects.filter(phone__in=phones).count() == len(lines)


_STAFF = ("reception", "planner", "manager", "sponsor")


def test_table_pads_columns() -> None:
    assert as_table([("a", "b"), ("ccc", "d")]) == "a    b\nccc  d"


@pytest.mark.parametrize("days", range(15))
def test_fixture_moves_runs_by_whole_weeks(days: int) -> None:
    fixture = Fixture(NOW + dt.timedelta(days=days))
    today = (NOW + dt.timedelta(days=days)).date()

    for row in fixture.rows("runs"):
        assert (fixture.day(row["start"]) - FIXTURE.day(row["start"])).days % 7 == 0
        if row["state"] in ("open", "full", "announced", "draw"):
            assert 6 <= (fixture.day(row["start"]) - today).days <= 45
        else:
            assert fixture.day(row["start"]) < today


@pytest.mark.parametrize("command", ["seed_demo", "demo_signins"])
def test_production_refuses_the_demo(command: str, settings: Any) -> None:
    settings.PRODUCTION = True

    with pytest.raises(CommandError):
        call_command(command)


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-22T10:00:00"])
def test_seed_demo_refuses_unclear_moments(moment: str) -> None:
    with pytest.raises(CommandError):
        call_command("seed_demo", now=moment)
