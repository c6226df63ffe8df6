"""How long a person waits for the free times of a consulting service.

A day, a month, 90 days, the next seven days with something free (what the page shows)
and the next free time, for "any of them" of 1, 10 and 100 consultants, who share 0,
1,000 or 100,000 meetings behind them and as many ahead. Every consultant has caps of a
day and a week, so that all four queries are asked.

`cpu_ms` is the processor time of one question, which hardly depends on what else runs.
"""

from __future__ import annotations

from bench.places import Place
from bench.report import Options, Report

CONSULTANTS = (1, 10, 100)
APPOINTMENTS = (0, 1_000, 100_000)
TINY = ((1, 2), (0, 20))


def run(places: dict[str, Place], options: Options) -> Report:
    """Every database in turn, each book of meetings with consultants of its own."""
    report = Report("slots")
    consultants, appointments = TINY if options.tiny else (CONSULTANTS, APPOINTMENTS)
    for place in places.values():
        report.versions[place.name] = place.call("bench.booking_cases:server_version")
        for people in consultants:
            for meetings in appointments:
                _measure(place, people, meetings, options.seconds, report)
    return report


def _measure(
    place: Place, people: int, meetings: int, seconds: float, report: Report
) -> None:
    name = f"bench-{people}-{meetings}"
    service = place.call("bench.slots_cases:make_world", people, meetings, name)
    figures = place.call("bench.slots_cases:measure", service, seconds / 4)
    for question, found in figures.items():
        report.add(
            database=place.name,
            consultants=people,
            past_and_future=meetings,
            question=question,
            **found,
        )
