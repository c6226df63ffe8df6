"""Many people want the same few places at the same moment, over HTTP.

The control test takes the guard away and must see the places oversold; otherwise the
other tests would prove nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.support.forms import open_form, submit
from tests.support.races import run_processes
from tests.support.site import (
    Databases,
    Site,
    start_site,
    stop_site,
    wait_until_ready,
)

SiteFactory = Callable[..., Site]

PEOPLE = 64
PLACES = 5
ROUNDS = 20 if os.environ.get("HIDAJ_NIGHT") else 1

# Not a database of that server which a `live_site` gets.
REDIS = "/0"

MAKE_RUN = """
from django.utils import timezone
from tests.factories import make_course, make_plan, make_room, make_run
plan = make_plan(start_on=timezone.localdate() + timezone.timedelta(days=20))
run = make_run(
    code="{code}",
    capacity={capacity},
    now=timezone.now(),
    sessions=plan,
    course=make_course(code="{code}", slug="{code}"),
    room=make_room(code="{code}"),
)
print(run.offering_id)
"""


def make_run(site: Site, code: str = "RACE", capacity: int = PLACES) -> int:
    """An open run on the site; gives the id of its offering."""
    return int(site.python(MAKE_RUN.format(code=code, capacity=capacity)).split()[-1])


def phones(count: int, first: int = 0) -> list[str]:
    return [f"+98999300{number:04d}" for number in range(first, first + count)]


def client_of(cookie: str) -> requests.Session:
    client = requests.Session()
    client.cookies.set("sessionid", cookie, domain="127.0.0.1", path="/")
    return client


def cookies(site: Site, count: int, first: int = 0) -> list[str]:
    return [c.cookies["sessionid"] for c in site.signed_in(phones(count, first))]


@pytest.fixture(scope="module")
def crowded(
    databases: Databases, static_files: None, valkey_url: str
) -> Iterator[Site]:
    """One site for these tests, each with a run and with people of its own."""
    site = start_site(databases, valkey_url + REDIS, workers=4)
    yield site
    stop_site(databases, site)


def apply_for_place(job: tuple[str, str, str]) -> str:
    """Book as a person does; where a place is gone, join the list. Says what it got."""
    url, code, cookie = job
    client = client_of(cookie)
    told = {
        "own_name": f"هنرجو {cookie[:6]}",
        "who": "me",
        "no_firm": "on",
        "consent": "on",
    }
    form = open_form(client, f"{url}/runs/{code}/book/", holding="key")
    answer = submit(client, form, **told)
    if "/bookings/done/" not in answer.url and answer.status_code == 200:
        form = open_form(client, f"{url}/runs/{code}/wait/", holding="key")
        answer = submit(client, form, **told)
    if "/bookings/done/" in answer.url:
        return "done"
    return f"{answer.status_code}"


def states(site: Site, offering: int) -> Counter[str]:
    rows = site.sql(
        "SELECT state FROM booking_reservation WHERE offering_id = %s", offering
    )
    return Counter(state for (state,) in rows)


def test_64_people_want_5_places(crowded: Site):
    for number in range(ROUNDS):
        code = f"RACE{number}"
        offering = make_run(crowded, code)
        jobs = [(crowded.url, code, cookie) for cookie in cookies(crowded, PEOPLE)]

        got = Counter(run_processes(apply_for_place, jobs))

        assert got == {"done": PEOPLE}
        assert states(crowded, offering) == {
            "confirmed": PLACES,
            "waiting": PEOPLE - PLACES,
        }
    crowded.manage("audit")


def hold_then_book(job: tuple[str, str, str]) -> str:
    """Press the button first, so that the place is held while the form is open."""
    url, code, cookie = job
    client = client_of(cookie)
    button = open_form(client, f"{url}/runs/{code}/", holding="csrfmiddlewaretoken")
    token = button[1]["csrfmiddlewaretoken"]
    submit(client, (f"{url}/runs/{code}/hold/", {"csrfmiddlewaretoken": token}))
    return apply_for_place(job)


def test_hold_then_confirm_sells_no_place_twice(crowded: Site):
    offering = make_run(crowded, "HOLD")
    jobs = [(crowded.url, "HOLD", cookie) for cookie in cookies(crowded, 32, 100)]

    got = Counter(run_processes(hold_then_book, jobs))

    assert got == {"done": 32}
    assert states(crowded, offering)["confirmed"] == PLACES
    crowded.manage("audit")


def test_double_tap_is_one_booking_with_one_answer(crowded: Site):
    offering = make_run(crowded, "TAP")
    (cookie,) = cookies(crowded, 1, 200)
    _action, hidden = open_form(
        client_of(cookie), f"{crowded.url}/runs/TAP/book/", holding="key"
    )
    values = {
        **hidden,
        "own_name": "زهرا کوک‌دوز",
        "who": "me",
        "no_firm": "on",
        "consent": "on",
    }

    answers = run_processes(tap_with_token, [(crowded.url, cookie, values)] * 8)

    assert len(set(answers)) == 1, answers
    assert "/bookings/done/" in answers[0]
    assert states(crowded, offering) == {"confirmed": 1}


def tap_with_token(job: tuple[str, str, dict[str, Any]]) -> str:
    """One tap of the same form; the token of the page belongs to the tapping client."""
    url, cookie, values = job
    client = client_of(cookie)
    fresh = open_form(client, f"{url}/runs/TAP/book/", holding="key")
    token = fresh[1]["csrfmiddlewaretoken"]
    return submit(client, (fresh[0], {**values, "csrfmiddlewaretoken": token})).url


def join_at_last(url: str, cookie: str) -> str:
    """Who hears "a place is free right now" at the list books it, as a person does."""
    for _try in range(10):
        if apply_for_place((url, "JOIN", cookie)) == "done":
            return "done"
    return "never"


def cancel_or_join(job: tuple[str, str, str]) -> str:
    url, what, cookie = job
    if what == "join":
        return join_at_last(url, cookie)
    client = client_of(cookie)
    form = open_form(client, what, holding="csrfmiddlewaretoken", sent_to="/cancel/")
    return str(submit(client, form).status_code)


def test_joining_races_with_cancelling_and_nobody_is_stranded(crowded: Site):
    site = crowded
    offering = make_run(site, "JOIN")
    everyone = cookies(site, 24, 300)
    for cookie in everyone[:PLACES]:
        assert apply_for_place((site.url, "JOIN", cookie)) == "done"
    references = site.sql(
        "SELECT p.reference, r.id FROM booking_party p JOIN booking_reservation r"
        " ON r.party_id = p.id WHERE r.state = 'confirmed' AND r.offering_id = %s"
        " ORDER BY r.created_at",
        offering,
    )
    cancels = [
        (site.url, f"{site.url}/bookings/{reference}/cancel/{pk}/", cookie)
        for (reference, pk), cookie in zip(references, everyone, strict=False)
    ]
    joins = [(site.url, "join", cookie) for cookie in everyone[PLACES:]]

    got = Counter(run_processes(cancel_or_join, cancels + joins))

    assert got == {"200": PLACES, "done": len(joins)}
    ((taken, waiting),) = site.sql(
        "SELECT seats_taken, waiting_parties FROM booking_offering WHERE id = %s",
        offering,
    )
    assert states(site, offering)["cancelled"] == PLACES
    assert taken == PLACES
    assert waiting <= len(joins) - PLACES
    site.manage("audit")


MAKE_SLOT = """
from django.utils import timezone
from consulting.addresses import write_moment
from consulting.slots import free_slots
from tests.factories import make_service
service = make_service(slug="fit")
day = timezone.localdate() + timezone.timedelta(days=3)
query = dict(service=service, mode="phone", consultant=None, now=timezone.now())
print(write_moment(free_slots(day, 1, **query)[0].starts_at))
"""


def book_slot(job: tuple[str, str, str]) -> str:
    """Tap one time and fill in the form; says whether it was got or told as taken."""
    url, slot, cookie = job
    client = client_of(cookie)
    page = f"{url}/consulting/fit/"
    token = open_form(client, page, holding="csrfmiddlewaretoken")[1]
    tapped = {"csrfmiddlewaretoken": token["csrfmiddlewaretoken"], "mode": "phone"}
    answer = submit(client, (f"{page}hold/", tapped), slot=slot)
    if "/book/" not in answer.url:
        return "taken"
    form = open_form(client, answer.url, holding="key")
    told = {"own_name": f"هنرجو {cookie[:6]}", "who": "me", "consent": "on"}
    answer = submit(client, form, **told)
    return "done" if "/consulting/done/" in answer.url else "taken"


def test_64_people_want_one_slot(crowded: Site):
    slot = crowded.python(MAKE_SLOT).split()[-1]
    jobs = [(crowded.url, slot, c) for c in cookies(crowded, PEOPLE, 400)]

    got = Counter(run_processes(book_slot, jobs))

    assert got == {"done": 1, "taken": PEOPLE - 1}
    live = crowded.sql(
        "SELECT count(*) FROM booking_reservation r JOIN booking_offering o"
        " ON o.id = r.offering_id WHERE r.state IN ('held', 'confirmed')"
        " AND o.kind <> 'course_run'"
    )
    assert live == [(1,)]
    crowded.manage("audit")


def test_control_without_the_guard_places_are_oversold(live_site: SiteFactory):
    site = live_site(workers=8)
    site.end("web")
    site.python("from tests.support.unguarded import drop_check; drop_check()")
    site.start_web("tests.support.unguarded_wsgi")
    wait_until_ready(site)
    offering = make_run(site, capacity=1)
    jobs = [(site.url, "RACE", cookie) for cookie in cookies(site, 16)]

    run_processes(apply_for_place, jobs)

    assert states(site, offering)["confirmed"] > 1
