"""`make test` and its parts: run the checks one after another and sum them up.

`python -m tests.run test|lint|test-sqlite|test-postgres|test-browser|night`.
PYTEST_ARGS is handed to pytest. Every part runs even when one before it failed; the
exit code is 1 when any failed or when pytest found no test. What can be said without
running the site is checked in two lanes, beside making the databases of the tests.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.support.browser import CHROMIUM_NAMES
from tests.support.calendar_checkers import LIBICAL, libical_is_there
from tests.support.postgres import PostgresServer
from tests.support.site import CommandFailed, Databases

BASE_DIR = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SQLITE = f"sqlite:///{BASE_DIR}/var/test.sqlite3"
# Two processes: the suite is made for a machine with two cores.
PARALLEL = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


@dataclass
class Result:
    """How one part ended."""

    name: str
    passed: bool
    seconds: float
    note: str = ""


Check = Callable[[], Result]


def run(
    name: str,
    *command: str,
    environment: dict[str, str] | None = None,
    is_alone: bool = True,
) -> Result:
    """Run a command with its output shown, and keep its last line as the note.

    What runs beside others is named when it has ended, and shown when it failed.
    """
    if is_alone:
        print(f"\n== {name}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=BASE_DIR,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if is_alone:
            sys.stdout.write(line)
            sys.stdout.flush()
    code = process.wait()
    if not is_alone:
        shown = "".join(lines) if code else "ok\n"
        print(f"\n== {name}\n{shown}", end="", flush=True)
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return Result(name, code == 0, time.monotonic() - started, last if code else "")


def tool(name: str) -> str:
    """A program of the environment."""
    return str(BIN / name)


def lint() -> list[Result]:
    """Everything that can be said without running the site."""
    return in_lanes([types], others())


def in_lanes(*lanes: Sequence[Check]) -> list[Result]:
    """Run the checks of a lane one after another, and the lanes beside each other."""
    with ThreadPoolExecutor(len(lanes)) as pool:
        ended = pool.map(lambda lane: [check() for check in lane], lanes)
        return [result for results in ended for result in results]


def types() -> Result:
    """What takes as long as all the others."""
    return run("mypy", tool("mypy"), ".", is_alone=False)


def others() -> list[Check]:
    """The quick ones, and whether all tests can be collected.

    The processes that run them find them compiled then.
    """
    manage = (sys.executable, "manage.py")
    collect = (sys.executable, "-m", "pytest", "--collect-only", "-qqq", "-m", "")
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings_test"}
    commands: dict[str, tuple[str, ...]] = {
        "ruff format": (tool("ruff"), "format", "--check", "."),
        "ruff": (tool("ruff"), "check", "."),
        "djlint": (tool("djlint"), "templates", "--lint", "--quiet"),
        "layers": (tool("lint-imports"), "--no-logo"),
        "migrations": (*manage, "makemigrations", "--check", "--dry-run"),
        "translations": (*manage, "compilemessages", "-v", "0"),
        "collected tests": collect,
    }
    return [
        partial(run, name, *command, environment=settings, is_alone=False)
        for name, command in commands.items()
    ]


def migrated(name: str, databases: Databases) -> Check:
    """Makes the empty database that the tests copy."""

    def make() -> Result:
        started, note = time.monotonic(), ""
        try:
            databases.make_empty()
        except CommandFailed as error:
            note = str(error)
        return Result(name, not note, time.monotonic() - started, note)

    return make


def pytest(name: str, *options: str, url: str, empty: str) -> Result:
    """Run pytest; its closing line is the note, and no test at all is a failure.

    `empty` is the address of a migrated database, where there is one already.
    """
    arguments = shlex.split(os.environ.get("PYTEST_ARGS", ""))
    with tempfile.TemporaryDirectory(prefix="hidaj-tests-") as folder:
        return run(
            name,
            *(sys.executable, "-m", "pytest", "-q", f"--basetemp={folder}/t"),
            *(*PARALLEL, *options, *arguments),
            environment={"DATABASE_URL": url, "EMPTY_DATABASE_URL": empty},
        )


def on_sqlite(empty: str = "") -> list[Result]:
    """Unit and integration tests on the embedded database."""
    return [pytest("tests on SQLite", url=SQLITE, empty=empty)]


def on_own_postgres() -> list[Result]:
    """The same tests on a PostgreSQL server of their own."""
    with PostgresServer() as server:
        return on_postgres(server)


def on_postgres(server: PostgresServer, empty: str = "") -> list[Result]:
    """The tests on a server that runs."""
    return [pytest("tests on PostgreSQL", url=server.url, empty=empty)]


def in_browser(empty: str = "") -> list[Result]:
    """The journeys, on the embedded database."""
    need_program(CHROMIUM_NAMES, "chromium", "The journeys need a Chromium browser")
    return [pytest("journeys in Chromium", "-m", "browser", url=SQLITE, empty=empty)]


def need_program(names: tuple[str, ...], package: str, sentence: str) -> None:
    """See to it that one of these programs is there."""
    need(lambda: any(shutil.which(name) for name in names), package, sentence)


def need(is_there: Callable[[], bool], package: str, sentence: str) -> None:
    """Install a Debian package when something is missing, or say what to do."""
    if is_there():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"- Installing {package}", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        subprocess.run([*quiet, "update"], check=False, env=environment)
        subprocess.run([*quiet, "install", "-y", package], check=False, env=environment)
    if not is_there():
        sys.exit(f"{sentence}. On Debian and Ubuntu: apt-get install {package}")


def everything() -> list[Result]:
    """All of it, cheapest first."""
    with (
        PostgresServer() as server,
        tempfile.TemporaryDirectory(prefix="hidaj-databases-") as folder,
    ):
        sqlite = Databases(SQLITE, Path(folder) / "sqlite")
        postgres = Databases(server.url, Path(folder) / "postgres")
        return [
            *in_lanes(
                [types, migrated("empty database on SQLite", sqlite)],
                [*others(), migrated("empty database on PostgreSQL", postgres)],
            ),
            *on_sqlite(sqlite.make_empty()),
            *on_postgres(server, postgres.make_empty()),
            *in_browser(sqlite.make_empty()),
        ]


PARTS: dict[str, Callable[[], list[Result]]] = {
    "test": everything,
    "night": everything,
    "lint": lint,
    "test-sqlite": on_sqlite,
    "test-postgres": on_own_postgres,
    "test-browser": in_browser,
}


def main() -> None:
    """Run the part named on the command line and print one summary."""
    part = sys.argv[1]
    if part == "night":
        os.environ["HIDAJ_NIGHT"] = "1"
    if part != "test-browser":
        need_program(
            ("xgettext",), "gettext", "The translations are checked with gettext"
        )
    if part != "lint":
        need(libical_is_there, LIBICAL, "Calendar files are checked with libical")
    if part in {"test", "night"}:
        need_program(CHROMIUM_NAMES, "chromium", "The journeys need a Chromium browser")
    (BASE_DIR / "var").mkdir(exist_ok=True)
    # What somebody set up for running the site must not change a test.
    os.environ["ENV_FILE"] = os.devnull
    # Else each process would compile all of the code and the tests again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.monotonic()
    build = (sys.executable, "-m", "config.prepare", "build")
    results = [run("static files and translations", *build), *PARTS[part]()]
    print("\n== Summary")
    for result in results:
        verdict = "ok  " if result.passed else "FAIL"
        print(f"{verdict} {result.name} ({result.seconds:.0f} s) {result.note}")
    failed = sum(not result.passed for result in results)
    minutes = (time.monotonic() - started) / 60
    print(f"{minutes:.1f} minutes")
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
