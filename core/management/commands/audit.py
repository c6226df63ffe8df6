"""`manage.py audit`: one line for each invariant, exit code 1 if any is broken."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from core.audit import AuditResult, run_audit

SHOWN = 20


class Command(BaseCommand):
    help = "Check everything that must always be true."

    def handle(self, *args: object, **options: object) -> None:
        results = run_audit()
        for result in results:
            self._print(result)
        if any(result.violations for result in results):
            raise SystemExit(1)

    def _print(self, result: AuditResult) -> None:
        verdict = f"BROKEN {len(result.violations)}" if result.violations else "ok"
        self.stdout.write(f"{result.invariant:>2} {result.name}: {verdict}")
        for line in result.violations[:SHOWN]:
            self.stdout.write(f"     {line}")
