"""The real site as processes of its own, on a throw-away database.

A test gets `live_site`, a function that starts one:

    site = live_site(workers=4, worker=True)      # gunicorn x4, an RQ worker
    requests.get(site.url)
    site.manage("audit")                          # any manage.py command
    site.sql("SELECT count(*) FROM booking_party")

The database is of the kind that the tests run on: a SQLite file, or a new database on
the PostgreSQL server of DATABASE_URL. It is a copy of a template that is migrated once
per session. Nothing of it is visible to the test's own ORM.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

from config.serve import Child, free_port

BASE_DIR = Path(__file__).resolve().parents[2]
START_SECONDS = 120
TEST_SECRET = "a-key-of-a-site-under-test-that-is-long-enough-to-be-accepted"

_numbers = itertools.count(1)


class CommandFailed(AssertionError):
    """A manage.py command of the site ended with an error; the text is its output."""


@dataclass
class Databases:
    """Makes databases of one kind, each a copy of a migrated template.

    `empty` is the address of a migrated one where there is one already.
    """

    url: str
    folder: Path
    empty: str = ""

    @property
    def is_postgres(self) -> bool:
        """Whether sites get a PostgreSQL database rather than a SQLite file."""
        return self.url.startswith("postgres")

    def make_empty(self) -> str:
        """Migrate the empty template and give its address, for other processes."""
        with self._lock():
            self._need_template("empty")
            return self._url("empty")

    def fresh(self, template: str) -> str:
        """A copy of the template, as a DATABASE_URL; the template is made once."""
        with self._lock():
            self._need_template(template)
            return self._copy(template, f"{os.getpid()}_{next(_numbers)}")

    def name_of(self, url: str) -> str:
        """A copy's name on its server, or the path of its file."""
        if self.is_postgres:
            return urllib.parse.urlsplit(url).path.lstrip("/")
        return url.removeprefix("sqlite:///")

    def drop(self, url: str) -> None:
        """Remove a copy."""
        name = self.name_of(url)
        if self.is_postgres:
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        for end in ("", "-wal", "-shm", "-queue"):
            Path(name + end).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _name(self, name: str) -> str:
        # The folder is new in each session, so names of sessions cannot meet.
        mark = f"{self.folder.stat().st_ino:x}"
        return f"site_{mark}_{name}"

    def _url(self, name: str) -> str:
        if name == "empty" and self.empty:
            return self.empty
        if self.is_postgres:
            return self.url.rsplit("/", 1)[0] + f"/{self._name(name)}"
        return f"sqlite:///{self.folder / name}.sqlite3"

    def _need_template(self, template: str) -> None:
        """Make a template unless it is there; the demo centre grows in an empty one."""
        is_given = template == "empty" and self.empty
        if is_given or (self.folder / f"{template}.ready").exists():
            return
        if template == "demo":
            self._need_template("empty")
            environment = site_environment(self._copy("empty", "demo"), self.folder)
            manage(environment, "seed_demo")
        else:
            if self.is_postgres:
                self._execute(f'CREATE DATABASE "{self._name(template)}"')
            environment = site_environment(self._url(template), self.folder)
            manage(environment, "migrate", "--no-input", "-v", "0")
            manage(environment, "createcachetable")
        (self.folder / f"{template}.ready").touch()

    def _copy(self, template: str, name: str) -> str:
        source, target = (self.name_of(self._url(one)) for one in (template, name))
        if self.is_postgres:
            self._execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
            return self._url(name)
        with (
            contextlib.closing(sqlite3.connect(source)) as source_file,
            contextlib.closing(sqlite3.connect(target)) as target_file,
        ):
            source_file.backup(target_file)
        return self._url(name)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(_libpq(self.url), autocommit=True) as connection:
            connection.execute(statement)


