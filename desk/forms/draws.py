"""When applications for a draw open and close."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.planner import to_utc
from persian.forms import JalaliDateField, TimeField


class DrawForm(forms.Form):
    """The window for applications, by the clock of the centre."""

    opens_on = JalaliDateField(label=_("Applications open on"))
    opens_time = TimeField(label=_("Hour"))
    closes_on = JalaliDateField(label=_("Applications close on"))
    closes_time = TimeField(label=_("Hour"))

    # Where a refusal belongs, by its code.
    ERROR_FIELDS = {"opens_at": "opens_on", "closes_at": "closes_on"}

    @property
    def opens_at(self) -> dt.datetime:
        return to_utc(self.cleaned_data["opens_on"], self.cleaned_data["opens_time"])

    @property
    def closes_at(self) -> dt.datetime:
        return to_utc(self.cleaned_data["closes_on"], self.cleaned_data["closes_time"])
