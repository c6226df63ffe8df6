"""What must be right before the site starts.

In production a finding stops the start; the same findings appear in
`manage.py check --deploy` elsewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

logger = logging.getLogger(__name__)

# The first version without the bug that can lose a committed WAL transaction.
SAFE_SQLITE = (3, 51, 3)

Problems = Callable[[], list[str]]


def unsafe_settings() -> list[str]:
    """What production may not run with, one sentence each."""
    found = {
        "SECRET_KEY is the one of development": settings.SECRET_KEY
        == settings.DEVELOPMENT_SECRET,
        "SECRET_KEY is shorter than 50 characters": len(settings.SECRET_KEY) < 50,
        "DATA_KEYS is empty": not settings.DATA_KEYS,
        "DEBUG is on": settings.DEBUG,
        "DEVELOPMENT_PAGES is on": settings.HIDAJ_DEVELOPMENT_PAGES,
        "PUBLIC_BASE_URL does not start with https://": (
            not settings.PUBLIC_BASE_URL.startswith("https://")
        ),
    }
    return [sentence for sentence, is_wrong in found.items() if is_wrong]


def refuse_unsafe_production(problems: Problems = unsafe_settings) -> None:
    """Stop the start of a production process while `problems()` names any.

    Raises ImproperlyConfigured with all of them.
    """
    if not settings.PRODUCTION:
        return
    found = problems()
    if found:
        raise ImproperlyConfigured("Not fit for production: " + "; ".join(found))


def as_deploy_check(problems: Problems, id_: str) -> None:
    """Let `manage.py check --deploy` name the same problems."""

    def check(**_: Any) -> list[checks.CheckMessage]:
        return [checks.Error(sentence, id=id_) for sentence in problems()]

    checks.register(check, checks.Tags.security, deploy=True)


def sqlite_problem() -> str:
    """A sentence when the SQLite library in use can lose data, else ""."""
    if connection.vendor != "sqlite":
        return ""
    library = connection.Database  # type: ignore[attr-defined]
    version: tuple[int, ...] = library.sqlite_version_info
    if version >= SAFE_SQLITE:
        return ""
    shown = ".".join(map(str, version))
    return f"SQLite {shown} has the WAL-reset bug; 3.51.3 or newer is needed"


def check_sqlite(
    app_configs: Sequence[object] | None, **_: Any
) -> list[checks.CheckMessage]:
    """A warning at every `manage.py` command."""
    problem = sqlite_problem()
    return [checks.Warning(problem, id="core.W001")] if problem else []


def register() -> None:
    """Called once, at start-up; raises ImproperlyConfigured in production."""
    checks.register(check_sqlite, checks.Tags.compatibility)
    as_deploy_check(unsafe_settings, "core.E001")
    if problem := sqlite_problem():
        logger.warning("%s", problem)
    refuse_unsafe_production()
