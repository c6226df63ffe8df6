"""Checks of everything that must always be true, in one read-only snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from core.registry import registry


@dataclass(frozen=True)
class AuditResult:
    """What one check found; no violation means that the invariant holds."""

    name: str
    invariant: int
    violations: list[str]


@contextmanager
def snapshot() -> Iterator[None]:
    """One consistent view of the data, so that a busy site raises no false alarm.

    PostgreSQL needs REPEATABLE READ for it, as the first word of a transaction; inside
    one that is open already the audit reads what that one sees. A SQLite transaction
    reads one state.
    """
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if connection.vendor == "postgresql" and is_outermost:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
        yield


def run_audit() -> list[AuditResult]:
    """Run every registered check; the order is that of the invariants."""
    checks = sorted(registry.audit_checks.values(), key=lambda c: c.invariant)
    with snapshot():
        return [AuditResult(c.name, c.invariant, c.run()) for c in checks]
