"""`manage.py import_holidays`: fill the table for this year and the next two."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.holidays import import_public_holidays


class Command(BaseCommand):
    help = "Add Iran's public holidays; staff confirm the estimated ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--first-year", type=int, default=timezone.now().year)
        parser.add_argument("--years", type=int, default=3)

    def handle(self, *args: object, **options: int) -> None:
        first = options["first_year"]
        added = import_public_holidays(
            first_year=first, last_year=first + options["years"] - 1
        )
        self.stdout.write(f"{added} holidays added")
