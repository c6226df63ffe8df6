"""The way that a message takes, and ways that rest."""

from __future__ import annotations

import datetime as dt

from notifications.gateways import routing
from notifications.gateways.base import Gateway
from notifications.gateways.email import EmailGateway
from notifications.models import Channel, ChannelState, OutboxMessage

# How long a gateway rests that refuses us as a customer: its staff or ours have to do
# something, and hammering it helps nobody.
REST = dt.timedelta(minutes=10)


def gateway_for(message: OutboxMessage) -> Gateway:
    """The gateway of a message.

    One that may already have it keeps it: only there can a repeat be recognised.

    Raises LookupError when no route serves the recipient.
    """
    if message.channel == Channel.EMAIL:
        return EmailGateway()
    if message.first_call_at and message.gateway:
        return routing.gateway(message.gateway)
    return routing.gateway(routing.gateway_name(message.recipient))


def repeat_window_of(name: str) -> dt.timedelta | None:
    """How long the gateway of this name recognises a repeat; None for "never".

    A row may name a gateway that a later release has no more.
    """
    if name == EmailGateway.name:
        return EmailGateway().repeat_window
    is_known = name in routing.GATEWAYS
    return routing.gateway(name).repeat_window if is_known else None


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
    """Let a gateway rest; returns until when."""
    until = now + REST
    ChannelState.objects.update_or_create(
        gateway=gateway, defaults={"paused_until": until, "reason": reason[:60]}
    )
    return until


def paused_until(gateway: str, now: dt.datetime) -> dt.datetime | None:
    """The end of the rest of a gateway that rests now."""
    resting = ChannelState.objects.filter(gateway=gateway, paused_until__gt=now)
    return resting.values_list("paused_until", flat=True).first()
