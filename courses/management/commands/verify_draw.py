"""manage.py verify_draw CODE: compute the draw of a run anew, as anybody could."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from booking.audit_draws import faults_in
from courses.models import CourseRun


class Command(BaseCommand):
    help = "Verify the draw of a run from its seed and its list of applications."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="the code of the run")

    def handle(self, *args: Any, code: str, **options: Any) -> None:
        run = CourseRun.objects.select_related("offering__draw").filter(
            code__iexact=code
        )
        draw = run[0].draw if run else None
        if draw is None:
            raise CommandError(f"{code}: no run with a draw has this code")
        if draw.drawn_at is None:
            raise CommandError(f"{code}: the draw has not taken place")
        faults = faults_in(draw)
        if faults:
            raise CommandError("; ".join(faults))
        self.stdout.write(
            f"{code}: {draw.applications} applications, seed, list and order hold"
        )
