"""What this app hands to the foundation at start-up."""

from core.registry import register_tick
from desk import checks, site_audit

DAY_SECONDS = 24 * 3600


def register() -> None:
    """Called once, at start-up."""
    checks.register()
    register_tick("audit", site_audit.audit_and_keep, every_seconds=DAY_SECONDS)
