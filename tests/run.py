"""`make test` and its parts: run the checks one after another and sum them up.

`python -m tests.run test|lint|test-sqlite|test-postgres|test-browser|night`.
PYTEST_ARGS is handed to pytest. Every part runs even when one before it failed; the
exit code is 1 when any failed or when pytest found no test.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.browser import CHROMIUM_NAMES
from tests.support.calendar_checkers import LIBICAL, libical_is_there
from tests.support.postgres import PostgresServer

BASE_DIR = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Two processes: the suite is made for a machine with two cores.
PARALLEL = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


@dataclass
class Result:
    """How one part ended."""

    name: str
    passed: bool
    seconds: float
    note: str = ""


def run(name: str, *command: str, environment: dict[str, str] | None = None) -> Result:
    """Run a command with its output shown, and keep its last line as the note."""
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
    last = ""
    for line in process.stdout or ():
        sys.stdout.write(line)
        sys.stdout.flush()
        last = line.strip() or last
    code = process.wait()
    return Result(name, code == 0, time.monotonic() - started, last if code else "")


def tool(name: str) -> str:
    """A program of the environment."""
    return str(BIN / name)


def lint() -> list[Result]:
    """Everything that can be said without running the site."""
    manage = (sys.executable, "manage.py")
    checks = {"DJANGO_SETTINGS_MODULE": "config.settings_test"}
    return [
        run("ruff format", tool("ruff"), "format", "--check", "."),
        run("ruff", tool("ruff"), "check", "."),
        run("mypy", tool("mypy"), "."),
        run("djlint", tool("djlint"), "templates", "--lint", "--quiet"),
        run("layers", tool("lint-imports"), "--no-logo"),
        run(
            "migrations",
            *(*manage, "makemigrations", "--check", "--dry-run"),
            environment=checks,
        ),
        run("translations", *manage, "compilemessages", "-v", "0", environment=checks),
    ]


def pytest(name: str, *options: str, environment: dict[str, str]) -> Result:
    """Run pytest; its closing line is the note, and no test at all is a failure."""
    arguments = shlex.split(os.environ.get("PYTEST_ARGS", ""))
    with tempfile.TemporaryDirectory(prefix="hidaj-tests-") as folder:
        return run(
            name,
            *(sys.executable, "-m", "pytest", "-q", f"--basetemp={folder}/t"),
            *(*options, *arguments),
            environment=environment,
        )


def test_sqlite() -> list[Result]:
    """Unit and integration tests on the embedded database."""
    environment = {"DATABASE_URL": f"sqlite:///{BASE_DIR}/var/test.sqlite3"}
    return [pytest("tests on SQLite", *PARALLEL, environment=environment)]


def test_postgres() -> list[Result]:
    """The same tests on a PostgreSQL server of their own."""
    with PostgresServer() as server:
        environment = {"DATABASE_URL": server.url}
        return [pytest("tests on PostgreSQL", *PARALLEL, environment=environment)]


def test_browser() -> list[Result]:
    """The journeys, on the embedded database."""
    need_program(CHROMIUM_NAMES, "chromium", "The journeys need a Chromium browser")
    environment = {"DATABASE_URL": f"sqlite:///{BASE_DIR}/var/test.sqlite3"}
    options = ["-m", "browser", *PARALLEL]
    return [pytest("journeys in Chromium", *options, environment=environment)]


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
    return [*lint(), *test_sqlite(), *test_postgres(), *test_browser()]


PARTS: dict[str, Callable[[], list[Result]]] = {
    "test": everything,
    "night": everything,
    "lint": lint,
    "test-sqlite": test_sqlite,
    "test-postgres": test_postgres,
    "test-browser": test_browser,
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
