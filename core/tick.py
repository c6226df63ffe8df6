"""The periodic tick: it may run late, twice, or twice at once."""

from __future__ import annotations

import datetime as dt
import logging

from django.db.models import Q

from core.models import Heartbeat
from core.registry import TickStep, registry

logger = logging.getLogger(__name__)


def beat(name: str, now: dt.datetime) -> None:
    """Write down that a part finished its work."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})


def _take_turn(step: TickStep, now: dt.datetime) -> bool:
    """Claim a step's turn by a conditional update, so that one tick of two runs it."""
    name = f"tick:{step.name}"
    Heartbeat.objects.get_or_create(
        name=name, defaults={"beat_at": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)}
    )
    edge = now - dt.timedelta(seconds=step.every_seconds)
    # A clock that was set back must not silence a step until it catches up.
    due = Q(beat_at__lte=edge) | Q(beat_at__gt=now)
    return bool(Heartbeat.objects.filter(due, name=name).update(beat_at=now))


def run_tick(now: dt.datetime) -> dict[str, int]:
    """Run every registered step whose time has come; returns what each one did."""
    done = {
        step.name: step.run(now)
        for step in registry.tick_steps.values()
        if _take_turn(step, now)
    }
    beat("tick", now)
    logger.info("tick %s", done)
    return done
