"""Looking after what is left on the accounts of the gateways."""

from __future__ import annotations

import datetime as dt
import logging

from django.conf import settings
from django.db import connection

from core.transactions import atomic_retrying
from notifications.alarms import Alarm, raise_alarm
from notifications.gateways import routing
from notifications.gateways.base import Credit, GatewayError
from notifications.models import ChannelState

logger = logging.getLogger(__name__)


def look_at_credit(now: dt.datetime) -> int:
    """Ask every gateway in use what is left; returns how many answered.

    Raises RuntimeError when a remote gateway would be asked inside a transaction.
    """
    return sum(_look(name, now) for name in routing.used())


def _look(name: str, now: dt.datetime) -> bool:
    gateway = routing.gateway(name)
    if gateway.is_remote and connection.in_atomic_block:
        raise RuntimeError("no network call inside a transaction")
    try:
        credit = gateway.credit()
    except GatewayError as error:
        logger.warning("gateway %s tells no credit: %s", name, error)
        return False
    if credit is not None:
        _keep(name, credit, now)
    return credit is not None


@atomic_retrying
def _keep(name: str, credit: Credit, now: dt.datetime) -> None:
    fields = {
        "credit": credit.amount,
        "credit_unit": credit.unit,
        "credit_at": now,
    }
    ChannelState.objects.update_or_create(gateway=name, defaults=fields)
    if credit.amount < settings.HIDAJ_LOW_CREDIT.get(credit.unit, 0):
        raise_alarm(Alarm.CREDIT, name, now)
