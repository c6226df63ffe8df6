"""`manage.py seed_demo`: fill the database with the demo centre."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from desk.demo.seed import seed


class Command(BaseCommand):
    help = "Fill the database with the demo centre; a second time does nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--now", help="the moment to seed for, ISO 8601 with an offset"
        )

    def handle(self, *args: object, **options: str | None) -> None:
        if settings.PRODUCTION:
            raise CommandError("Production refuses the demo centre.")
        is_new = seed(now=_moment(options["now"]))
        self.stdout.write("The demo centre is here." if is_new else "Nothing to do.")


def _moment(text: str | None) -> dt.datetime:
    if text is None:
        return timezone.now()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--now is not an ISO 8601 moment.") from error
    if moment.tzinfo is None:
        raise CommandError("--now needs an offset, such as +03:30.")
    return moment.astimezone(dt.UTC)
