"""What the foundation itself runs from time to time."""

from core import checks, idempotency, limits
from core.models import Holiday
from core.pages import stamps
from core.registry import register_audit, register_tick


def register() -> None:
    """Called once, at start-up."""
    checks.register()
    register_tick("limits.forget_old", limits.forget_old, every_seconds=24 * 3600)
    register_audit("forms answered", 9, idempotency.unanswered)
    register_audit("page stamps", 20, stamps.missing)
    stamps.register_stamped(Holiday)
