"""`python -m bench [NAME ...]`: run benchmarks, print tables, write var/bench."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from bench import booking, messages, pages, rush, slots
from bench.places import DATABASES, Place, new_places
from bench.report import Options, Report

BENCHMARKS: dict[str, Callable[[dict[str, Place], Options], Report]] = {
    "booking": booking.run,
    "slots": slots.run,
    "rush": rush.run,
    "messages": messages.run,
    "pages": pages.run,
}


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", default=list(BENCHMARKS))
    parser.add_argument(
        "--seconds", type=float, default=4, help="length of each measurement"
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument(
        "--databases", nargs="+", choices=DATABASES, default=list(DATABASES)
    )
    parser.add_argument(
        "--tiny", action="store_true", help="small data: shows only that it runs"
    )
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown}; there are {list(BENCHMARKS)}")
    return given


def main() -> None:
    """Run what was asked for, one after another, on the same machine."""
    given = parse()
    os.environ["ENV_FILE"] = os.devnull
    options = Options(
        given.seconds, tuple(given.clients), tuple(given.databases), given.tiny
    )
    for name in given.names:
        with new_places(options.databases) as places:
            report = BENCHMARKS[name](places, options)
        report.write(options)
        print(report.table(), flush=True)


if __name__ == "__main__":
    main()
