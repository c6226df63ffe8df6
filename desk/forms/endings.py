"""How a booking ended, and why it is written differently or forgiven."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.models import OVER
from persian.forms import CleanCharField


class EndForm(forms.Form):
    """Another end than the one that was written."""

    end = forms.ChoiceField(
        label=_("How it ended"),
        choices=[(state.value, state.label) for state in OVER],
        widget=forms.RadioSelect,
    )
    reason = CleanCharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("It stays with the booking; staff read it."),
    )


class ForgiveForm(forms.Form):
    """Why a no-show does not count any more."""

    reason = CleanCharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("It stays with the no-show; staff read it."),
    )
