"""What this app refuses."""

from __future__ import annotations

from core.exceptions import HidajError


class NotificationsError(HidajError):
    """A message that may not be sent; the text is fit to show."""


class IllegalTransition(RuntimeError):
    """A state change that the table of transitions does not hold: a fault of ours."""
