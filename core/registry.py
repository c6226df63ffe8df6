"""Where higher apps leave what the foundation runs for them.

Periodic steps (`manage.py tick`), audit checks (`manage.py audit`) and the list of
personal data. Registration happens once, at start-up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TickStep:
    """A periodic step; `run(now)` says how many things it did."""

    name: str
    run: Callable[[dt.datetime], int]
    every_seconds: int


@dataclass(frozen=True)
class AuditCheck:
    """An invariant; `run()` gives one line of ids for each violation."""

    name: str
    invariant: int
    run: Callable[[], list[str]]


@dataclass(frozen=True)
class PersonalData:
    """A model that holds personal fields, and what erasure does to them."""

    model: str
    fields: tuple[str, ...]
    purpose: str


@dataclass
class Registry:
    tick_steps: dict[str, TickStep] = field(default_factory=dict)
    audit_checks: dict[str, AuditCheck] = field(default_factory=dict)
    personal_data: dict[str, PersonalData] = field(default_factory=dict)


registry = Registry()


def register_tick(
    name: str, run: Callable[[dt.datetime], int], *, every_seconds: int
) -> None:
    """Have `run(now)` called by the tick, at most once in so many seconds."""
    registry.tick_steps[name] = TickStep(name, run, every_seconds)


def register_audit(name: str, invariant: int, run: Callable[[], list[str]]) -> None:
    """Add a check of an invariant (its number in docs/invariants.md)."""
    registry.audit_checks[name] = AuditCheck(name, invariant, run)


def register_personal_data(model: str, fields: tuple[str, ...], purpose: str) -> None:
    """Tell that these fields of a model identify people."""
    registry.personal_data[model] = PersonalData(model, fields, purpose)
