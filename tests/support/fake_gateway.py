"""The far end of both gateways on loopback, able to misbehave.

`mode` says what happens to the next requests: accept, hang (accept, but never
answer), drop (accept, then close the connection), limit (429 with Retry-After),
error (500), html (502 with a page), or a number: refuse with this code of the
gateway. Kavenegar's side knows a `localid` again and then sends nothing more.
"""

from __future__ import annotations

import functools
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

HANG_SECONDS = 60


@dataclass
class FakeGateway:
    """A server in a thread; `posts` are the requests, `sent` what people would get."""

    mode: str | int = "accept"
    entry_state: int = 1
    posts: list[dict[str, str]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"fake": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        serve = functools.partial(self.server.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, form: dict[str, str]) -> int:
        """Send a message, once for a `localid`; returns its number here."""
        local_ids = [message.get("localid") for message in self.sent]
        if form.get("localid") in local_ids and "localid" in form:
            return local_ids.index(form["localid"]) + 1
        self.sent.append(form)
        return len(self.sent)


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGateway

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = dict(parse_qsl(self.rfile.read(length).decode()))
        form["path"] = self.path
        self.fake.posts.append(form)
        self.fake.arrived.set()
        is_kavenegar = self.path.startswith("/v1/")
        self._behave(form, _Kavenegar if is_kavenegar else _Twilio)

    def _behave(self, form: dict[str, str], dialect: type[_Dialect]) -> None:
        mode = self.fake.mode
        actions: dict[str | int, Callable[[], None]] = {
            "accept": lambda: self._accept(form, dialect),
            "hang": lambda: self._take_and_hang(form),
            "drop": lambda: self._take_and_drop(form),
            "limit": lambda: self._answer(*dialect.limited(), retry_after="40"),
            "error": lambda: self._answer(500, {}),
            "html": lambda: self._answer(502, "<html>Bad gateway</html>"),
        }
        refuse = dialect.refused
        action = actions.get(mode, lambda: self._answer(*refuse(int(mode))))
        action()

    def _accept(self, form: dict[str, str], dialect: type[_Dialect]) -> None:
        number = self.fake.take(form)
        self._answer(*dialect.accepted(number, self.fake.entry_state))

    def _take_and_hang(self, form: dict[str, str]) -> None:
        self.fake.take(form)
        self.fake.released.wait(HANG_SECONDS)

    def _take_and_drop(self, form: dict[str, str]) -> None:
        self.fake.take(form)
        self.close_connection = True

    def _answer(self, status: int, body: object, retry_after: str = "") -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        content = text.encode()
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the test output quiet."""


Answer = tuple[int, dict[str, object]]


class _Dialect(ABC):
    @staticmethod
    @abstractmethod
    def accepted(number: int, state: int) -> Answer: ...

    @staticmethod
    @abstractmethod
    def limited() -> Answer: ...

    @staticmethod
    @abstractmethod
    def refused(code: int) -> Answer: ...


class _Kavenegar(_Dialect):
    @staticmethod
    def accepted(number: int, state: int) -> Answer:
        entry = {"messageid": number, "status": state, "cost": 1200}
        return 200, {"return": {"status": 200, "message": ""}, "entries": [entry]}

    @staticmethod
    def limited() -> Answer:
        return _Kavenegar.refused(451)

    @staticmethod
    def refused(code: int) -> Answer:
        return code, {"return": {"status": code, "message": ""}, "entries": None}


class _Twilio(_Dialect):
    @staticmethod
    def accepted(number: int, state: int) -> Answer:
        return 201, {"sid": f"SM{number:032}", "status": "accepted"}

    @staticmethod
    def limited() -> Answer:
        return 429, {"code": 20429, "message": "Too many requests", "status": 429}

    @staticmethod
    def refused(code: int) -> Answer:
        status = 401 if code == 20003 else 400
        return status, {"code": code, "message": "refused", "status": status}
