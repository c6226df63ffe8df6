"""Errors whose text is fit to show to a person."""

from __future__ import annotations


class HidajError(Exception):
    """A refusal that a rule makes; `str(error)` is a sentence for the reader.

    `code` names the rule for programs and tests.
    """

    def __init__(self, message: object = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return str(self.message)


class Busy(Exception):
    """The database stayed locked through all retries; the person may try again."""
