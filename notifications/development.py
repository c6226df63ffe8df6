"""Reading the files that the development gateways write."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email import message_from_binary_file, policy
from email.message import EmailMessage
from pathlib import Path

from notifications.gateways.file import read_lines, sms_file
from notifications.mail import mail_folder

SHOWN = 100


@dataclass(frozen=True)
class SentSms:
    """One line of the file."""

    to: str
    text: str
    kind: str
    at: dt.datetime
    dedupe_key: str


@dataclass(frozen=True)
class SentMail:
    """One file of the folder."""

    to: str
    subject: str
    body: str
    at: dt.datetime
    attachments: list[str]


def sms() -> list[SentSms]:
    """The newest messages first."""
    newest = reversed(read_lines(sms_file())[-SHOWN:])
    return [
        SentSms(
            to=record["to"],
            text=record["text"],
            kind=record["kind"],
            at=dt.datetime.fromisoformat(record["at"]),
            dedupe_key=record["dedupe_key"],
        )
        for record in newest
    ]


def mails() -> list[SentMail]:
    """The newest mails first."""
    files = sorted(mail_folder().glob("*.eml"), key=_written_at, reverse=True)
    return [_read(path) for path in files[:SHOWN]]


def _written_at(path: Path) -> float:
    return path.stat().st_mtime


def _read(path: Path) -> SentMail:
    with path.open("rb") as file:
        mail = message_from_binary_file(file, EmailMessage, policy=policy.default)
    body = mail.get_body(("plain",))
    return SentMail(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        body=body.get_content() if body else "",
        at=dt.datetime.fromtimestamp(_written_at(path), dt.UTC),
        attachments=[part.get_filename() or "" for part in mail.iter_attachments()],
    )
