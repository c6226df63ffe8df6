"""`manage.py demo_signins`: how to sign in to the demo centre."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone, translation

from desk.demo.signins import as_table, sign_ins

HEAD = ("Role", "Name", "Mobile", "Password", "TOTP secret")


class Command(BaseCommand):
    help = "Print the demo sign-ins."

    def handle(self, *args: object, **options: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("Production has no demo sign-ins.")
        with translation.override("en"):
            lines = sign_ins(timezone.now())
        rows = [
            (s.role, s.name, s.mobile, s.password or "(code)", s.totp_secret)
            for s in lines
        ]
        base = settings.PUBLIC_BASE_URL.rstrip("/")
        self.stdout.write(as_table([HEAD, *rows]))
        self.stdout.write(
            f"\nCodes by SMS appear at {base}"
            f"{reverse('notifications:development_outbox')}\n"
            "Staff: mobile, then password or code, then the six digits that an"
            " authenticator app (or `oathtool --totp -b SECRET`) makes of the secret."
        )
