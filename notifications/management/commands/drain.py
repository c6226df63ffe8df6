"""`manage.py drain`: send what is due; `--loop 5` keeps sending without Redis."""

from __future__ import annotations

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from core.exceptions import Busy
from notifications.delivery import drain, expire
from notifications.results import reconcile_leases


class Command(BaseCommand):
    help = "Send the messages that are due."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", type=int, metavar="SECONDS", default=0)
        parser.add_argument("--limit", type=int, metavar="MESSAGES", default=10_000)

    def handle(self, *args: object, **options: int) -> None:
        self._run_once(options["limit"], keep_going=bool(options["loop"]))
        while options["loop"]:
            time.sleep(options["loop"])
            self._run_once(options["limit"], keep_going=True)

    def _run_once(self, limit: int, *, keep_going: bool) -> None:
        close_old_connections()
        try:
            expire(now=timezone.now())
            reconcile_leases(now=timezone.now())
            sent = drain(now=timezone.now(), limit=limit)
        except (OperationalError, Busy) as error:
            if not keep_going:
                raise
            # The database may be away for a moment; the next round tries again.
            self.stderr.write(f"drain failed: {type(error).__name__}")
            return
        self.stdout.write(f"sent={sent}")
