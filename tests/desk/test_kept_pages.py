"""Kept pages: whatever was committed is on the page that is asked for next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, TeachingProfile
from booking.models import Draw, Offering, Room
from booking.services.parties import release_expired_holds
from consulting.models import Service, ServiceMode
from core.models import Holiday, PageStamp
from core.pages import memory, stamps
from core.pages.kept import KeptPage, Key, Shelf, Source, shelf
from courses.models import ClassSession, Course, CourseRun
from courses.services.draws import set_up_draw
from courses.services.enrolment import enrol, hold_place, hold_places
from tests.factories import (
    NOW,
    make_consultant,
    make_course,
    make_person,
    make_run,
    make_service,
    make_user,
)
from tests.signing import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = ("/", "/runs/KEPT/", "/courses/held/", "/consulting/", "/help/")


@pytest.fixture(autouse=True)
def _clean_shelf() -> Iterator[None]:
    shelf.clear()
    with time_machine.travel(NOW, tick=False):
        yield
    shelf.clear()


@pytest.fixture
def run() -> CourseRun:
    teacher = make_consultant(name="نرگس")
    course = make_course(code="HELD", slug="held", capacity=5)
    return make_run(code="KEPT", course=course, instructors=[teacher])


def read(address: str, **headers: str) -> str:
    response = Client().get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def statements_of(address: str) -> list[str]:
    client = Client()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [q["sql"] for q in captured if q["sql"].strip().startswith("SELECT")]


def queries_of(address: str) -> int:
    return len(statements_of(address))


def test_second_reader_costs_one_query_and_reads_the_same(run: CourseRun) -> None:
    for address in (*ADDRESSES, "/?level=intro", "/?lang=en"):
        first = read(address)

        assert queries_of(address) == 1, address
        assert read(address) == first


def test_kept_page_holds_nothing_of_a_reader(run: CourseRun) -> None:
    for address in ADDRESSES:
        response = Client().get(address)

        assert "csrf" not in response.content.decode().lower()
        assert not response.cookies
        assert response["ETag"]
        assert response["Cache-Control"] == "no-cache"
        assert "Cookie" in response["Vary"]


def test_reader_with_a_session_gets_a_page_of_their_own(run: CourseRun) -> None:
    read("/runs/KEPT/")
    client, user = Client(), make_user()
    person = make_person(user=user)
    sign_in(client, user)
    enrol(run_id=run.pk, booker=user, people=[person], key=uuid4(), now=NOW)

    response = client.get("/runs/KEPT/")

    assert "شما در این دوره جا دارید" in response.content.decode()
    assert "ETag" not in response
    assert "شما در این دوره جا دارید" not in read("/runs/KEPT/")


def test_who_has_the_page_already_gets_no_second_copy(run: CourseRun) -> None:
    client = Client()
    tag = client.get("/runs/KEPT/")["ETag"]

    response = client.get("/runs/KEPT/", headers={"if-none-match": tag})
    assert (response.status_code, response.content) == (304, b"")

    Offering.objects.filter(pk=run.offering_id).update(seats_taken=3)
    response = client.get("/runs/KEPT/", headers={"if-none-match": tag})
    assert response.status_code == 200


def test_pages_are_packed_for_browsers_that_can_unpack(run: CourseRun) -> None:
    plain = Client().get("/")

    assert "Content-Encoding" not in plain
    for coding in ("br", "gzip"):
        packed = Client().get("/", headers={"accept-encoding": f"deflate, {coding}"})
        assert packed["Content-Encoding"] == coding
        assert len(packed.content) < len(plain.content) / 2


# -- what is committed is seen at once ------------------------------------------------


def _book(run: CourseRun) -> None:
    person = make_person()
    enrol(run_id=run.pk, booker=make_user(), people=[person], key=uuid4(), now=NOW)


def _give_by_draw(run: CourseRun) -> None:
    opens_at, closes_at = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(days=2)
    set_up_draw(run_id=run.pk, opens_at=opens_at, closes_at=closes_at, by=None, now=NOW)


def _rename_teacher(run: CourseRun) -> None:
    Person.objects.filter(taught_runs=run).update(name="پروانه")


def _other_teacher(run: CourseRun) -> None:
    run.instructors.set([make_person(name="تازه")])


CHANGES: dict[str, Callable[[CourseRun], Any]] = {
    "a booking": _book,
    "the title": lambda run: Course.objects.update(title_fa="نامی دیگر"),
    "the fee": lambda run: Offering.objects.update(fee_rial=7_000_000),
    "the capacity": lambda run: Offering.objects.update(capacity=4),
    "the window": lambda run: Offering.objects.update(opens_at=NOW + dt.timedelta(1)),
    "a day without class": lambda run: ClassSession.objects.filter(number=2).update(
        state="cancelled"
    ),
    "the teacher's name": _rename_teacher,
    "another teacher": _other_teacher,
    "a draw": lambda run: _give_by_draw(make_run(code="DRAWN")),
    "the audience": lambda run: CourseRun.objects.update(audience="women"),
}


def test_change_is_on_home_and_on_the_page_of_the_run(run: CourseRun) -> None:
    for name, change in CHANGES.items():
        home, page = read("/"), read("/runs/KEPT/")

        change(run)

        assert read("/") != home or name == "a day without class"
        assert read("/runs/KEPT/") != page or name == "a draw"


def test_new_and_cancelled_runs_are_listed_at_once(run: CourseRun) -> None:
    read("/")
    other = make_run(code="SECOND")
    assert "/runs/SECOND/" in read("/")

    CourseRun.objects.filter(pk=other.pk).update(
        state="cancelled", cancelled_at=NOW, cancel_reason="بیماری"
    )
    assert "/runs/SECOND/" not in read("/")


def test_texts_of_rooms_holidays_and_services_are_seen_at_once(run: CourseRun) -> None:
    service = make_service()
    page, services = read("/runs/KEPT/"), read("/consulting/")

    Room.objects.update(name_fa="کارگاه تازه")
    Service.objects.filter(pk=service.pk).update(problem_fa="پاشنه می‌افتد")
    assert "کارگاه تازه" in read("/runs/KEPT/")
    assert "پاشنه می‌افتد" in read("/consulting/")
    assert read("/consulting/") != services
    assert read("/runs/KEPT/") != page


def test_clock_alone_changes_a_page(run: CourseRun) -> None:
    opens_at = NOW + dt.timedelta(minutes=5)
    Offering.objects.update(opens_at=opens_at)
    before = read("/runs/KEPT/?lang=en")
    assert "Booking opens" in before

    with time_machine.travel(opens_at - dt.timedelta(seconds=1), tick=False):
        assert read("/runs/KEPT/?lang=en") == before
    with time_machine.travel(opens_at, tick=False):
        assert "Book a place" in read("/runs/KEPT/?lang=en")


def test_place_of_an_expired_hold_is_shown_as_free(run: CourseRun) -> None:
    hold_place(run_id=run.pk, booker=make_user(), now=NOW)
    assert "4 places left" in read("/runs/KEPT/?lang=en")

    with time_machine.travel(NOW + dt.timedelta(minutes=16), tick=False):
        assert "5 places left" in read("/runs/KEPT/?lang=en")
        assert "5 places left" in read("/?lang=en")


def test_holds_that_take_turns_are_counted_by_their_places(run: CourseRun) -> None:
    def at(minutes: int) -> dt.datetime:
        return NOW + dt.timedelta(minutes=minutes)

    users = [make_user() for _ in range(3)]
    hold_place(run_id=run.pk, booker=users[0], now=at(0))
    hold_places(run_id=run.pk, booker=users[1], places=2, now=at(10))
    with time_machine.travel(at(16), tick=False):
        assert "3 places left" in read("/runs/KEPT/?lang=en")
    release_expired_holds(at(16))
    hold_place(run_id=run.pk, booker=users[2], now=at(16))

    # As many places taken and as many holds over as before, but of two places.
    with time_machine.travel(at(26), tick=False):
        assert "4 places left" in read("/runs/KEPT/?lang=en")
        assert "4 places left" in read("/?lang=en")


def test_after_a_booking_the_texts_are_not_read_again(run: CourseRun) -> None:
    make_run(code="OTHER")
    first = queries_of("/"), queries_of("/runs/KEPT/")
    assert max(first) <= 5
    assert "5 places left" in read("/?lang=en")

    _book(run)

    # The state of the page that was kept, and that of the new one.
    assert queries_of("/") == 2
    assert queries_of("/runs/KEPT/") == 2
    assert "4 places left" in read("/?lang=en")
    assert "4 places left" in read("/runs/KEPT/?lang=en")


def test_own_pages_are_made_from_the_same_texts_and_fresh_places(
    run: CourseRun,
) -> None:
    client = Client()
    sign_in(client, make_user())

    def own(address: str) -> tuple[str, int]:
        with CaptureQueriesContext(connection) as captured:
            page = client.get(f"{address}?lang=en").content.decode()
        # What PostgreSQL has prepared comes without its text.
        asked = [(q["sql"] or "SELECT").strip() for q in captured]
        return page, len([sql for sql in asked if sql.startswith("SELECT")])

    assert "5 places left" in own("/")[0]
    assert "5 places left" in own("/runs/KEPT/")[0]
    _book(run)

    page, asked = own("/")
    assert "4 places left" in page
    assert asked == 4
    assert "4 places left" in own("/runs/KEPT/")[0]
    Course.objects.update(title_en="Another name")
    assert "Another name" in own("/")[0]
    assert "Another name" in own("/runs/kept/")[0]


def test_what_is_remembered_is_what_is_read(run: CourseRun) -> None:
    make_run(code="OTHER")
    for change in CHANGES.values():
        change(run)
        remembered = {
            path: read(path) for path in ("/", "/runs/KEPT/", "/courses/held/")
        }

        shelf.clear()
        assert {path: read(path) for path in remembered} == remembered
        shelf.clear()
        memory.forget()
        assert {path: read(path) for path in remembered} == remembered


def test_page_of_free_times_reads_its_texts_once_and_shows_each_change() -> None:
    people = [make_consultant(name="نرگس"), make_consultant(name="یعقوب")]
    make_service(slug="lasts", consultants=people)
    page = "/consulting/lasts/"
    first = queries_of(page)

    again = queries_of(page)
    Service.objects.update(title_fa="نام تازه")
    changed = read(page)
    Person.objects.filter(pk=people[0].pk).update(name="نام دیگر")

    assert again <= first - 3
    assert "نام تازه" in changed
    assert "نام دیگر" in read(page)
    with transaction.atomic():
        Service.objects.update(title_fa="هنوز نه")
        assert "هنوز نه" in read(page)
        transaction.set_rollback(True)
    assert "هنوز نه" not in read(page)


def test_what_is_not_committed_is_neither_shown_nor_kept(run: CourseRun) -> None:
    before = read("/")

    with transaction.atomic():
        Course.objects.update(title_fa="هنوز نه")
        assert "هنوز نه" in read("/")
        transaction.set_rollback(True)

    assert read("/") == before


# -- the stamp ------------------------------------------------------------------------


def test_bookings_do_not_wait_for_the_stamp(run: CourseRun) -> None:
    before = stamps.stamp()

    _book(run)
    make_person()
    Person.objects.filter(taught_runs=None).update(name="هنرجو")

    assert stamps.stamp() == before


def test_every_row_that_pages_read_is_stamped(run: CourseRun) -> None:
    _give_by_draw(run)
    make_service()
    Holiday.objects.create(on=dt.date(2026, 12, 1), title_fa="جشن", kind="centre")
    models = (Course, CourseRun, ClassSession, Room, Draw, Holiday, TeachingProfile)
    for model in (*models, Service, ServiceMode, CourseRun.instructors.through):
        before = stamps.stamp()
        field = model._meta.concrete_fields[-1].name
        row = model.objects.first()
        model.objects.filter(pk=row.pk).update(**{field: getattr(row, field)})
        assert stamps.stamp() != before, model


def test_lost_triggers_are_told_and_made_again(run: CourseRun) -> None:
    assert stamps.missing() == []
    name = "page_stamp_courses_course_update"
    tail = " ON courses_course" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{tail}")
    before = stamps.stamp()
    assert stamps.missing() == [name]

    stamps.install()

    assert stamps.missing() == []
    assert stamps.stamp() != before


def test_page_is_not_kept_without_a_stamp(run: CourseRun) -> None:
    PageStamp.objects.all().delete()
    first = read("/")
    Course.objects.update(title_fa="نامی دیگر")

    assert read("/") != first


# -- what addresses lead to -----------------------------------------------------------


def test_what_a_page_does_not_read_leads_to_the_same_page(run: CourseRun) -> None:
    page, home = read("/runs/KEPT/"), read("/?level=intro&women=1")

    for junk in ("?utm=1", "?lang=zz", "?level=intro", "?utm=2&utm=3&q=abc"):
        assert read(f"/runs/KEPT/{junk}") == page, junk
    for junk in ("?women=1&level=intro&utm=1", "?level=intro&women=1&evening="):
        assert read(f"/{junk}") == home, junk

    assert len(shelf) == 2


def test_made_up_values_are_not_kept(run: CourseRun) -> None:
    plain = read("/")

    for value in ("level=zz", "women=yes", "q=abc"):
        assert read(f"/?{value}") != plain
        assert queries_of(f"/?{value}") > 1, value

    assert len(shelf) == 1


def test_a_page_of_each_language_is_kept_however_it_was_asked_for(
    run: CourseRun,
) -> None:
    client = Client()
    english = read("/runs/KEPT/?lang=en")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    assert client.get("/runs/KEPT/").content.decode() == english
    assert client.get("/runs/KEPT/?lang=fa").content.decode() == read("/runs/KEPT/")
    assert len(shelf) == 2


def test_full_shelf_forgets_what_was_not_asked_for_longest() -> None:
    small = Shelf(most=2)
    request = RequestFactory().get("/a/")
    sources = [_source(path) for path in ("/a/", "/b/", "/c/")]

    small.put(sources[0], PAGE)
    small.put(sources[1], PAGE)
    assert small.get(request) is PAGE
    small.put(sources[2], PAGE)

    assert small.get(request) is PAGE
    assert small.get(RequestFactory().get("/b/")) is None
    assert len(small) == 2


def _source(path: str) -> Source:
    key = Key("http", "", path, "", True, ())
    return Source(key, {}, lambda now: None, "state", NOW)


PAGE = KeptPage(lambda now: None, "state", NOW, NOW, {}, b"", "")


def test_search_is_made_each_time(run: CourseRun) -> None:
    read("/?q=abc")

    assert queries_of("/?q=abc") > 1
    assert settings.LANGUAGE_PARAMETER == "lang"
