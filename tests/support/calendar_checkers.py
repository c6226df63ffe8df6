"""Readers of calendar files that share no code with the one that wrote them.

`libical_faults` asks the reference library for RFC 5545 and iTIP, `ical_js_events` the
engine of Thunderbird, `CalendarServer` a CalDAV server through its client. Each says
loudly what to install when it is missing.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import caldav
import requests

from config.serve import free_port

BASE_DIR = Path(__file__).resolve().parents[2]
LIBICAL = "libical3"
START_SECONDS = 60
FAULT = re.compile(r"X-LIC-ERROR[^:]*:(.*)")

READ_WITH_ICAL_JS = """
const ICAL = require(process.argv[1]);
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = (text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone"))
    ICAL.TimezoneService.register(zone);
  return calendar.getAllSubcomponents("vevent").map((one) => {
    const event = new ICAL.Event(one);
    return {
      uid: event.uid,
      summary: event.summary,
      start: event.startDate.toJSDate().toISOString(),
    };
  });
};
console.log(JSON.stringify(texts.map(read)));
"""


def libical_is_there() -> bool:
    """Whether the shared library of libical can be loaded."""
    return ctypes.util.find_library("ical") is not None


@cache
def _libical() -> ctypes.CDLL:
    name = ctypes.util.find_library("ical")
    if name is None:
        sentence = "Calendar files are checked with libical. On Debian and Ubuntu:"
        raise AssertionError(f"{sentence} apt-get install {LIBICAL}")
    library = ctypes.CDLL(name)
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    library.icalparser_parse_string.restype = ctypes.c_void_p
    for function in ("icalcomponent_count_errors", "icalrestriction_check"):
        getattr(library, function).argtypes = [ctypes.c_void_p]
    library.icalcomponent_as_ical_string.argtypes = [ctypes.c_void_p]
    library.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    library.icalcomponent_free.argtypes = [ctypes.c_void_p]
    library.icalcomponent_free.restype = None
    return library


def libical_faults(content: bytes) -> list[str]:
    """What libical finds wrong in a file, by its grammar and by the rules of iTIP."""
    library = _libical()
    component = library.icalparser_parse_string(content)
    if not component:
        return ["not a calendar"]
    try:
        passes = library.icalrestriction_check(component)
        if passes and not library.icalcomponent_count_errors(component):
            return []
        shown = library.icalcomponent_as_ical_string(component).decode()
        return FAULT.findall(shown.replace("\r\n ", "")) or ["refused without a word"]
    finally:
        library.icalcomponent_free(component)


def ical_js_events(contents: list[bytes]) -> list[list[dict[str, str]]]:
    """The events of each file as ical.js reads them; times are ISO strings in UTC."""
    package = BASE_DIR / "node_modules" / "ical.js" / "dist" / "ical.es5.cjs"
    node = shutil.which("node") or shutil.which(
        "node", path=Path(sys.executable).parent
    )
    if node is None or not package.exists():
        raise AssertionError("ical.js or Node.js is missing: run `make test` once")
    read = subprocess.run(
        [node, "-e", READ_WITH_ICAL_JS, str(package)],
        input=json.dumps([content.decode() for content in contents]).encode(),
        capture_output=True,
        timeout=60,
    )
    if read.returncode:
        raise AssertionError(read.stderr.decode())
    events: list[list[dict[str, str]]] = json.loads(read.stdout)
    return events


@contextmanager
def calendar_server() -> Iterator[caldav.Principal]:
    """A real CalDAV server on loopback, and somebody who may keep calendars on it."""
    with tempfile.TemporaryDirectory(prefix="hidaj-caldav-") as folder:
        url = f"http://127.0.0.1:{free_port()}/"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "radicale", "--config", ""),
                *("--storage-filesystem-folder", folder, "--auth-type", "none"),
                *("--server-hosts", url.split("/")[2]),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(url, process)
            with caldav.DAVClient(url, username="reader", password="-") as client:
                yield client.principal()
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the CalDAV server did not start")
