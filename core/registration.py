"""What the foundation itself runs from time to time."""

from core import checks, idempotency, limits, work
from core.models import Holiday
from core.pages import stamps
from core.registry import register_audit, register_personal_data, register_tick


def register() -> None:
    """Called once, at start-up."""
    checks.register()
    register_tick("limits.forget_old", limits.forget_old, every_seconds=24 * 3600)
    register_tick("work", work.do_in_tick, every_seconds=30)
    register_tick("work.sweep", work.sweep, every_seconds=3600)
    register_audit("work swept", 21, work.kept_too_long)
    register_audit("work whole", 21, work.ended_with_pieces)
    register_personal_data(
        "core.WorkFile", ("content",), "lists that staff asked for, kept for a week"
    )
    register_personal_data(
        "core.WorkPiece", ("content",), "parts of such lists while they are made"
    )
    register_audit("forms answered", 9, idempotency.unanswered)
    register_audit("page stamps", 20, stamps.missing)
    stamps.register_stamped(Holiday)
