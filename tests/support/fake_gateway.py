"""The far end of every gateway on loopback, able to misbehave.

`mode` says what happens to the next messages: accept, hang (accept, but never answer),
drop (accept, then close the connection), limit (429 with Retry-After), error (500),
html (502 with a page), or a number: refuse with this code of the gateway.
`reading` says the same of questions (what became of it, what came in, what is left).
Kavenegar's side knows a `localid` again and then sends nothing more.
"""

from __future__ import annotations

import functools
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.support.fake_dialects import Dialect, Kavenegar, SmsIr, Twilio

HANG_SECONDS = 60
_counting = threading.Lock()


@dataclass
class FakeGateway:
    """A server in a thread; `posts` are the requests, `sent` what people would get.

    `fates` holds the state of a message by its number here (from 1), in the words of
    the gateway; `inbox` what people answered; `blocked` who sent 11; `questions` what
    was asked; `delay` is the seconds after which a message is answered.
    """

    mode: str | int = "accept"
    reading: str | int = "accept"
    entry_state: int = 1
    posts: list[dict[str, str]] = field(default_factory=list)
    questions: list[dict[str, str]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    fates: dict[int, Any] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    credit: int = 250_000
    delay: float = 0.0
    numbers: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"fake": self})
        self.server = _Server(("127.0.0.1", 0), handler)
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
        with self.lock:
            known = self.numbers.get(form.get("localid", ""))
            if known is not None:
                return known
            self.sent.append(form)
            if "localid" in form:
                self.numbers[form["localid"]] = len(self.sent)
            return len(self.sent)

    def settle(self) -> None:
        """Return when every request that was on its way here has been handled.

        Connections are accepted in their order, so that one of our own comes last.
        """
        before = self.server.accepted
        socket.create_connection(self.server.server_address[:2]).close()
        while self.server.accepted == before or self.server.handled < before:
            time.sleep(0.01)

    def forget(self) -> None:
        """What was sent up to now has never been."""
        for told in (self.posts, self.sent, self.numbers):
            told.clear()

    def answer(self, sender: str, text: str, at: int) -> None:
        """A phone sends us something, at a Unix time."""
        self.inbox.append({"id": len(self.inbox) + 1, "from": sender, "text": text})
        self.inbox[-1]["at"] = at


class _Server(ThreadingHTTPServer):
    """Counts its connections."""

    daemon_threads = True
    accepted = 0
    handled = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        self.accepted += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        with _counting:
            self.handled += 1


class _Handler(BaseHTTPRequestHandler):
    fake: FakeGateway

    def do_POST(self) -> None:
        form = self._form()
        dialect = self._dialect()
        if dialect.is_question(form):
            self._be_asked(form, dialect)
            return
        self.fake.posts.append(form)
        self.fake.arrived.set()
        self._behave(self.fake.mode, form, dialect)

    def do_GET(self) -> None:
        self._be_asked(dict(parse_qsl(urlsplit(self.path).query)), self._dialect())

    def _form(self) -> dict[str, str]:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        is_json = "json" in self.headers.get("Content-Type", "")
        form = json.loads(body) if is_json else dict(parse_qsl(body))
        return {**form, "path": self.path}

    def _dialect(self) -> type[Dialect]:
        if self.path.startswith("/2010-"):
            return Twilio
        return SmsIr if "X-API-KEY" in self.headers else Kavenegar

    def _be_asked(self, form: dict[str, str], dialect: type[Dialect]) -> None:
        question = {**form, "path": urlsplit(self.path).path}
        self.fake.questions.append(question)
        if self.fake.reading == "accept":
            self._answer(*dialect.answered(self.fake, question))
        else:
            self._behave(self.fake.reading, {}, dialect)

    def _behave(
        self, mode: str | int, form: dict[str, str], dialect: type[Dialect]
    ) -> None:
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

    def _accept(self, form: dict[str, str], dialect: type[Dialect]) -> None:
        number = self.fake.take(form)
        time.sleep(self.fake.delay)
        self._answer(*dialect.accepted(number, self.fake.entry_state))

    def _take_and_hang(self, form: dict[str, str]) -> None:
        if form:
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
