"""Accounts of the demo must not exist where real people book.

Their passwords and secrets are published with the source. The question needs the
database, which may not be asked while the apps load, and which may be away: so it is
asked by `migrate` and `check --database` (every deployment runs them) and once more
before a web process takes its first request.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from accounts.models import User
from desk.demo.fixture import DEMO_PREFIX

logger = logging.getLogger(__name__)

SENTENCE = "The database holds demo accounts (numbers 0999 000 xxxx)"


def has_demo_accounts() -> bool:
    """Whether anybody signs in with a number of the demo; False without a table."""
    try:
        return User.objects.filter(phone__startswith=DEMO_PREFIX).exists()
    except DatabaseError:
        logger.warning("demo accounts: the database does not answer")
        return False


def check_demo_accounts(
    databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """An error in production, nothing elsewhere."""
    if not settings.PRODUCTION or not databases or not has_demo_accounts():
        return []
    return [checks.Error(SENTENCE, id="desk.E001")]


def refuse_demo_accounts() -> None:
    """Stop a production web process; raises ImproperlyConfigured."""
    if settings.PRODUCTION and has_demo_accounts():
        raise ImproperlyConfigured(f"Not fit for production: {SENTENCE}")


def register() -> None:
    """Called once, at start-up."""
    checks.register(check_demo_accounts, checks.Tags.database)
