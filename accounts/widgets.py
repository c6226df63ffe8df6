"""Inputs of signing in."""

from __future__ import annotations

from typing import Any

from django import forms


class CodeInput(forms.TextInput):
    """A box for a code; a refused one is not shown again, so that it is typed anew."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        fixed = {
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "dir": "ltr",
            "autofocus": True,
            "class": "code-box",
        }
        super().__init__({**fixed, **(attrs or {})})

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        return super().get_context(name, None, attrs)
