"""What the pages of a service say about approval, before anybody asks for a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import Person
from booking.models import ApprovalReason
from booking.request_words import answer_rule, answer_words, no_show_words
from consulting.models import Service


def rule_words(service: Service) -> list[str]:
    """The rule of a service for everyone; nothing where each time is firm at once."""
    if not service.needs_approval:
        return []
    return [_("The centre decides about each appointment of this kind."), answer_rule()]


def need_words(
    reasons: Iterable[str],
    starts_at: dt.datetime,
    reader: Person | None,
    now: dt.datetime,
) -> list[str]:
    """Why the staff decide about this appointment; `reader` when it is their own."""
    always = _("The centre decides about each appointment of this kind.")
    words = [
        no_show_words(reader, now) if reason == ApprovalReason.NO_SHOWS else always
        for reason in reasons
    ]
    return [*words, answer_words(now, starts_at)]
