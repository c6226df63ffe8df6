"""The nightly audit, kept for the board and said in plain words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from core.audit import run_audit

CACHE_KEY = "desk.audit"
KEPT_SECONDS = 14 * 24 * 3600
LINES_KEPT = 20

# What a broken invariant means for the centre, by its number in docs/invariants.md.
PLAIN = {
    1: _("The number of taken places does not match the bookings."),
    2: _("Somebody stands twice in the same course or consultation."),
    3: _("A person, room or machine is taken twice at the same time."),
    4: _("A place is free although people are waiting."),
    5: _("An offer from the waiting list does not add up."),
    6: _("A change of a booking has no record."),
    7: _("A message went out twice, too late, or against the recipient's wish."),
    8: _("People were not told of a change."),
    9: _("A form was answered, but what it made is missing."),
    11: _("A calendar entry has a wrong version."),
    12: _("A time does not match the wall clock."),
    14: _("A code that should be blanked can still be read."),
    16: _("A request for approval was decided wrongly or waits too long."),
    17: _("A booking ended before its time, or not at all."),
}
OTHER = _("A check of the data found something wrong.")


@dataclass(frozen=True)
class Finding:
    """A broken rule: its sentence, and the lines with ids for the administrator."""

    words: str
    lines: list[str]


@dataclass(frozen=True)
class LastAudit:
    """What the last audit found; no finding means that all is well."""

    at: dt.datetime
    findings: list[Finding]


def audit_and_keep(now: dt.datetime) -> int:
    """Run every check and keep the result; returns how many rules are broken."""
    found: dict[int, list[str]] = {}
    for result in run_audit():
        if result.violations:
            lines = found.setdefault(result.invariant, [])
            lines += [f"{result.name}: {line}" for line in result.violations]
    kept = {number: lines[:LINES_KEPT] for number, lines in found.items()}
    cache.set(CACHE_KEY, {"at": now, "found": kept}, KEPT_SECONDS)
    return len(found)


def last_audit() -> LastAudit | None:
    """The kept result; None when no audit ran in the last two weeks."""
    kept = cache.get(CACHE_KEY)
    if kept is None:
        return None
    findings = [
        Finding(str(PLAIN.get(number, OTHER)), lines)
        for number, lines in sorted(kept["found"].items())
    ]
    return LastAudit(at=kept["at"], findings=findings)
