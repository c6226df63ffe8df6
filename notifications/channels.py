"""The way that a message takes, and ways that rest."""

from __future__ import annotations

import datetime as dt

from core.transactions import atomic_retrying
from notifications import kinds
from notifications.alarms import Alarm, raise_alarm
from notifications.gateways import routing
from notifications.gateways.base import Gateway
from notifications.gateways.email import EmailGateway
from notifications.models import Channel, ChannelState, OutboxMessage, Urgency

# How long a gateway rests that refuses us as a customer: its staff or ours have to do
# something, and hammering it helps nobody.
REST = dt.timedelta(minutes=10)
HELD_LOOK = dt.timedelta(minutes=1)
# So often a route fails in vain before the next one is tried.
ATTEMPTS_ON_A_ROUTE = 2


def ways_of(message: OutboxMessage) -> list[str]:
    """The gateways of an SMS, the usual one first; raises LookupError without any."""
    purpose = kinds.get(message.kind).purpose
    return routing.ways(message.recipient, purpose)


def gateway_for(message: OutboxMessage, now: dt.datetime) -> Gateway:
    """The gateway of a message: the first of its routes that does not rest.

    One that may already have it keeps it: only there can a repeat be recognised.

    Raises LookupError when no route serves the recipient.
    """
    if message.channel == Channel.EMAIL:
        return EmailGateway()
    if message.first_call_at and message.gateway:
        return routing.gateway(message.gateway)
    names = ways_of(message)
    names = names[message.route % len(names) :]
    awake = (name for name in names if paused_until(name, now) is None)
    return routing.gateway(next(awake, names[0]))


def next_route(message: OutboxMessage) -> int:
    """The route of the next attempt: somebody waits for a code, so it changes often."""
    every = 1 if message.urgency == Urgency.CODE else ATTEMPTS_ON_A_ROUTE
    is_sms = message.channel == Channel.SMS
    if not is_sms or message.attempts % every:
        return message.route
    return (message.route + 1) % len(ways_of(message))


def repeat_window_of(name: str) -> dt.timedelta | None:
    """How long the gateway of this name recognises a repeat; None for "never".

    A row may name a gateway that a later release has no more.
    """
    if name == EmailGateway.name:
        return EmailGateway().repeat_window
    is_known = name in routing.GATEWAYS
    return routing.gateway(name).repeat_window if is_known else None


def is_past_repeating(message: OutboxMessage, now: dt.datetime) -> bool:
    """Whether it may be out, and its gateway would not recognise a repeat any more."""
    if message.first_call_at is None:
        return False
    window = repeat_window_of(message.gateway)
    return window is None or now - message.first_call_at >= window


def first_check_at(name: str, now: dt.datetime) -> dt.datetime | None:
    """When a gateway that took a message is asked what became of it."""
    if name not in routing.GATEWAYS:
        return None
    after = routing.gateway(name).first_check
    return now + after if after is not None else None


def links_allowed(gateway: str) -> bool:
    """Whether the wording with a link may go this way."""
    return routing.allows_links(gateway)


def pause(*, gateway: str, reason: str, now: dt.datetime) -> dt.datetime:
    """Let a gateway rest and tell staff; returns until when."""
    until = now + REST
    ChannelState.objects.update_or_create(
        gateway=gateway, defaults={"paused_until": until, "reason": reason[:60]}
    )
    raise_alarm(Alarm.CHANNEL, gateway, now)
    return until


def paused_until(gateway: str, now: dt.datetime) -> dt.datetime | None:
    """The end of the rest of a gateway that rests now.

    One that staff stopped is looked at again soon: they may let it go on any time.
    """
    state = ChannelState.objects.filter(gateway=gateway).first()
    if state is None:
        return None
    ends = [until for until in (state.paused_until,) if until and until > now]
    if state.held_at is not None:
        ends.append(now + HELD_LOOK)
    return max(ends, default=None)


@atomic_retrying
def hold(*, gateway: str, now: dt.datetime) -> None:
    """Stop a gateway by hand; its messages take the next route, or wait."""
    ChannelState.objects.update_or_create(gateway=gateway, defaults={"held_at": now})


@atomic_retrying
def release(*, gateway: str) -> None:
    """Let a gateway go on, whoever stopped it."""
    fields = {"held_at": None, "paused_until": None, "reason": ""}
    ChannelState.objects.filter(gateway=gateway).update(**fields)
