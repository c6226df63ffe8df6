"""`manage.py tick`: run what is due now; `--loop 30` keeps running."""

from __future__ import annotations

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from core.exceptions import Busy
from core.tick import run_tick


class Command(BaseCommand):
    help = "Run the periodic steps that are due (reminders, expiries, sweeps)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", type=int, metavar="SECONDS", default=0)

    def handle(self, *args: object, **options: int) -> None:
        pause = options["loop"]
        self._run_once(keep_going=bool(pause))
        while pause:
            time.sleep(pause)
            close_old_connections()
            self._run_once(keep_going=True)

    def _run_once(self, *, keep_going: bool) -> None:
        try:
            done = run_tick(timezone.now())
        except (OperationalError, Busy) as error:
            if not keep_going:
                raise
            # The database may be away for a moment; the next round tries again.
            self.stderr.write(f"tick failed: {type(error).__name__}")
            return
        self.stdout.write(" ".join(f"{name}={n}" for name, n in done.items()))
