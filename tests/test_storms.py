"""Many processes write at once, some are killed, and nothing that was promised is lost.

`make test` runs small samples with a fixed seed; `HIDAJ_NIGHT=1` runs the full counts.
Each proof prints its figures.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.support.site import Site
from tests.support.storm import blow, make_field, missing_facts, rush, writers

SiteFactory = Callable[..., Site]

IS_NIGHT = bool(os.environ.get("HIDAJ_NIGHT"))
ROUNDS = 100 if IS_NIGHT else 1
STORM_SECONDS = 60 if IS_NIGHT else 6
# A writer needs some seconds to start again.
KILL_EVERY = 8 if IS_NIGHT else 2
WRITERS = 64
SEATS = 10


def words(answers: list[dict[str, Any]]) -> Counter[str]:
    return Counter(a["answer"] + a.get("code", "") for a in answers)


def traces(answers: list[dict[str, Any]]) -> str:
    return next((a["trace"] for a in answers if "trace" in a), "")


def gap_of(number: int, round_: int) -> float:
    """Seconds between the hold and the form; every third writer does not hold."""
    return 0 if number % 3 == 0 else (number * 7 + round_) % 10 / 100


def make_runs(site: Site, count: int, capacity: int) -> list[int]:
    code = (
        "from tests.support.storm_world import make_open_run\n"
        f"print(*[make_open_run({capacity}) for _ in range({count})])"
    )
    return [int(key) for key in site.python(code).split()]


def confirmed_in(site: Site, run: int) -> list[int]:
    rows = site.sql(
        "SELECT r.id FROM booking_reservation r JOIN courses_courserun c"
        " ON c.offering_id = r.offering_id WHERE c.id = %s AND r.state = 'confirmed'"
        " ORDER BY r.id",
        run,
    )
    return [key for (key,) in rows]


def test_64_writers_want_10_seats(live_site: SiteFactory) -> None:
    site = live_site(workers=0)
    field = make_field(site, runs=0, capacity=SEATS, people=WRITERS)
    everybody = list(zip(field["users"], field["people"], strict=True))

    with writers(site, 3) as crowd:
        for round_, run in enumerate(make_runs(site, ROUNDS, SEATS)):
            calls = [
                {"run": run, "user": user, "person": person, "gap": gap_of(n, round_)}
                for n, (user, person) in enumerate(everybody)
            ]
            answers = rush(crowd, "take_place", calls)
            sold = sorted(pk for a in answers for pk in a.get("facts", []))

            assert words(answers) == {"done": SEATS, "refusedfull": WRITERS - SEATS}
            assert confirmed_in(site, run) == sold
    site.manage("audit")
    print(f"64 writers, 10 seats: {ROUNDS} rounds, {ROUNDS * WRITERS} forms")


def test_64_writers_want_one_time(live_site: SiteFactory) -> None:
    site = live_site(workers=0)
    field = make_field(site, runs=0, capacity=SEATS, people=WRITERS)
    everybody = list(zip(field["users"], field["people"], strict=True))
    # A start every quarter of an hour, and meetings of an hour.
    starts = field["starts"][::4][:ROUNDS]

    with writers(site, 3) as crowd:
        for round_, start in enumerate(starts):
            calls = [
                {
                    "service": field["service"],
                    "start": start,
                    "user": user,
                    "person": person,
                    "gap": gap_of(n, round_),
                }
                for n, (user, person) in enumerate(everybody)
            ]
            answers = words(rush(crowd, "take_time", calls))

            # Two consultants are free at that time.
            assert answers == {"done": 2, "refusedslot_taken": WRITERS - 2}
    site.manage("audit")
    print(f"64 writers, one time: {len(starts)} rounds, {len(starts) * WRITERS} forms")


def test_32_pairs_change_runs_in_opposite_directions(live_site: SiteFactory) -> None:
    site = live_site(workers=0)
    field = make_field(site, runs=0, capacity=SEATS, people=WRITERS)
    runs = make_runs(site, 2, WRITERS)
    calls = [
        {"run": runs[n % 2], "user": user, "person": person, "gap": 0}
        for n, (user, person) in enumerate(
            zip(field["users"], field["people"], strict=True)
        )
    ]

    with writers(site, 3) as crowd:
        assert words(rush(crowd, "take_place", calls)) == {"done": WRITERS}
        for _round in range(ROUNDS):
            here, there = (confirmed_in(site, run) for run in runs)
            moves = [
                {"reservation": pk, "run": run}
                for pair in zip(here, there, strict=True)
                for pk, run in zip(pair, reversed(runs), strict=True)
            ]
            answers = rush(crowd, "change_run", moves)

            # Nobody is told of a deadlock.
            assert words(answers) == {"done": WRITERS}, traces(answers)
            assert [len(confirmed_in(site, run)) for run in runs] == [32, 32]
    site.manage("audit")
    print(f"32 pairs: {ROUNDS} rounds, {ROUNDS * WRITERS} moves")


def test_storm_with_kills_keeps_every_promise(live_site: SiteFactory) -> None:
    site = live_site(workers=0)
    field = make_field(site, runs=3, capacity=4, people=24)

    with writers(site, 3) as crowd:
        told = blow(
            crowd,
            field,
            seconds=STORM_SECONDS,
            threads=4,
            seed=7,
            kill_every=KILL_EVERY,
        )

    print("storm over services:", told.figures)
    assert told.errors == []
    assert told.answers["done"] > 20
    assert missing_facts(site, told) == []
    site.manage("audit")
