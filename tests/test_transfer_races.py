"""People move between two runs in opposite directions at the same moment, over HTTP.

tests/booking/test_lock_order.py shows that locks in another order do collide.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.forms import open_form, submit
from tests.support.races import run_processes
from tests.support.site import Site
from tests.test_races import client_of, cookies

SiteFactory = Callable[..., Site]

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
IS_ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
PAIRS = 32 if IS_NIGHT else 3
ROUNDS = 10 if IS_NIGHT else 1

MAKE_RUNS = """
from django.utils import timezone
from accounts.models import User
from courses.services.enrolment import enrol, join_waiting_list
from tests.courses.helpers import new_key
from tests.factories import make_course, make_person, make_plan, make_room, make_run
now, pairs, phones = timezone.now(), {pairs}, {phones}
course = make_course(code="{code}", slug="{code}", capacity=2 * pairs)
runs = [
    make_run(
        code=f"{code}-{{n}}", course=course, capacity=2 * pairs, now=now,
        room=make_room(code=f"{code}-{{n}}", capacity=100),
        sessions=make_plan(
            start_on=timezone.localdate() + timezone.timedelta(n), count=1
        ),
    )
    # Nobody is at two places at once: another round is in other weeks.
    for n in (20 + 7 * {round_}, 120 + 7 * {round_})
]
for number, phone in enumerate(phones):
    user = User.objects.get(phone=phone)
    person = getattr(user, "person", None)
    person = person or make_person(user=user, contact_phone=phone)
    (place,) = enrol(
        run_id=runs[number % 2].pk, booker=user, people=[person], key=new_key(), now=now
    )
    print(runs[1 - number % 2].code, place.party.reference, place.pk)
"""


def move(job: tuple[str, str, str, str, str]) -> str:
    """Ask for the other run, again where the page was busy; says what it said."""
    url, cookie, to, reference, pk = job
    client = client_of(cookie)
    page = f"{url}/bookings/{reference}/move/{pk}/"
    for _try in range(10):
        form = open_form(client, page, holding="csrfmiddlewaretoken")
        answer = submit(client, (page, form[1]), run=to)
        if answer.status_code != 200 or f"/move/{pk}/" not in answer.url:
            return f"{answer.status_code}"
    return "not moved"


@pytest.mark.skipif(
    not IS_ON_POSTGRES and not IS_NIGHT,
    reason="one writer at a time cannot lock crosswise: by day PostgreSQL shows it",
)
def test_pairs_move_in_opposite_directions(live_site: SiteFactory) -> None:
    site = live_site(workers=4)
    numbers = [f"+98999300{n:04d}" for n in range(2 * PAIRS)]
    signed_in = cookies(site, 2 * PAIRS)
    for round_ in range(ROUNDS):
        made = site.python(
            MAKE_RUNS.format(
                code=f"MOVE{round_}", round_=round_, pairs=PAIRS, phones=numbers
            )
        )
        places = [line.split() for line in made.split("\n") if line.startswith("MOVE")]
        jobs = [
            (site.url, cookie, *place)
            for cookie, place in zip(signed_in, places, strict=True)
        ]

        got = Counter(run_processes(move, jobs))

        assert got == {"200": 2 * PAIRS}
        assert states_in(site, f"MOVE{round_}") == {
            "transferred": 2 * PAIRS,
            "confirmed": 2 * PAIRS,
        }
    site.manage("audit")
    assert "deadlock" not in site.log("web").lower()


def states_in(site: Site, code: str) -> dict[str, int]:
    rows = site.sql(
        "SELECT r.state FROM booking_reservation r JOIN courses_courserun c"
        " ON c.offering_id = r.offering_id WHERE c.code LIKE %s",
        f"{code}-%",
    )
    return dict(Counter(state for (state,) in rows))
