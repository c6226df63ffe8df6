"""Make somebody staff: number, name, role, and a second factor."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Role
from accounts.services import create_staff
from persian.phones import normalise_mobile


class Command(BaseCommand):
    help = "Make a user staff, or give a known user one more role; prints the TOTP."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--phone", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--password", default="", help="none: sign in by code")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            phone = normalise_mobile(options["phone"], settings.PHONE_COUNTRIES)
        except ValueError as error:
            raise CommandError(str(error)) from error
        user, secret = create_staff(
            phone=phone,
            name=options["name"],
            role=options["role"],
            password=options["password"],
            now=timezone.now(),
        )
        self.stdout.write(f"user {user.pk}: {options['role']}")
        if not secret:
            self.stdout.write("second factor: as before")
            return
        self.stdout.write(f"TOTP secret: {secret}")
        self.stdout.write(get_adapter().build_totp_url(user, secret))
