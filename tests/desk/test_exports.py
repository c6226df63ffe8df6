from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import Person
from core import work
from core.work_models import Work
from courses.models import CourseRun
from desk.exports import listing
from tests.desk.people import enrol_one, planner, reception, user_of, wait_one
from tests.factories import NOW, make_course, make_firm, make_plan, make_run

pytestmark = pytest.mark.django_db

LIST = "/staff/runs/list/"


@pytest.fixture(autouse=True)
def _at_now(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    return planner()


@pytest.fixture
def run() -> CourseRun:
    return make_run(course=make_course(capacity=3))


def form(kind: str = "xlsx", key: int = 1, **fields: str) -> dict[str, str]:
    return {"form": kind, "key": str(uuid.UUID(int=key)), **fields}


def make(client: Client, path: str, data: dict[str, str]) -> str:
    """Ask for a list, let it be made, and give the address of its page."""
    answer = client.post(path, data)
    assert answer.status_code == 302, answer.content.decode()
    work.work_off(now=NOW)
    return str(answer["Location"])


def sheet_of(client: Client, page: str) -> Worksheet:
    answer = client.get(f"{page}file/")
    assert answer["Content-Disposition"].endswith('.xlsx"')
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def csv_of(client: Client, page: str) -> list[list[str]]:
    content = client.get(f"{page}file/").content.decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content[1:])))


def test_sheet_is_persian_with_both_calendars_and_text_numbers(
    client: Client, run: CourseRun
) -> None:
    booking = enrol_one(run, name="زهرا کوک‌دوز")
    Person.objects.filter(pk=booking.person_id).update(contact_phone="+989123456789")

    sheet = sheet_of(client, make(client, f"/staff/runs/{run.code}/list/", form()))

    head, row = ([cell.value for cell in cells] for cells in sheet.iter_rows())
    known = dict(zip(head, row, strict=True))
    assert sheet.sheet_view.rightToLeft
    assert known["نام"] == "زهرا کوک‌دوز"
    assert known["موبایل"] == "0912 345 6789"
    assert known["ثبت در (شمسی)"] == "1405-09-01"
    assert known["ثبت در (میلادی)"].date() == dt.date(2026, 11, 22)
    assert isinstance(known["شهریه (ریال)"], int)
    assert sheet["F2"].data_type == "s"


def test_english_list_reads_from_left_to_right(client: Client, run: CourseRun) -> None:
    enrol_one(run)
    client.cookies["language"] = "en"

    sheet = sheet_of(client, make(client, f"/staff/runs/{run.code}/list/", form()))

    assert not sheet.sheet_view.rightToLeft
    assert sheet["E1"].value == "Name"


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)"])
def test_what_begins_like_a_formula_stays_text(
    client: Client, run: CourseRun, name: str
) -> None:
    enrol_one(run, name=name)
    path = f"/staff/runs/{run.code}/list/"

    cell = sheet_of(client, make(client, path, form()))["E2"]
    text = csv_of(client, make(client, path, form("csv", key=2)))[1][4]

    assert (cell.value, cell.data_type, cell.quotePrefix) == (name, "s", True)
    assert text == f"'{name}"


def test_period_holds_the_runs_that_begin_in_it(client: Client, run: CourseRun) -> None:
    for number in range(3):
        enrol_one(run, name=f"جادار {number}")
    wait_one(run, name="منتظر")
    plan = make_plan(start_on=dt.date(2027, 2, 6))
    later = make_run(course=make_course(), sessions=plan)
    enrol_one(later, name="دیرتر")

    days = {"since": "۱۴۰۵/۰۹/۰۱", "until": "1405/09/30"}
    rows = csv_of(client, make(client, LIST, form("csv", **days)))

    assert [row[4] for row in rows[1:]] == ["جادار 0", "جادار 1", "جادار 2", "منتظر"]


def test_period_that_makes_no_sense_is_refused_at_its_field(client: Client) -> None:
    for until in ("1405/08/30", "1410/09/30"):
        days = {"since": "1405/09/01", "until": until}
        answer = client.post(LIST, form(**days))
        assert answer.status_code == 200
        assert "until" in answer.context["form"].errors
    assert not Work.objects.exists()


