from __future__ import annotations

import datetime as dt
import subprocess
import sys
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.services import record_consent
from booking.models import Draw, WaitingEntry
from booking.services.draws import run_due_draws
from booking.services.waiting import leave_list
from courses.exceptions import CoursesError
from courses.models import CourseRun, Phase
from courses.services.draws import call_off_draw, set_up_draw
from courses.services.enrolment import apply_for_draw
from courses.services.runs import create_run, publish_run
from notifications.models import OutboxMessage
from tests.desk.people import applicant_client, planner, reception, user_of
from tests.factories import (
    NOW,
    make_course,
    make_person,
    make_plan,
    make_room,
    make_run,
    make_user,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
OPENS, CLOSES = NOW + HOUR, NOW + 72 * HOUR
DURING = NOW + 3 * HOUR


def draw_run(**overrides: object) -> CourseRun:
    run = make_run(**overrides)
    set_up_draw(run_id=run.pk, opens_at=OPENS, closes_at=CLOSES, by=None, now=NOW)
    return CourseRun.objects.with_details(NOW).get(pk=run.pk)


def apply(run: CourseRun) -> WaitingEntry:
    user = make_user()
    return apply_for_draw(
        run_id=run.pk,
        booker=user,
        people=[make_person(user=user, contact_phone=user.phone)],
        key=uuid4(),
        now=DURING,
    )


def form() -> dict[str, str]:
    return {"key": str(uuid4()), "who": "me", "no_firm": "on"}


def settled_client() -> Client:
    """An applicant who gave consent before, so that the form asks little."""
    client = applicant_client()
    user = user_of(client)
    record_consent(person=user.person, kind="booking", given_by=user, now=DURING)
    return client


def kinds() -> list[str]:
    """The kinds of the messages, each once, in the order of their first."""
    rows = OutboxMessage.objects.order_by("pk").values_list("kind", flat=True)
    return list(dict.fromkeys(rows))


def test_phase_follows_the_draw() -> None:
    run = draw_run()

    assert [run.phase(at) for at in (NOW, DURING, CLOSES)] == [
        Phase.ANNOUNCED,
        Phase.DRAW,
        Phase.DRAW,
    ]
    run_due_draws(CLOSES)
    run.refresh_from_db()
    assert CourseRun.objects.get(pk=run.pk).phase(CLOSES) == Phase.OPEN


def test_applying_by_the_form_of_the_page() -> None:
    run = draw_run()
    with time_machine.travel(DURING, tick=False):
        client, typed = settled_client(), form()
        done = client.post(f"/runs/{run.code}/apply/", typed)
        again = client.post(f"/runs/{run.code}/apply/", typed)
        hold = client.post(f"/runs/{run.code}/hold/")
        seen = client.get(done.url)

    entry = WaitingEntry.objects.get()
    assert (entry.state, entry.number) == ("applied", 1)
    assert done.url == again.url == f"/bookings/done/{entry.party.reference}/"
    assert hold.url == f"/runs/{run.code}/apply/"
    assert seen.context["is_applied"]
    assert kinds() == ["draw_applied"]


def test_run_page_leads_to_the_form_and_to_the_draw() -> None:
    run = draw_run()

    with time_machine.travel(DURING, tick=False):
        text = Client().get(f"/runs/{run.code}/").content.decode()

    assert f"/runs/{run.code}/apply/" in text
    assert f"/runs/{run.code}/draw/" in text
    assert f"/runs/{run.code}/hold/" not in text


def test_form_after_closing_says_so_and_is_not_there_to_be_sent() -> None:
    run = draw_run()
    with time_machine.travel(CLOSES + HOUR, tick=False):
        page = settled_client().post(f"/runs/{run.code}/apply/", form())

    assert page.status_code == 200
    assert not WaitingEntry.objects.exists()
    assert not page.context["is_open"]
    text = page.content.decode()
    assert 'name="who"' not in text
    assert f"/runs/{run.code}/draw/" in text


def test_commitment_is_public_from_the_beginning_and_the_seed_is_not() -> None:
    run = draw_run()
    draw = Draw.objects.get()

    page = Client().get(f"/runs/{run.code}/draw/").content.decode()
    text = Client().get(f"/runs/{run.code}/draw.txt").content.decode()

    assert draw.commitment in page
    assert draw.commitment in text
    assert draw.sealed_seed not in page + text


def test_result_has_the_numbers_and_no_names() -> None:
    run = draw_run()
    entries = [apply(run) for _ in range(4)]
    names = [e.party.reservations.get().person.name for e in entries]
    run_due_draws(CLOSES)
    draw = Draw.objects.get()

    page = Client().get(f"/runs/{run.code}/draw/")

    text = page.content.decode()
    assert [e.number for e in page.context["order"]] == [
        e.number for e in WaitingEntry.objects.order_by("rank")
    ]
    assert draw.seed in text
    assert draw.list_digest in text
    assert not any(name in text for name in names)
    assert kinds() == ["draw_applied", "draw_won", "draw_result"]


def test_own_number_is_marked() -> None:
    run = draw_run()
    with time_machine.travel(DURING, tick=False):
        client = applicant_client()
        user = user_of(client)
        apply(run)
        apply_for_draw(
            run_id=run.pk,
            booker=user,
            people=[user.person],
            key=uuid4(),
            now=DURING,
        )
        page = client.get(f"/runs/{run.code}/draw/")

    assert page.context["own"] == {2}


def test_text_file_checks_itself(tmp_path: Path) -> None:
    run = draw_run()
    for _ in range(5):
        apply(run)
    run_due_draws(CLOSES)
    text = Client().get(f"/runs/{run.code}/draw.txt").content.decode()

    def answers(content: str) -> list[str]:
        path = tmp_path / "draw.txt"
        path.write_text(content)
        ran = subprocess.run(
            [sys.executable, "-I", str(path)], capture_output=True, text=True
        )
        assert ran.stderr == ""
        return [line.rsplit(" ", 1)[1] for line in ran.stdout.splitlines()]

    assert answers(text) == ["True", "True", "True"]
    order = next(line for line in text.splitlines() if line.startswith("order"))
    first, second = order[9:-1].split(", ")[:2]
    swapped = order.replace(f"[{first}, {second}", f"[{second}, {first}")
    assert answers(text.replace(order, swapped)) == ["True", "True", "False"]


def test_command_verifies_and_names_what_is_wrong() -> None:
    run = draw_run()
    apply(run)
    with pytest.raises(CommandError, match="not taken place"):
        call_command("verify_draw", run.code)
    run_due_draws(CLOSES)
    out = StringIO()

    call_command("verify_draw", run.code, stdout=out)

    assert "1 applications, seed, list and order hold" in out.getvalue()
    Draw.objects.update(seed="0" * 64)
    with pytest.raises(CommandError, match="seed is not the one"):
        call_command("verify_draw", run.code)
    with pytest.raises(CommandError, match="no run with a draw"):
        call_command("verify_draw", "nothing")


def test_run_without_a_draw_has_no_page_of_one() -> None:
    run = make_run()

    assert Client().get(f"/runs/{run.code}/draw/").status_code == 404
    draw_of = draw_run()
    call_off_draw(run_id=draw_of.pk, now=NOW)
    assert Client().get(f"/runs/{draw_of.code}/draw.txt").status_code == 404


def test_draw_is_announced_before_it_opens() -> None:
    run = create_run(
        course=make_course(),
        code="D-1",
        room=make_room(),
        instructors=[make_person()],
        sessions=make_plan(),
        by=None,
        now=NOW,
    )
    set_up_draw(run_id=run.pk, opens_at=OPENS, closes_at=CLOSES, by=None, now=NOW)

    with pytest.raises(CoursesError) as refusal:
        publish_run(run_id=run.pk, by=None, now=OPENS)

    assert refusal.value.code == "draw_not_announced"
    publish_run(run_id=run.pk, by=None, now=NOW)


# -- Staff ---------------------------------------------------------------------------


WINDOW = {
    "opens_on": "۱۴۰۵/۰۹/۰۲",
    "opens_time": "۹:۰۰",
    "closes_on": "1405/09/04",
    "closes_time": "18:00",
}


def test_planner_sets_the_window_and_calls_it_off() -> None:
    run = make_run()
    with time_machine.travel(NOW, tick=False):
        client = planner()
        bad = client.post(
            f"/staff/runs/{run.code}/draw/set/", {**WINDOW, "closes_on": "1405/09/20"}
        )
        done = client.post(f"/staff/runs/{run.code}/draw/set/", WINDOW)
        draw = Draw.objects.get()
        client.post(f"/staff/runs/{run.code}/draw/end/")

    assert bad.context["form"].errors["closes_on"]
    assert done.url == f"/staff/runs/{run.code}/draw/"
    assert draw.opens_at == dt.datetime(2026, 11, 23, 5, 30, tzinfo=dt.UTC)
    assert draw.closes_at == dt.datetime(2026, 11, 25, 14, 30, tzinfo=dt.UTC)
    draw.refresh_from_db()
    assert draw.called_off_at == NOW


def test_staff_page_lists_applications_and_never_shows_the_seed() -> None:
    run = draw_run()
    first, second = apply(run), apply(run)
    leave_list(entry_id=second.pk, by=None, now=DURING)

    with time_machine.travel(DURING, tick=False):
        page = reception().get(f"/staff/runs/{run.code}/draw/")

    text = page.content.decode()
    assert [e.pk for e in page.context["applications"]] == [first.pk, second.pk]
    assert Draw.objects.get().sealed_seed not in text
    assert not page.context["can_set"]


def test_reception_applies_for_a_caller() -> None:
    run = draw_run()
    with time_machine.travel(DURING, tick=False):
        done = reception().post(
            f"/staff/runs/{run.code}/book/",
            {
                "key": str(uuid4()),
                "phone": "09121234567",
                "name": "اکبر دوزنده",
                "wait": "1",
            },
        )

    assert done.status_code == 302
    assert WaitingEntry.objects.get().state == "applied"
