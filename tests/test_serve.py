"""`make run`: what it starts stays alive, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from config import assets
from config.gunicorn import masked
from config.serve import free_port
from tests.support.site import BASE_DIR, Databases, share_static, site_environment

Served = tuple[subprocess.Popen[bytes], str, Path]


def wait_until(is_true: Callable[[], object], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.1)


def children(pid: int) -> dict[int, str]:
    found = {}
    for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        words = Path(f"/proc/{line}/cmdline").read_bytes().split(b"\0")
        found[int(line)] = b" ".join(words).decode()
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def served(
    databases: Databases, static_files: None, tmp_path: Path
) -> Iterator[Served]:
    """The supervisor with the demo centre, its address, and what it prints."""
    share_static(tmp_path)
    database_url = databases.fresh("demo")
    port = free_port()
    environment = {
        **site_environment(database_url, tmp_path),
        "PORT": str(port),
    }
    printed = tmp_path / "printed"
    with printed.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.serve"],
            cwd=BASE_DIR,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: "The site is at" in printed.read_text(), 180)
    yield process, url, printed
    if process.poll() is None:
        process.terminate()
    process.wait(30)
    databases.drop(database_url)


def test_serve_restarts_what_dies_and_ends_all_when_told(served: Served):
    process, url, printed = served
    before = children(process.pid)
    (worker,) = (pid for pid, words in before.items() if "rqworker" in words)

    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: len(set(children(process.pid)) - {worker}) == 4)
    after = children(process.pid)
    assert set(before) - {worker} < set(after)
    assert requests.get(url, timeout=30).status_code == 200

    process.send_signal(signal.SIGINT)

    process.wait(30)
    assert [pid for pid in {*before, *after} if is_alive(pid)] == []
    assert "worker ended (-9)" in printed.read_text()
    assert f"The site is at {url}" in printed.read_text()


def test_serve_that_is_killed_leaves_no_process(served: Served):
    process, _, _ = served
    started = children(process.pid)

    process.kill()

    process.wait(10)
    wait_until(lambda: not any(is_alive(pid) for pid in started))


def test_serve_says_that_the_port_is_taken(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        environment = {**site_environment("", tmp_path), "PORT": str(port)}

        done = subprocess.run(
            [sys.executable, "-m", "config.serve"],
            cwd=BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )

    assert done.returncode != 0
    assert f"Port {port} is taken" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /calendar/0123456789abcdef.ics HTTP/1.1", "GET /calendar/….ics HTTP/1.1"),
        ("POST /webhooks/twilio/status?x=1 HTTP/1.1", "POST /webhooks/… HTTP/1.1"),
        ("GET /runs/?q=09123456789 HTTP/1.1", "GET /runs/ HTTP/1.1"),
        (
            "GET /courses/pattern-making/ HTTP/1.1",
            "GET /courses/pattern-making/ HTTP/1.1",
        ),
    ],
)
def test_access_log_masks_what_opens_something(line: str, shown: str):
    assert masked(line) == shown


def test_assets_are_those_that_pages_ask_for():
    assert assets.missing_assets(BASE_DIR) == []
