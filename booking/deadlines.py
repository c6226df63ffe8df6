"""How long the line waits: for an answer, for a larger party, for the start.

All moments are aware; hours are waking hours at the centre, because nobody is asked
while they sleep.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings

CENTRE_ZONE = ZoneInfo(settings.TIME_ZONE)
NEAR_START = dt.timedelta(hours=48)
# Later than this before the start nobody can be asked and still come.
LAST_OFFER_BEFORE_START = dt.timedelta(hours=3)
# An offer that is made lapses this long before the start at the latest.
LAST_ANSWER_BEFORE_START = dt.timedelta(hours=1)
# Free places wait for a larger party no longer than this before the last offers, so
# that somebody can still have them.
LAST_PATIENCE = dt.timedelta(hours=1)


def last_offer_at(starts_at: dt.datetime) -> dt.datetime:
    """From this moment on no more offers are made for what starts then."""
    return starts_at - LAST_OFFER_BEFORE_START


def offers_are_over(starts_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the start is so near that nobody is asked any more."""
    return starts_at is not None and now >= last_offer_at(starts_at)


def offer_deadline(now: dt.datetime, starts_at: dt.datetime | None) -> dt.datetime:
    """When an offer made now lapses (UTC).

    24 hours, or 3 when the start is within 48 hours. The clock stands still from
    21:30 to 08:00 at the centre; never later than the last moment at which somebody
    could still come.
    """
    deadline = _after_waking_hours(now, starts_at)
    if starts_at is not None:
        deadline = min(deadline, starts_at - LAST_ANSWER_BEFORE_START)
    return deadline


def line_moves_at(now: dt.datetime, starts_at: dt.datetime | None) -> dt.datetime:
    """Until when places that become free now wait for a party that needs more (UTC).

    As long as an offer waits for its answer, and never so long that nobody could be
    asked afterwards.
    """
    until = _after_waking_hours(now, starts_at)
    if starts_at is not None:
        until = min(until, last_offer_at(starts_at) - LAST_PATIENCE)
    return max(until, now)


def _after_waking_hours(now: dt.datetime, starts_at: dt.datetime | None) -> dt.datetime:
    hours = settings.HIDAJ_OFFER_HOURS
    if starts_at is not None and starts_at - now <= NEAR_START:
        hours = settings.HIDAJ_OFFER_HOURS_NEAR_START
    return add_waking(now, dt.timedelta(hours=hours))


def add_waking(start: dt.datetime, amount: dt.timedelta) -> dt.datetime:
    """The moment (UTC) after so much time in which people at the centre are awake."""
    moment, left = start.astimezone(CENTRE_ZONE), amount
    while True:
        opens, closes = _waking_hours(moment)
        moment = max(moment, opens)
        if moment + left <= closes:
            return (moment + left).astimezone(dt.UTC)
        left -= max(closes - moment, dt.timedelta())
        moment = _at(moment + dt.timedelta(days=1), settings.HIDAJ_QUIET_TO)


def _waking_hours(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    return _at(moment, settings.HIDAJ_QUIET_TO), _at(moment, settings.HIDAJ_QUIET_FROM)


def _at(day: dt.datetime, clock: str) -> dt.datetime:
    return dt.datetime.combine(day.date(), dt.time.fromisoformat(clock), CENTRE_ZONE)


def night_ends_at(now: dt.datetime) -> dt.datetime | None:
    """When the clock of the line goes on (UTC); None while it runs."""
    local = now.astimezone(CENTRE_ZONE)
    opens, closes = _waking_hours(local)
    if local < opens:
        return opens.astimezone(dt.UTC)
    if local >= closes:
        tomorrow = _at(local + dt.timedelta(days=1), settings.HIDAJ_QUIET_TO)
        return tomorrow.astimezone(dt.UTC)
    return None
