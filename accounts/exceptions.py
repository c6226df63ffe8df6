"""Refusals of signing in and of one's own data, fit to show."""

from core.exceptions import HidajError


class AccountsError(HidajError):
    """A rule about people, numbers or codes says no."""
