"""How fast messages go out, and what the tick costs on a full outbox.

* plan: the reminders of the next 72 hours, written by the step of the tick; and the
  same step when all of them stand there already.
* claim: workers take one due message after the other and send nothing.
* send: claim, ask the owner again, render, call the gateway, write the answer; the far
  end is an HTTP server on loopback that answers at once or after 200 ms.
* tick: every step about messages over an outbox of a million rows of which 500 are due,
  and how often a query of it reads the table without an index.
"""

from __future__ import annotations

from bench.places import Place
from bench.report import Options, Report
from tests.support.fake_gateway import FakeGateway

WORKERS = (1, 4)
ANSWERS_AFTER_MS = (0, 200)
PEOPLE = 500
ROWS, DUE = 1_000_000, 500
TINY_ROWS, TINY_DUE = 3_000, 20


def run(places: dict[str, Place], options: Options) -> Report:
    """Every database in turn."""
    report = Report("messages")
    for place in places.values():
        report.versions[place.name] = place.call("bench.booking_cases:server_version")
        with FakeGateway() as far_end:
            place.call("bench.messages_cases:send_to", far_end.url)
            _plan(place, options, report)
            _claim(place, options, report)
            _send(place, far_end, options, report)
            _tick(place, far_end, options, report)
    return report


def _plan(place: Place, options: Options, report: Report) -> None:
    people = 20 if options.tiny else PEOPLE
    place.call("bench.messages_cases:enrol", people)
    place.call("bench.messages_cases:warm_up")
    for state in ("new", "known"):
        planned = place.call("bench.messages_cases:plan")
        report.add(database=place.name, step="plan", reminders=state, **planned)


def _claim(place: Place, options: Options, report: Report) -> None:
    for workers in WORKERS:
        figures = place.call(
            "bench.messages_cases:measure_claims", workers, options.seconds
        )
        report.add(database=place.name, step="claim", workers=workers, **figures)


def _send(place: Place, far_end: FakeGateway, options: Options, report: Report) -> None:
    for delay in ANSWERS_AFTER_MS:
        far_end.delay = delay / 1000
        for workers in WORKERS:
            far_end.forget()
            figures = place.call(
                "bench.messages_cases:measure_sending", workers, options.seconds
            )
            report.add(
                database=place.name,
                step="send",
                workers=workers,
                answers_after_ms=delay,
                **figures,
                arrived_twice=len(far_end.posts) - figures["messages"],
            )
    far_end.delay = 0.0


def _tick(place: Place, far_end: FakeGateway, options: Options, report: Report) -> None:
    rows, due = (TINY_ROWS, TINY_DUE) if options.tiny else (ROWS, DUE)
    place.call("bench.outbox_cases:fill", rows, due)
    for name, figures in place.call("bench.outbox_cases:tick").items():
        report.add(database=place.name, rows=rows, due=due, step=name, **figures)
