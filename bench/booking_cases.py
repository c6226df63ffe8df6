"""What the clients of bench/booking do. Runs where Django is set up."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from bench import raw, world
from bench.clients import Act, measure
from booking.exceptions import Full
from core.exceptions import Busy
from courses.services.applications import CourseApplicant, apply_for_place

_users: list[int] = []
# More bookings than any client will manage.
MOST_PER_SECOND = 1500
# psycopg prepares what came five times.
WARM_UP = 8
# So far from each other are the runs that one person gets in two measurements.
OTHER_RUNS = 333
BOUNDS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@dataclass
class Job:
    """What one client gets: runs to book in and users who book, each once."""

    runs: list[dict[str, Any]]
    user_ids: list[int]
    number: int = 0
    # Another one in each measurement: the raw clients book with the same people again.
    shift: int = 0
    # Whether a raw client stands in the queue of the site.
    in_turn: bool = False


def prepare(people: int) -> None:
    """Make the people of this place and learn what rows a booking writes."""
    _users[:] = world.make_people(people)
    (run,) = world.make_runs(1)
    raw.learn(lambda: _apply(run["id"], _user(_users[0])))


def server_version() -> str:
    """The version of the database server or library."""
    with connection.cursor() as cursor:
        is_postgres = connection.vendor == "postgresql"
        cursor.execute("SHOW server_version" if is_postgres else "SELECT 1")
        version = cursor.fetchone()[0]
    return str(version) if is_postgres else connection.Database.sqlite_version


def _user(pk: int) -> User:
    (user,) = _as_in_a_view([pk])
    return user


def _as_in_a_view(user_ids: Sequence[int]) -> list[User]:
    """Users as the view has them: the person and the (no) roles were read already."""
    users = User.objects.filter(pk__in=user_ids).select_related("person")
    for user in (found := list(users)):
        user.roles = frozenset()
    return found


def _apply(run_id: int, user: User) -> str:
    try:
        apply_for_place(
            run_id=run_id,
            booker=user,
            applicant=CourseApplicant(is_self=True, has_no_firm=True),
            key=uuid4(),
            now=timezone.now(),
        )
    except Full:
        return "full"
    except Busy:
        return "busy"
    return "booked"


def service(job: Job) -> Act:
    """A client that books with the service, each user once."""
    users = iter(_as_in_a_view(job.user_ids))
    choose = random.Random(job.number)

    def act() -> str | None:
        user = next(users, None)
        return user and _apply(choose.choice(job.runs)["id"], user)

    return act


def full(job: Job) -> Act:
    """A client whose people all find the run full."""
    users = _as_in_a_view(job.user_ids)

    def act() -> str:
        return _apply(job.runs[0]["id"], random.choice(users))

    return act


def _jobs(
    clients: int, runs: Sequence[dict[str, Any]] | None, users: list[int]
) -> list[Job]:
    chosen = list(runs or world.make_runs(1))
    shares = [users[number::clients] for number in range(clients)]
    return [Job(chosen, share, n, clients) for n, share in enumerate(shares)]


def measure_service(
    clients: int, runs: list[dict[str, Any]] | None, seconds: float
) -> dict[str, Any]:
    """Book with so many clients: in a new run, or spread over the given ones.

    Raises AssertionError when the counters do not agree with the answers.
    """
    # People without other bookings: most have none at the same time.
    jobs = _jobs(clients, runs, world.make_people(int(MOST_PER_SECOND * seconds)))
    offerings = [run["offering_id"] for run in jobs[0].runs]
    before = world.places_taken(offerings)
    done = measure(service, jobs, seconds=seconds, warm_up=WARM_UP)
    taken = world.places_taken(offerings) - before
    booked = done.warmed["booked"] + done.outcomes["booked"]
    assert taken == booked, (taken, booked)
    return _figures(done)


def measure_raw(
    clients: int,
    runs: list[dict[str, Any]] | None,
    seconds: float,
    in_turn: bool = False,
) -> dict[str, Any]:
    """The same rows for as many clients as plain SQL: the ceiling.

    `in_turn` (SQLite): what is left of it where nobody writes out of turn.
    """
    jobs = _jobs(clients, runs, _users)
    for job in jobs:
        job.in_turn = in_turn
        job.shift += OTHER_RUNS * in_turn
    done = measure(raw.client, jobs, seconds=seconds, warm_up=WARM_UP)
    return _figures(done)


def measure_full(clients: int, seconds: float) -> dict[str, Any]:
    """Ask for a place in a full run."""
    (run,) = world.make_runs(1, capacity=1)
    assert _apply(run["id"], _user(_users[0])) == "booked"
    people = world.make_people(100)
    jobs = [Job([run], people, number) for number in range(clients)]
    done = measure(full, jobs, seconds=seconds, warm_up=WARM_UP)
    assert set(done.outcomes) <= {"full"}, done.outcomes
    return _figures(done)


def _figures(done: Any) -> dict[str, Any]:
    return {
        "per_s": done.rate,
        "outcomes": dict(done.outcomes),
        "cpu_ms": 1000 * done.cpu_seconds / max(1, len(done.times)),
        **done.milliseconds(),
    }


def _captured(run_id: int, user: User) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        _apply(run_id, user)
    return [query["sql"] for query in captured.captured_queries]


def statements() -> dict[str, int]:
    """Statements of one booking: those in the transaction, and reads before it.

    BEGIN and COMMIT are not counted, savepoints are.
    """
    (run,) = world.make_runs(1)
    queries = _captured(run["id"], _user(_users[1]))
    # One in so many bookings fetches new keys before.
    begin = max(n for n, sql in enumerate(queries) if sql.startswith("BEGIN"))
    inside = [sql for sql in queries[begin:] if sql[:5] not in ("BEGIN", "COMMI")]
    return {"in_transaction": len(inside), "before": begin}


def statements_when_full() -> dict[str, int]:
    """Statements of the answer that nothing is free."""
    (run,) = world.make_runs(1, capacity=1)
    _apply(run["id"], _user(_users[1]))
    queries = _captured(run["id"], _user(_users[2]))
    reads = sum(sql.startswith("SELECT") for sql in queries)
    bounds = sum(sql.startswith(BOUNDS) for sql in queries)
    return {"reads": reads, "writes": len(queries) - reads - bounds}
