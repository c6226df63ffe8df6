"""Looking for a text, and writing the texts of a message in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.languages import Language
from notifications.kinds import MessageKind
from notifications.text_models import Piece
from notifications.text_rules import cleaned, problems
from notifications.texts import Draft, is_new, latest, wording
from persian.forms import CleanCharField

DIRECTIONS = {Language.PERSIAN: "rtl", Language.ENGLISH: "ltr"}
ROWS = {Piece.SMS: 4, Piece.SMS_LINKED: 4, Piece.EMAIL_BODY: 10}


class TextFilterForm(forms.Form):
    """Nothing is required."""

    q = CleanCharField(label=_("Words of the message"), required=False)
    own = forms.BooleanField(label=_("Only our own texts"), required=False)

    def wanted(self) -> tuple[str, bool]:
        """What to look for, and whether only among the centre's own texts."""
        self.is_valid()
        chosen = self.cleaned_data
        return chosen.get("q") or "", bool(chosen.get("own"))


class TextForm(forms.Form):
    """The texts of a kind in a language; `base` is the version they began from."""

    base = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        kind: MessageKind,
        language: Language,
        data: Mapping[str, Any] | None,
        *,
        can_write: bool = True,
    ) -> None:
        self.kind, self.language = kind, language
        self.newest = latest(kind.name, language)
        holding = wording(kind, language, self.newest).pieces
        super().__init__(
            data, prefix=language, initial={**holding, "base": self.newest_number}
        )
        for piece in holding:
            self.fields[piece] = _field(Piece(piece), language)
            self.fields[piece].widget.attrs["readonly"] = not can_write

    @property
    def newest_number(self) -> int:
        return self.newest.number if self.newest else 0

    @property
    def base_number(self) -> int:
        """The version that the typed texts began from."""
        typed = str(self["base"].value() or "")
        return int(typed) if typed.isdecimal() and len(typed) < 9 else 0

    @property
    def is_behind(self) -> bool:
        """Whether somebody else saved since this form was opened."""
        return self.base_number != self.newest_number

    def typed(self) -> dict[str, str]:
        """The texts as they stand in the fields."""
        names = [name for name in self.fields if name != "base"]
        return {name: str(self[name].value() or "") for name in names}

    def clean(self) -> dict[str, Any]:
        draft = self.draft()
        if not is_new(self.kind, draft):
            return self.cleaned_data
        pieces = cleaned(self.kind, draft.pieces)
        for problem in problems(self.kind, self.language, pieces):
            self.add_error(problem.piece, problem.words)
        return self.cleaned_data

    def draft(self) -> Draft:
        """What the service keeps."""
        return Draft(self.language, self.base_number, self.typed())


def _field(piece: Piece, language: Language) -> forms.CharField:
    attrs = {
        "lang": language.value,
        "dir": DIRECTIONS[language],
        "class": "form-control",
        "spellcheck": "true",
    }
    widget: forms.Widget = forms.TextInput(attrs=attrs)
    if piece != Piece.EMAIL_SUBJECT:
        widget = forms.Textarea(attrs={**attrs, "rows": ROWS[piece]})
    label = f"{piece.label} ({language.label})"
    return forms.CharField(label=label, required=False, strip=False, widget=widget)
