"""Refusals of the desk's own rules, fit to show."""

from core.exceptions import HidajError


class DeskError(HidajError):
    """A rule of the desk's pages says no."""
