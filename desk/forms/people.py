"""Finding people, and writing down someone who calls."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Gender
from persian.forms import CleanCharField, MobileField


class CallerForm(forms.Form):
    """Five fields on the telephone; only number and name are needed."""

    phone = MobileField(label=_("Mobile of the learner"))
    name = CleanCharField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    firm = CleanCharField(
        label=_("Workshop"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "firms", "autocomplete": "off"}),
    )
    gender = forms.ChoiceField(
        label=_("Gender"), choices=Gender.choices, required=False
    )
    job = CleanCharField(label=_("Job"), max_length=80, required=False)
    overlap_ok = forms.BooleanField(
        label=_("The caller knows. Book it although the times overlap."),
        required=False,
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    ERROR_FIELDS: ClassVar[dict[str, str]] = {
        "women_only": "gender",
        "gender_needed": "gender",
        "already_booked": "name",
        "own_overlap": "overlap_ok",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid.uuid4


class SearchForm(forms.Form):
    q = CleanCharField(
        label=_("Name, mobile or reference"), required=False, max_length=80
    )
