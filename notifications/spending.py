"""How much goes out, to whom, and what it costs: limits and the month's budget.

Codes always go: they have limits of their own where they are asked for.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import F, Sum
from django.utils import timezone

from notifications import quiet_hours
from notifications.alarms import Alarm, raise_alarm
from notifications.models import Channel, OutboxMessage, SmsDay, Urgency
from persian.jalali import from_jalali, to_jalali

# At these parts of the budget staff are warned.
WARN_AT_PERCENT = (80, 100)
PRICED_BY = dt.timedelta(days=30)
# What the day's limit does not hold back.
URGENT = (Urgency.CODE, Urgency.NOW)


def next_allowed(message: OutboxMessage, now: dt.datetime) -> dt.datetime:
    """When the limits let a message go (aware); `now` when they do at once."""
    if message.channel != Channel.SMS or message.urgency == Urgency.CODE:
        return now
    waits = [now, _number_free_at(message.recipient, now)]
    if message.urgency not in URGENT and is_day_full(now):
        raise_alarm(Alarm.DAY_FULL, "", now)
        waits.append(_tomorrow(now))
    return max(waits)


def _number_free_at(recipient: str, now: dt.datetime) -> dt.datetime:
    """When a number that got its share may get the next one."""
    free_at = now
    for allowed, seconds in settings.HIDAJ_SMS_PER_NUMBER:
        window = dt.timedelta(seconds=seconds)
        sent = OutboxMessage.objects.filter(
            recipient=recipient, channel=Channel.SMS, sent_at__gt=now - window
        ).exclude(urgency=Urgency.CODE)
        first_of_share = sent.order_by("-sent_at")[allowed - 1 : allowed].first()
        if first_of_share is not None and first_of_share.sent_at:
            free_at = max(free_at, first_of_share.sent_at + window)
    return free_at


def is_day_full(now: dt.datetime) -> bool:
    """Whether today's SMS parts are used up."""
    return parts_of_day(timezone.localdate(now)) >= settings.HIDAJ_SMS_PER_DAY


def parts_of_day(on: dt.date) -> int:
    """SMS parts that all gateways took on a day of the centre."""
    total = SmsDay.objects.filter(on=on).aggregate(parts=Sum("parts"))
    return total["parts"] or 0


def _tomorrow(now: dt.datetime) -> dt.datetime:
    day = timezone.localdate(now) + dt.timedelta(days=1)
    return quiet_hours.hold(dt.datetime.combine(day, dt.time(), quiet_hours.TEHRAN))


def note(message: OutboxMessage, cost_rial: int | None, now: dt.datetime) -> None:
    """Count a message that a gateway took, in the transaction that says so.

    A gateway that tells no price is counted with the usual price of its parts.
    """
    if message.channel != Channel.SMS:
        return
    parts = max(message.parts, 1)
    price = parts * settings.HIDAJ_SMS_PART_RIAL if cost_rial is None else cost_rial
    on = timezone.localdate(now)
    before = spent_in_month(on)
    row, _is_new = SmsDay.objects.get_or_create(on=on, gateway=message.gateway)
    SmsDay.objects.filter(pk=row.pk).update(
        messages=F("messages") + 1,
        parts=F("parts") + parts,
        cost_rial=F("cost_rial") + price,
    )
    _warn(before, before + price, now)


def part_rial(now: dt.datetime) -> int:
    """What a part costs: as in the last thirty days, or by the settings before that."""
    since = timezone.localdate(now) - PRICED_BY
    taken = SmsDay.objects.filter(on__gte=since).aggregate(
        cost=Sum("cost_rial"), parts=Sum("parts")
    )
    if not taken["parts"] or not taken["cost"]:
        return int(settings.HIDAJ_SMS_PART_RIAL)
    return round(taken["cost"] / taken["parts"])


def month_start(on: dt.date) -> dt.date:
    """The first day of the Jalali month that a day belongs to."""
    year, month, _day = to_jalali(on)
    return from_jalali(year, month, 1)


def spent_in_month(on: dt.date) -> int:
    """Rial spent since the first of the Jalali month, up to and with this day."""
    days = SmsDay.objects.filter(on__gte=month_start(on), on__lte=on)
    return days.aggregate(cost=Sum("cost_rial"))["cost"] or 0


def _warn(before: int, after: int, now: dt.datetime) -> None:
    for percent in WARN_AT_PERCENT:
        edge = settings.HIDAJ_SMS_MONTH_RIAL * percent / 100
        if edge and before < edge <= after:
            raise_alarm(Alarm.BUDGET, str(percent), now)
