"""Messages written into a file, one JSON object a line: for development and tests."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from notifications.gateways.base import (
    Credit,
    Fate,
    Inbound,
    ListsNoRefusals,
    Outcome,
    Outgoing,
    Report,
    SendResult,
    Sent,
)


def sms_file() -> Path:
    """Where the messages lie."""
    return Path(settings.OUTBOX_DIR) / "sms.jsonl"


def inbox_file() -> Path:
    """Where a developer's answers lie."""
    return Path(settings.OUTBOX_DIR) / "inbox.jsonl"


class FileGateway(ListsNoRefusals):
    """Appends each message to `sms.jsonl`, and reads answers from `inbox.jsonl`.

    A repeat is safe for good: the file itself says whether the line was written.
    """

    name = "file"
    is_remote = False
    repeat_window: dt.timedelta | None = dt.timedelta.max
    first_check: dt.timedelta | None = dt.timedelta()

    def send(self, outgoing: Outgoing) -> SendResult:
        """Write one line, whole or not at all, and sync it to the disk."""
        path = sms_file()
        if not (outgoing.is_repeat and _holds(path, outgoing.dedupe_key)):
            try:
                _append(path, _line(outgoing))
            except OSError as error:
                return SendResult(Outcome.TRANSIENT, code=type(error).__name__)
        return SendResult(Outcome.ACCEPTED, gateway_id=str(outgoing.local_id), cost=0)

    def reports(self, sent: Sequence[Sent]) -> list[Report]:
        """What stands in the file is delivered."""
        written = {record["dedupe_key"] for record in read_lines(sms_file())}
        return [
            Report(
                message.local_id,
                Fate.DELIVERED if message.dedupe_key in written else Fate.ABSENT,
                gateway_id=str(message.local_id),
            )
            for message in sent
        ]

    def receive(self, since: dt.datetime) -> list[Inbound]:
        """The answers in the file, oldest first."""
        found = [
            Inbound(
                gateway_id=record["id"],
                sender=record["from"],
                text=record["text"],
                at=dt.datetime.fromisoformat(record["at"]),
            )
            for record in read_lines(inbox_file())
        ]
        return [inbound for inbound in found if inbound.at >= since]

    def credit(self) -> Credit | None:
        """A file costs nothing."""
        return None


def write_answer(*, sender: str, text: str, at: dt.datetime) -> None:
    """Leave an SMS in the file as if a phone had sent it; raises OSError."""
    record = {
        "id": uuid.uuid4().hex,
        "from": sender,
        "text": text,
        "at": at.isoformat(timespec="seconds"),
    }
    _append(inbox_file(), json.dumps(record, ensure_ascii=False).encode() + b"\n")


def _line(outgoing: Outgoing) -> bytes:
    record = {
        "to": outgoing.to,
        "text": outgoing.text,
        "kind": outgoing.kind,
        "at": outgoing.at.isoformat(timespec="seconds"),
        "dedupe_key": outgoing.dedupe_key,
    }
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_APPEND | os.O_CREAT | os.O_RDWR
    descriptor = os.open(path, flags, 0o600)
    try:
        if _ends_torn(descriptor):
            line = b"\n" + line
        # One write of a short line: appenders do not mix.
        if os.write(descriptor, line) != len(line):
            raise OSError("short write")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_torn(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return bool(size) and os.pread(descriptor, 1, size - 1) != b"\n"


def _holds(path: Path, dedupe_key: str) -> bool:
    return any(record["dedupe_key"] == dedupe_key for record in read_lines(path))


def read_lines(path: Path) -> list[dict[str, str]]:
    """Every message in the file, oldest first; a torn line is left out."""
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines()
    return [record for record in map(_parse, lines) if record is not None]


def _parse(line: bytes) -> dict[str, str] | None:
    try:
        record: dict[str, str] = json.loads(line)
    except ValueError:
        return None
    return record
