"""What this app hands to the foundation at start-up."""

from desk import checks


def register() -> None:
    """Called once, at start-up."""
    checks.register()
