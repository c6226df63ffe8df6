"""After new zone data: list what no longer lies at the promised wall time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.registry import registry
from core.snapshots import snapshot

TIMES = 12  # the invariant's number in docs/invariants.md


class Command(BaseCommand):
    help = "List rows whose UTC time no longer matches their wall time and zone."

    def handle(self, *args: Any, **options: Any) -> None:
        checks = [c for c in registry.audit_checks.values() if c.invariant == TIMES]
        with snapshot():
            lines = [f"{c.name}: {line}" for c in checks for line in c.run()]
        for line in lines:
            self.stdout.write(line)
        if lines:
            raise CommandError(f"{len(lines)} rows do not match")
        self.stdout.write("All times match their wall time.")