def test_long_list_is_made_in_chunks_without_holes(
    client: Client, run: CourseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "CHUNK", 2)
    for number in range(3):
        enrol_one(run, name=f"نام {number}")
    wait_one(run, name="نام 3")

    rows = csv_of(client, make(client, f"/staff/runs/{run.code}/list/", form("csv")))

    asked = Work.objects.get()
    assert (asked.done, asked.total) == (4, 4)
    assert [row[4] for row in rows[1:]] == [f"نام {n}" for n in range(4)]


def test_double_tap_makes_one_list(client: Client, run: CourseRun) -> None:
    path = f"/staff/runs/{run.code}/list/"

    first, second = (client.post(path, form())["Location"] for _tap in range(2))

    assert first == second
    assert Work.objects.count() == 1


def test_page_says_how_far_it_is(client: Client, run: CourseRun) -> None:
    enrol_one(run, firm=make_firm())
    page = client.post(f"/staff/runs/{run.code}/list/", form())["Location"]

    waiting = client.get(page).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "هنوز شروع نشده" in waiting

    Work.objects.update(
        state="running", total=40, done=27, lease_until=NOW, lease_token="x"
    )
    running = client.get(page).content.decode()
    assert 'value="27" max="40"' in running
    assert "۲۷ از ۴۰" in running
    part = client.get(f"{page}?seen=waiting", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert 'id="work-said"' in part.content.decode()

    Work.objects.update(total=1, done=0)
    work.work_off(now=NOW)
    done = client.get(page).content.decode()
    assert "refresh" not in done
    assert "hx-get" not in done
    assert f"{page}file/" in done


def test_page_of_what_stopped_says_why_and_goes_on(
    client: Client, run: CourseRun
) -> None:
    enrol_one(run)
    page = client.post(f"/staff/runs/{run.code}/list/", form())["Location"]
    Work.objects.update(parameters={"run": run.code, "form": "nothing"})
    work.work_off(now=NOW)

    stopped = client.get(page).content.decode()
    assert "note-bad" in stopped
    assert f"{page}again/" in stopped

    Work.objects.update(parameters={"run": run.code, "form": "csv"})
    assert client.post(f"{page}again/").status_code == 302
    work.work_off(now=NOW)
    assert len(csv_of(client, page)) == 2


def test_swept_file_is_said_to_be_gone(client: Client, run: CourseRun) -> None:
    page = make(client, f"/staff/runs/{run.code}/list/", form())

    work.sweep(NOW + work.KEEP_FILES + dt.timedelta(minutes=1))

    assert client.get(f"{page}file/").status_code == 404
    assert "پاک شده" in client.get(page).content.decode()


def test_list_of_another_is_not_there(client: Client, run: CourseRun) -> None:
    page = make(client, f"/staff/runs/{run.code}/list/", form())

    other = planner()

    assert other.get(page).status_code == 404
    assert other.get(f"{page}file/").status_code == 404
    assert page not in other.get("/staff/work/").content.decode()
    assert page in client.get("/staff/work/").content.decode()


def test_reception_sees_no_way_to_a_list(run: CourseRun) -> None:
    enrol_one(run)
    page = reception().get(f"/staff/runs/{run.code}/").content.decode()

    assert f"/staff/runs/{run.code}/list/" not in page
    assert f"/staff/runs/{run.code}/message/" in page


def test_page_that_asks_by_itself_keeps_no_desk_open(run: CourseRun) -> None:
    desk = reception()
    session = desk.session
    session["seen_at"] = int(NOW.timestamp()) - 300
    session.save()
    asked = Work.objects.create(
        kind=listing.KIND,
        parameters=listing.of_run(run, "csv"),
        actor=user_of(desk).pk,
        language="fa",
        created_at=NOW,
    )

    desk.get(f"/staff/work/{asked.pk}/", headers={"HX-Request": "true"})
    assert desk.session["seen_at"] == int(NOW.timestamp()) - 300
    desk.get(f"/staff/work/{asked.pk}/")
    assert desk.session["seen_at"] == int(NOW.timestamp())
