"""How many bookings a second, beside what the database could write at best.

* service: `apply_for_place`, the service that the page of a run calls, whole: key,
  person, party, reservation, history, outbox rows, seat, commit.
* raw: the very rows that the service writes, as plain SQL through the same driver.
* fair raw (SQLite): the same in the queue of writers, in which the site stands; without
  it the lock goes to whoever asks at the right moment, and some wait for seconds.
* full: the answer that nothing is free.
* http: the same booking as the page of the run posts it, by people with sessions, with
  the CSRF check and two gunicorn workers; bare is an empty Django page that asks who is
  signed in, through the same server and clients in the same run.

`cpu_ms` is the client's own processor time for one booking, which hardly depends on
what else runs on the machine.
"""

from __future__ import annotations

from bench.places import Place
from bench.report import Options, Report
from bench.web import fill_site, form_values, verdict
from tests.support.site import wait_until_ready

MANY_RUNS = 1000
PEOPLE = 24_000


def run(places: dict[str, Place], options: Options) -> Report:
    """Every database in turn, the raw ceiling right after each measurement."""
    report = Report("booking")
    for place in places.values():
        report.versions[place.name] = place.call("bench.booking_cases:server_version")
        _service_and_ceiling(place, options, report)
        _full(place, options, report)
        _http(place, options, report)
    return report


def _service_and_ceiling(place: Place, options: Options, report: Report) -> None:
    place.call("bench.booking_cases:prepare", 400 if options.tiny else PEOPLE)
    statements = place.call("bench.booking_cases:statements")
    many = 5 if options.tiny else MANY_RUNS
    spread = place.call("bench.world:make_runs", many)
    for clients in options.clients:
        for name, runs in (("one", None), (f"{many:,}", spread)):
            service = place.call(
                "bench.booking_cases:measure_service", clients, runs, options.seconds
            )
            raw = place.call(
                "bench.booking_cases:measure_raw", clients, runs, options.seconds
            )
            fair = raw
            if place.name == "sqlite":
                fair = place.call(
                    "bench.booking_cases:measure_raw",
                    *(clients, runs, options.seconds, True),
                )
            report.add(
                database=place.name,
                clients=clients,
                runs=name,
                bookings_per_s=service["per_s"],
                raw_per_s=raw["per_s"],
                share_percent=100 * service["per_s"] / (raw["per_s"] or 1),
                fair_raw_per_s=fair["per_s"],
                fair_share_percent=100 * service["per_s"] / (fair["per_s"] or 1),
                cpu_ms=service["cpu_ms"],
                raw_cpu_ms=raw["cpu_ms"],
                p50_ms=service["p50_ms"],
                p99_ms=service["p99_ms"],
                max_ms=service["max_ms"],
                raw_max_ms=raw["max_ms"],
                fair_raw_max_ms=fair["max_ms"],
                statements=statements["in_transaction"],
                reads_before=statements["before"],
                refused=_others(service["outcomes"]),
            )
    report.notes.append(f"{place.name}: audit {place.call('bench.world:audit')}")


def _others(outcomes: dict[str, int]) -> str:
    words = (f"{k} {v}" for k, v in sorted(outcomes.items()) if k != "booked")
    return ", ".join(words) or "none"


def _full(place: Place, options: Options, report: Report) -> None:
    statements = place.call("bench.booking_cases:statements_when_full")
    for clients in options.clients:
        full = place.call(
            "bench.booking_cases:measure_full", clients, options.seconds / 2
        )
        report.add(
            database=place.name,
            clients=clients,
            full_answers_per_s=full["per_s"],
            cpu_ms=full["cpu_ms"],
            p50_ms=full["p50_ms"],
            p99_ms=full["p99_ms"],
            max_ms=full["max_ms"],
            reads=statements["reads"],
            writes=statements["writes"],
        )


def _http(place: Place, options: Options, report: Report) -> None:
    clients = min(8, max(options.clients))
    people = 40 if options.tiny else int(1000 * options.seconds)
    with place.site(workers=2) as site:
        made = fill_site(site, people + 40, 30_000)
        keys, code = made["keys"], made["run"]["code"]
        values = form_values(site, code, keys[0])
        shared = {"url": site.url, "code": code, "values": values}
        # The first answers of a process load what the others find loaded.
        warm = [{**shared, "keys": keys[n:40:clients]} for n in range(clients)]
        place.call("bench.web:measure_bookings", warm, 10)
        jobs = [{**shared, "keys": keys[40 + n :: clients]} for n in range(clients)]
        done = place.call("bench.web:measure_bookings", jobs, options.seconds)
        taken = site.sql(
            "SELECT seats_taken FROM booking_offering WHERE id = %s",
            made["run"]["offering_id"],
        )
        report.notes.append(f"{place.name} http: audit {verdict(site)}")
        site.end("web")
        site.start_web("bench.bare_site")
        wait_until_ready(site)
        bare = place.call("bench.web:measure_bare", jobs, options.seconds)
    report.add(
        database=place.name,
        clients=clients,
        web_workers=2,
        http_bookings_per_s=done["per_s"],
        bare_pages_per_s=bare["per_s"],
        share_percent=100 * done["per_s"] / (bare["per_s"] or 1),
        p50_ms=done["p50_ms"],
        p99_ms=done["p99_ms"],
        max_ms=done["max_ms"],
        bare_p50_ms=bare["p50_ms"],
        bare_p99_ms=bare["p99_ms"],
        refused=_others(done["outcomes"]),
        seats_taken=taken[0][0],
    )