@dataclass
class Site:
    """A running site; see the module's text."""

    url: str
    database_url: str
    redis_url: str
    folder: Path
    environment: dict[str, str]
    processes: dict[str, Child] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """Run a manage.py command on this site's data and give what it printed.

        Raises CommandFailed when it exits with another code than 0.
        """
        return manage(self.environment, *arguments)

    def python(self, code: str) -> str:
        """Run Python code with the site's ORM (`tests.factories` can be imported)."""
        return self.manage("shell", "-v", "0", "-c", code)

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query, with %s for parameters, in a connection of its own."""
        if self.database_url.startswith("postgres"):
            with psycopg.connect(
                _libpq(self.database_url), autocommit=True
            ) as database:
                cursor = database.execute(query, parameters or None)
                return cursor.fetchall() if cursor.description else []
        path = self.database_url.removeprefix("sqlite:///")
        with (
            contextlib.closing(sqlite3.connect(path, timeout=60)) as database,
            database,
        ):
            return database.execute(query.replace("%s", "?"), parameters).fetchall()

    def messages(self) -> list[dict[str, Any]]:
        """What the file gateway has sent, oldest first."""
        path = self.folder / "outbox" / "sms.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def wait_for_message(self, to: str, contains: str = "") -> dict[str, Any]:
        """The newest message to a number, waiting up to 60 s for one.

        Raises AssertionError with what was sent when none comes.
        """
        until = time.monotonic() + 60
        while time.monotonic() < until:
            for message in reversed(self.messages()):
                if message["to"] == to and contains in message["text"]:
                    return message
            time.sleep(0.1)
        raise AssertionError(f"no message to {to}; sent: {self.messages()}")

    def signed_in(self, phones: Sequence[str]) -> list[requests.Session]:
        """A client for each number, signed in as that user (made when missing).

        The session is written straight to the database, so that a rush of people does
        not meet the limits on sign-in codes, which have tests of their own.
        """
        code = f"from tests.support.sessions import sign_in; sign_in({list(phones)!r})"
        lines = self.python(code).strip().splitlines()
        clients = []
        for line in lines[-len(phones) :]:
            client = requests.Session()
            client.cookies.set("sessionid", line, domain="127.0.0.1", path="/")
            clients.append(client)
        return clients

    def log(self, name: str = "web") -> str:
        """What a process has printed: web, worker or tick."""
        path = self.folder / f"{name}.log"
        return (
            path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        )

    def start(self, name: str, *command: str) -> Child:
        """Start another process of the site, for example `start("tick", …)`."""
        child = Child(name, [sys.executable, *command], folder=self.folder)
        child.start(self.environment)
        self.processes[name] = child
        return child

    def start_web(self, application: str = "config.wsgi") -> Child:
        """Start gunicorn; `wait_until_ready` waits for its first answer."""
        return self.start(
            "web", "-m", "gunicorn", "-c", "config/gunicorn.py", application
        )

    def start_worker(self) -> Child:
        """Start `manage.py rqworker`."""
        return self.start("worker", "manage.py", "rqworker", "codes", "default")

    def start_tick(self, seconds: int = 1) -> Child:
        """Start the tick with a pause of so many seconds."""
        return self.start("tick", "manage.py", "tick", "--loop", str(seconds))

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        """End a process, with all that it started, and wait until it is gone."""
        self.processes.pop(name).end(number)

    def stop(self) -> None:
        """End every process."""
        for child in self.processes.values():
            child.send(signal.SIGTERM)
        for name in list(self.processes):
            self.end(name)


def build_static(folder: Path) -> None:
    """Collect the static files once, whichever test process comes first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "static.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "config.prepare", "build"]
        environment = site_environment("sqlite://:memory:", BASE_DIR / "var")
        subprocess.run(command, cwd=BASE_DIR, env=environment, check=True)


def share_static(folder: Path) -> None:
    """Let a site's VAR_DIR use the static files that `build_static` made."""
    built = BASE_DIR / "var"
    (folder / "static").symlink_to(built / "static", target_is_directory=True)
    shutil.copyfile(built / "static.stamp", folder / "static.stamp")


def site_environment(database_url: str, folder: Path) -> dict[str, str]:
    """The environment of a site's processes, without `.env` and the tests' settings."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "TMPDIR", "HIDAJ_NIGHT")
        if name in os.environ
    }
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ENV_FILE": os.devnull,
        "PYTHONPATH": str(BASE_DIR),
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": TEST_SECRET,
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run manage.py; see `Site.manage`."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise CommandFailed(f"{arguments}: {done.stdout}\n{done.stderr}")
    return done.stdout


def start_site(
    databases: Databases,
    redis_url: str,
    *,
    workers: int = 2,
    demo: bool = False,
    worker: bool = False,
    tick: bool = False,
    env: dict[str, str] | None = None,
) -> Site:
    """Start gunicorn (and what else is asked for) and wait for the first answer.

    Without web workers the site is only its database and its commands.
    """
    folder = databases.folder / f"site-{os.getpid()}-{next(_numbers)}"
    folder.mkdir(parents=True)
    share_static(folder)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database_url = databases.fresh("demo" if demo else "empty")
    environment = {
        **site_environment(database_url, folder),
        "REDIS_URL": redis_url,
        "PUBLIC_BASE_URL": url,
        "WEB_CONCURRENCY": str(workers),
        "BIND": f"127.0.0.1:{port}",
        **(env or {}),
    }
    site = Site(url, database_url, environment["REDIS_URL"], folder, environment)
    try:
        if workers:
            site.start_web()
        if worker:
            site.start_worker()
        if tick:
            site.start_tick()
        if workers:
            wait_until_ready(site)
    except BaseException:
        stop_site(databases, site)
        raise
    return site


def wait_until_ready(site: Site) -> None:
    """Return at the first answer; raises RuntimeError with the log when none comes."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and site.processes["web"].is_running():
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{site.url}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the site did not start: {site.log()[-3000:]}")


def stop_site(databases: Databases, site: Site) -> None:
    """End the site and remove its database and files."""
    site.stop()
    databases.drop(site.database_url)
    shutil.rmtree(site.folder, ignore_errors=True)


def _libpq(url: str) -> str:
    return url.replace("postgres://", "postgresql://", 1)
