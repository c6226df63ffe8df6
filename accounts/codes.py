"""Codes sent to phones: how they are made, counted, sent and compared.

The session holds a nonce, not the code: the six digits are derived from it with the
secret key, so that neither the table of sessions nor the outbox gives a code away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import secrets
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.exceptions import AccountsError
from accounts.models import User
from core import limits
from core.limits import Limit
from core.transactions import atomic_retrying
from notifications.alarms import Alarm, raise_alarm
from notifications.services import enqueue, supersede
from persian.jalali import format_datetime, format_time
from persian.phones import display_phone

DIGITS = 6
LIFE = dt.timedelta(minutes=10)
MAX_GUESSES = 3
RESEND_AFTER_SECONDS = 120

SIGN_IN = "sign_in_code"
CHANGE_PHONE = "change_phone_code"


def new_nonce() -> str:
    """What the session keeps of a code; worthless without the secret key."""
    return secrets.token_hex(16)


def code_for(nonce: str, phone: str) -> str:
    """The six digits that belong to this nonce and this number."""
    words = f"code:{phone}:{nonce}".encode()
    raw = hmac.new(settings.SECRET_KEY.encode(), words, hashlib.sha256).digest()
    return f"{int.from_bytes(raw) % 10**DIGITS:0{DIGITS}}"


def is_right(*, nonce: str, phone: str, typed: str, now: dt.datetime) -> bool:
    """Whether these digits are the code, which allows three guesses in all.

    The guesses are counted in the database: the counter in a session would be read
    by many simultaneous requests before one of them has written it.

    Raises AccountsError (`too_many_guesses`) from the fourth guess on.
    """
    key = nonce or f"nobody:{phone}"
    allowed = limits.hit(
        scope="code_guess", key=key, limits=[(MAX_GUESSES, 24 * 3600)], now=now
    )
    if not allowed:
        raise AccountsError(
            _("Too many wrong codes. Ask for a new one."), code="too_many_guesses"
        )
    return bool(nonce) and secrets.compare_digest(code_for(nonce, phone), typed)


def network_of(address: str) -> str:
    """What one household or phone shares: an IPv4 address, or an IPv6 /64."""
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return str(ip)
    return str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)


def region_of(network: str) -> str:
    """The neighbours of a network: an IPv4 /24, or an IPv6 /48."""
    ip = ipaddress.ip_address(network)
    wide = ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False)
    return str(wide)


def count_sending(*, phone: str, network: str, now: dt.datetime) -> None:
    """Count one code against the budgets of its number, its network and the day.

    Every road to a code passes here, the resend too. Known and unknown numbers are
    treated alike. Staff are told when a network, or everybody, asks without end.

    Raises AccountsError (`too_many_codes`) that says when to try again.
    """
    full = _windows_that_are_full(phone, network, now)
    if not full:
        return
    if abused := {scope for scope, _seconds in full} - {"code_phone"}:
        raise_alarm(Alarm.CODES, min(abused), now)
    over = [seconds for _scope, seconds in full]
    stamp = int(now.timestamp())
    again_at = max((stamp // seconds + 1) * seconds for seconds in over)
    raise AccountsError(
        _(
            "Too many codes were asked for. Please try again after %(time)s, "
            "or call us: %(phone)s."
        )
        % {
            "time": _when(dt.datetime.fromtimestamp(again_at, dt.UTC), now),
            "phone": display_phone(settings.HIDAJ_CENTRE["phone"]),
        },
        code="too_many_codes",
    )


@atomic_retrying
def _windows_that_are_full(
    phone: str, network: str, now: dt.datetime
) -> list[tuple[str, int]]:
    """The exceeded windows: what they are about, and their length in seconds."""
    budgets: list[tuple[str, str, Sequence[Limit]]] = [
        ("code_phone", phone, settings.HIDAJ_CODES_PER_PHONE),
        ("code_network", network, settings.HIDAJ_CODES_PER_NETWORK),
        ("code_region", region_of(network), settings.HIDAJ_CODES_PER_REGION),
        ("code_day", "all", settings.HIDAJ_CODES_PER_DAY),
    ]
    for scope, key, budget in budgets:
        full = [
            (scope, limit[1])
            for limit in budget
            if not limits.hit(scope=scope, key=key, limits=[limit], now=now)
        ]
        if full:
            # What one number asks in vain does not use up what all others share.
            return full
    return []


def _when(moment: dt.datetime, now: dt.datetime) -> str:
    if timezone.localdate(moment) == timezone.localdate(now):
        return format_time(moment)
    return format_datetime(moment)


@atomic_retrying
def send(
    *,
    kind: str,
    user: User,
    phone: str,
    nonce: str,
    language: str,
    now: dt.datetime,
) -> None:
    """Write the code's message; an earlier one that still waits is overtaken.

    `kind` is SIGN_IN or CHANGE_PHONE. The row ends with the code, after ten minutes.
    """
    supersede(subject_kind="user", subject_id=user.pk, kinds=[kind], now=now)
    enqueue(
        kind=kind,
        subject_kind="user",
        subject_id=user.pk,
        channel="sms",
        recipient=phone,
        language=language,
        dedupe_key=f"{kind}:{uuid.uuid4()}",
        due_at=now,
        expires_at=now + LIFE,
        now=now,
        sealed={"code": code_for(nonce, phone)},
    )
