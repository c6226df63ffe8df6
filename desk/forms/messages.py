"""Filters of the list of messages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from desk.messages import kind_choices
from notifications.models import Channel, OutboxMessage, OutboxQuerySet, State
from persian.forms import CleanCharField
from persian.text import to_latin_digits


class MessageFilterForm(forms.Form):
    """Nothing is required; what is empty does not narrow the list."""

    state = forms.ChoiceField(label=_("State"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    channel = forms.ChoiceField(
        label=_("Way"), required=False, choices=[("", _("All")), *Channel.choices]
    )
    phone = CleanCharField(
        label=_("Mobile or e-mail"),
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        everything = ("", _("All"))
        self.fields["state"].choices = [everything, *State.choices]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [everything, *kind_choices()]  # type: ignore[attr-defined]

    def narrow(self, rows: OutboxQuerySet) -> OutboxQuerySet:
        """The rows that the filter asks for; what makes no sense is left out."""
        self.is_valid()
        chosen = self.cleaned_data
        for name in ("state", "kind", "channel"):
            if chosen.get(name):
                rows = rows.filter(**{name: chosen[name]})
        recipient = _recipient_part(chosen.get("phone") or "")
        return rows.filter(recipient__contains=recipient) if recipient else rows


def _recipient_part(typed: str) -> str:
    """What the stored E.164 number or address must hold: without 0, +98 and spaces."""
    if "@" in typed:
        return typed
    digits = "".join(c for c in to_latin_digits(typed) if c.isdigit())
    return digits.removeprefix("00").removeprefix("98").lstrip("0")


def newest_first() -> OutboxQuerySet:
    """All messages, the newest first."""
    return OutboxMessage.objects.order_by("-created_at", "-pk")
