"""What this app hands to the foundation at start-up."""


def register() -> None:
    """Called once, at start-up."""
