"""Why a message did not arrive, as staff look for it in the list."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.ladder import BAD_NUMBERS
from notifications.models import State

# Codes with which gateways say that the recipient wants no such messages.
REFUSED_BY_RECIPIENT = ("21610", "115", "state_14")
_FAILED = Q(state=State.FAILED)
_BAD_NUMBER = Q(error_code__in=sorted(BAD_NUMBERS))
_UNWANTED = Q(error_code__in=REFUSED_BY_RECIPIENT)

REASONS = {
    "any": (
        _("Anything that did not arrive, or perhaps not"),
        Q(state__in=[State.FAILED, State.UNDELIVERED, State.UNKNOWN]),
    ),
    "number": (_("The number is wrong"), _FAILED & _BAD_NUMBER),
    "unwanted": (
        _("The recipient does not want it"),
        Q(state=State.SUPPRESSED)
        | (Q(state__in=[State.FAILED, State.UNDELIVERED]) & _UNWANTED),
    ),
    "service": (
        _("The sending service refused it or failed"),
        _FAILED & ~_BAD_NUMBER & ~_UNWANTED,
    ),
    "phone": (
        _("It did not reach the phone"),
        Q(state=State.UNDELIVERED) & ~_UNWANTED,
    ),
    "doubt": (_("The line broke; perhaps it arrived"), Q(state=State.UNKNOWN)),
    "trying": (
        _("Tried in vain, will be tried again"),
        Q(state=State.PENDING) & ~Q(error_code=""),
    ),
    "late": (_("Its time was over"), Q(state=State.EXPIRED)),
    "overtaken": (
        _("No longer true"),
        Q(state__in=[State.SUPERSEDED, State.CANCELLED]),
    ),
}


def reason_choices() -> list[tuple[str, object]]:
    """Every reason, for a filter."""
    return [(name, words) for name, (words, _rows) in REASONS.items()]
