"""E-mail as one more way out."""

from __future__ import annotations

import datetime as dt
import smtplib

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications.gateways.base import Mute, Outcome, Outgoing, SendResult
from notifications.mail import EML_BACKEND, build_mail

_CONFIGURATION = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPNotSupportedError,
)
# Django's own backends without a network behind them.
_LOCAL = {
    EML_BACKEND,
    "django.core.mail.backends.console.EmailBackend",
    "django.core.mail.backends.dummy.EmailBackend",
    "django.core.mail.backends.filebased.EmailBackend",
    "django.core.mail.backends.locmem.EmailBackend",
}


class EmailGateway(Mute):
    """Hands one mail to Django's e-mail backend: SMTP, or files in development.

    A repeated mail would arrive twice; a repeated file replaces itself, because its
    name comes from the message.
    """

    name = "email"

    @property
    def is_remote(self) -> bool:
        """Whether a network is behind the backend."""
        return settings.EMAIL_BACKEND not in _LOCAL

    @property
    def repeat_window(self) -> dt.timedelta | None:
        """Our files may be written again at any time, mails never."""
        is_ours = settings.EMAIL_BACKEND == EML_BACKEND
        return dt.timedelta.max if is_ours else None

    def send(self, outgoing: Outgoing) -> SendResult:
        """Hand one mail over: EMAIL_TIMEOUT seconds for each step of the dialogue."""
        backend = get_connection()
        try:
            backend.open()
        except _CONFIGURATION as error:
            return SendResult(Outcome.CONFIGURATION, code=type(error).__name__)
        except (OSError, smtplib.SMTPException) as error:
            return SendResult(Outcome.TRANSIENT, code=type(error).__name__)
        try:
            return _hand_over(backend, outgoing)
        finally:
            backend.close()


def _hand_over(backend: BaseEmailBackend, outgoing: Outgoing) -> SendResult:
    try:
        backend.send_messages([build_mail(outgoing)])
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _ in error.recipients.values())
        return SendResult(_by_code(code), code=str(code))
    except _CONFIGURATION as error:
        return SendResult(Outcome.CONFIGURATION, code=type(error).__name__)
    except smtplib.SMTPResponseException as error:
        return SendResult(_by_code(error.smtp_code), code=str(error.smtp_code))
    except (OSError, smtplib.SMTPException) as error:
        return SendResult(Outcome.UNKNOWN, code=type(error).__name__)
    return SendResult(Outcome.ACCEPTED, gateway_id=str(outgoing.local_id))


def _by_code(code: int) -> Outcome:
    """4xx says "later", 5xx says "never" (RFC 5321, section 4.2.1)."""
    return Outcome.TRANSIENT if 400 <= code < 500 else Outcome.PERMANENT
