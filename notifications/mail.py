"""How a mail is built, and the backend that writes mails into files."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from email import encoders
from email.message import Message
from email.mime.base import MIMEBase
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation

from notifications.calendars import method_of
from notifications.gateways.base import Outgoing
from persian.text import localized

EML_BACKEND = "notifications.mail.EmlFileBackend"
ATTACHMENT = "invite.ics"


class CalendarMail(EmailMultiAlternatives):
    """A mail whose calendar part is base64: 8bit parts lose their CRLF on the way."""

    def _create_mime_attachment(self, content: bytes | str, mimetype: str) -> Message:
        if not mimetype.startswith("text/calendar"):
            made: Message = super()._create_mime_attachment(  # type: ignore[misc]
                content, mimetype
            )
            return made
        method = mimetype.partition("method=")[2]
        part = MIMEBase("text", "calendar", charset="utf-8", method=method)
        part.set_payload(content if isinstance(content, bytes) else content.encode())
        encoders.encode_base64(part)
        return part


def build_mail(outgoing: Outgoing) -> CalendarMail:
    """A mail in text and HTML, with its calendar part.

    One invitation (REQUEST or CANCEL) is both an alternative, which calendars act on,
    and an attachment, which people can open; a file of many events only the latter.
    The Message-ID comes from the message, so that a repeat is recognisable.
    """
    mail = CalendarMail(
        subject=outgoing.subject,
        body=outgoing.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[outgoing.to],
        headers={
            "Message-ID": f"<{outgoing.local_id}@{sender_domain()}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": outgoing.language,
        },
    )
    mail.attach_alternative(_html(outgoing), "text/html")
    if outgoing.calendar is not None:
        _attach_calendar(mail, outgoing.calendar)
    return mail


def _attach_calendar(mail: CalendarMail, content: bytes) -> None:
    method = method_of(content)
    if method in ("REQUEST", "CANCEL"):
        mail.attach_alternative(content.decode(), f"text/calendar; method={method}")
    mail.attach(ATTACHMENT, content, "application/ics")


def _html(outgoing: Outgoing) -> str:
    is_persian = outgoing.language.startswith("fa")
    context: dict[str, Any] = {
        "text": outgoing.text,
        "subject": outgoing.subject,
        "language": outgoing.language,
        "direction": "rtl" if is_persian else "ltr",
    }
    with translation.override(outgoing.language):
        facts = settings.HIDAJ_CENTRE
        names = ("name", "short_name", "address", "landmark")
        words = {name: localized(facts, name) for name in names}
        context["centre"] = {**facts, **words}
        return render_to_string("notifications/email.html", context)


def sender_domain() -> str:
    """The domain that our mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2]


class EmlFileBackend(BaseEmailBackend):
    """Writes each mail as one `.eml` file into the outbox folder."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the files; a mail with the same Message-ID replaces its file."""
        folder = mail_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            message = mail.message()
            _write(folder, message["Message-ID"], message.as_bytes())
        return len(email_messages)


def mail_folder() -> Path:
    """Where the mails lie."""
    return Path(settings.OUTBOX_DIR) / "mail"


def _write(folder: Path, message_id: str, content: bytes) -> None:
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", message_id).strip("_")
    descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(folder / f"{name}.eml")
