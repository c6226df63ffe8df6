"""Checks of everything that must always be true, in one read-only snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from core.registry import registry
from core.snapshots import snapshot


@dataclass(frozen=True)
class AuditResult:
    """What one check found; no violation means that the invariant holds."""

    name: str
    invariant: int
    violations: list[str]


def run_audit() -> list[AuditResult]:
    """Run every registered check; the order is that of the invariants."""
    checks = sorted(registry.audit_checks.values(), key=lambda c: c.invariant)
    with snapshot():
        return [AuditResult(c.name, c.invariant, c.run()) for c in checks]
