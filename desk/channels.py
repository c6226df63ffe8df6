"""How the ways out are, in words and figures for staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import spending
from notifications.gateways import routing
from notifications.models import ChannelState, OutboxMessage, State
from persian.text import is_persian, to_reader_digits

DAY = dt.timedelta(days=1)
DUE_SHOWN = 15
GATEWAY_NAMES = {
    "kavenegar": gettext_lazy("Kavenegar"),
    "smsir": gettext_lazy("sms.ir"),
    "twilio": gettext_lazy("Twilio"),
    "file": gettext_lazy("A file of this machine"),
    "email": gettext_lazy("E-mail"),
}
UNITS = {
    "IRR": gettext_lazy("rial"),
    "USD": gettext_lazy("US dollars"),
    "SMS": gettext_lazy("SMS"),
}
# Why gateways refuse us as a customer, by their own codes.
REASONS = {
    **dict.fromkeys(
        ("401", "403", "407", "427", "429", "20003", "no_credentials"),
        gettext_lazy("It does not accept our key."),
    ),
    **dict.fromkeys(
        ("10", "11", "12", "13", "14", "15", "http_401", "http_403"),
        gettext_lazy("It does not accept our key."),
    ),
    **dict.fromkeys(
        ("418", "102"), gettext_lazy("The money on the account is used up.")
    ),
    **dict.fromkeys(
        ("412", "101", "123", "21606", "21659", "21705"),
        gettext_lazy("It does not accept our line."),
    ),
    **dict.fromkeys(
        ("420", "424", "113", "117", "30004", "30007"),
        gettext_lazy("It does not accept this text."),
    ),
}


@dataclass(frozen=True)
class ChannelLine:
    """One gateway: how it is now, and the last 24 hours."""

    name: str
    state: ChannelState | None
    now: dt.datetime
    counts: dict[str, int]

    @property
    def title(self) -> str:
        return gateway_title(self.name)

    @property
    def is_held(self) -> bool:
        return self.state is not None and self.state.held_at is not None

    @property
    def rests_until(self) -> dt.datetime | None:
        until = self.state.paused_until if self.state else None
        return until if until and until > self.now else None

    @property
    def why(self) -> str:
        """Why it rests, in words."""
        return reason_words(self.state.reason) if self.state else ""

    @property
    def credit(self) -> str:
        """What is left, with its unit; "" when nobody said."""
        if self.state is None or self.state.credit is None:
            return ""
        return credit_words(self.state.credit, self.state.credit_unit)

    @property
    def taken(self) -> int:
        """How many it took, whatever became of them."""
        sent = (State.ACCEPTED, State.DELIVERED, State.UNDELIVERED)
        return sum(self.counts.get(state, 0) for state in sent)

    @property
    def delivered(self) -> int:
        return self.counts.get(State.DELIVERED, 0)

    @property
    def undelivered(self) -> int:
        return self.counts.get(State.UNDELIVERED, 0)

    @property
    def failed(self) -> int:
        return self.counts.get(State.FAILED, 0)

    @property
    def in_doubt(self) -> int:
        return self.counts.get(State.UNKNOWN, 0)


def gateway_title(name: str) -> str:
    """A gateway in words."""
    return str(GATEWAY_NAMES.get(name, name))


def reason_words(code: str) -> str:
    """Why a gateway refuses us, as a sentence; "" without a code."""
    if not code:
        return ""
    known = REASONS.get(code)
    if known is not None:
        return str(known)
    return _("It refuses us (code %(code)s).") % {"code": code}


def credit_words(amount: Decimal, unit: str) -> str:
    """«۲۵۰٬۰۰۰ ریال», "12.50 US dollars"."""
    shown = f"{amount:,.2f}".removesuffix(".00")
    if is_persian():
        shown = shown.replace(",", "٬").replace(".", "٫")
    return f"{to_reader_digits(shown)} {UNITS.get(unit, unit)}"


def channel_lines(now: dt.datetime) -> list[ChannelLine]:
    """Every gateway in use, and those that sent in the last 24 hours."""
    counts = _counts(now)
    states = {state.gateway: state for state in ChannelState.objects.all()}
    names = dict.fromkeys([*routing.used(), "email", *sorted(counts)])
    return [
        ChannelLine(name, states.get(name), now, counts.get(name, {}))
        for name in names
        if name
    ]


def _counts(now: dt.datetime) -> dict[str, dict[str, int]]:
    rows = (
        OutboxMessage.objects.filter(created_at__gte=now - DAY)
        .exclude(gateway="")
        .values_list("gateway", "state")
        .annotate(number=Count("pk"))
        .order_by()
    )
    found: dict[str, dict[str, int]] = {}
    for gateway, state, number in rows:
        found.setdefault(gateway, {})[state] = number
    return found


@dataclass(frozen=True)
class Spending:
    """Today and this month, against what is allowed; a limit of 0 is none."""

    parts_today: int
    parts_allowed: int
    spent_rial: int
    budget_rial: int

    @property
    def percent(self) -> int:
        return self.spent_rial * 100 // self.budget_rial if self.budget_rial else 0

    @property
    def is_near(self) -> bool:
        """Whether staff were warned of the budget."""
        return self.percent >= min(spending.WARN_AT_PERCENT)


def spending_now(now: dt.datetime) -> Spending:
    """What was used up to now."""
    on = timezone.localdate(now)
    return Spending(
        parts_today=spending.parts_of_day(on),
        parts_allowed=settings.HIDAJ_SMS_PER_DAY,
        spent_rial=spending.spent_in_month(on),
        budget_rial=settings.HIDAJ_SMS_MONTH_RIAL,
    )


@dataclass(frozen=True)
class Due:
    """What waits to go out."""

    now: int
    in_a_day: int
    next: list[OutboxMessage]


def due_messages(now: dt.datetime) -> Due:
    """How much is due now and within 24 hours, and the next of it."""
    waiting = OutboxMessage.objects.useful(now).filter(state=State.PENDING)
    numbers = waiting.aggregate(
        now=Count("pk", filter=Q(next_attempt_at__lte=now)),
        in_a_day=Count("pk", filter=Q(next_attempt_at__lte=now + DAY)),
    )
    following = waiting.order_by("next_attempt_at", "pk")[:DUE_SHOWN]
    return Due(numbers["now"], numbers["in_a_day"], list(following))
