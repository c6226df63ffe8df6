"""A message of staff to everybody in a run."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from courses.models.announcements import WORDS_LENGTH
from persian.forms import CleanCharField


def _area(language: str, direction: str) -> forms.Textarea:
    return forms.Textarea({"rows": 3, "lang": language, "dir": direction})


class RunMessageForm(forms.Form):
    """One text is enough: whoever reads the other language gets it too."""

    text_fa = CleanCharField(
        label=_("In Persian"),
        max_length=WORDS_LENGTH,
        required=False,
        widget=_area("fa", "rtl"),
    )
    text_en = CleanCharField(
        label=_("In English (only if somebody needs it)"),
        max_length=WORDS_LENGTH,
        required=False,
        widget=_area("en", "ltr"),
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        texts = ("text_fa", "text_en")
        if not any(cleaned.get(name) or name in self.errors for name in texts):
            raise ValidationError(
                {"text_fa": _("Please write the message.")}, code="empty"
            )
        return cleaned

    def typed(self) -> dict[str, str]:
        """The texts as typed so far, by language, without those that are empty."""
        texts = {
            code: self.fields[f"text_{code}"].to_python(self[f"text_{code}"].value())
            for code in ("fa", "en")
        }
        return {code: text for code, text in texts.items() if text}
